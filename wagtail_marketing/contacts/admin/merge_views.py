"""Duplicates: groups of them, two side by side, and the question before they become one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from wagtail_marketing.admin.components import DataTable, EmptyState
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import ConfirmView, MarketingTemplateView, MarketingView
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.duplicates import WAYS, find_duplicates
from wagtail_marketing.contacts.masking import PERMISSION
from wagtail_marketing.contacts.models import ConsentChoice, Contact, ContactMerge
from wagtail_marketing.contacts.registry import mergers
from wagtail_marketing.contacts.selectors import standing
from wagtail_marketing.contacts.services.fields import PERSON_FIELDS
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.core.identity import normalise_email, normalise_phone

MERGE = ("wagtail_marketing_contacts.merge_contact", PERMISSION)


def duplicates_buttons(user: Any) -> list[Any]:
    """For the head of the list: where duplicates are found."""
    if not may(user, MERGE):
        return []
    return [HeaderButton(_("Duplicates"), url=reverse("marketing_contacts:duplicates"), icon_name="group", priority=40)]


def compare_url(first: Contact, second: Contact) -> str:
    return reverse("marketing_contacts:compare", args=[first.pk, second.pk])


class DuplicatesView(MarketingTemplateView):
    """Groups of contacts with one address, a page at a time."""

    template_name = "wagtail_marketing_contacts/duplicates.html"
    page_title = gettext_lazy("Duplicates")
    header_icon = "wm-contacts"

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse("marketing_contacts:index"), "label": _("Contacts")}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        by = self.request.GET.get("by", "email")
        by = by if by in WAYS else "email"
        page = find_duplicates(by=by, after=self.request.GET.get("after", ""))
        groups = [(group, compare_url(*group.contacts[:2]) if len(group.contacts) > 1 else "") for group in page.groups]
        more = f"?{urlencode({'by': by, 'after': page.next})}" if page.next else ""
        ways = [("email", _("Same e-mail address")), ("phone", _("Same phone number"))]
        return super().get_context_data(
            groups=groups,
            more=more,
            ways=[(f"?by={key}", label, key == by) for key, label in ways],
            empty=EmptyState(
                title=_("No duplicates"), text=_("No two contacts share an address here."), icon="wm-contacts"
            ),
            **kwargs,
        )


class _PairMixin:
    """The two that the address names."""

    @cached_property
    def pair(self) -> tuple[Contact, Contact]:
        first, second = self.kwargs["a"], self.kwargs["b"]  # type: ignore[attr-defined]
        return get_object_or_404(Contact, pk=first), get_object_or_404(Contact, pk=second)

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_contacts:index"), "label": _("Contacts")},
            {"url": reverse("marketing_contacts:duplicates"), "label": _("Duplicates")},
        ]


def _shown(contact: Contact, name: str) -> str:
    value = getattr(contact, name)
    return str(value) if value else ""


class FindOtherView(MarketingView):
    """From a person's page: the other one by what somebody typed."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        first = get_object_or_404(Contact, pk=pk)
        wanted = request.GET.get("with", "").strip()
        ways = (
            ("external_key", wanted),
            ("email_normalised", normalise_email(wanted)),
            ("phone_e164", normalise_phone(wanted)),
        )
        others = Contact.objects.exclude(pk=first.pk).order_by("pk")
        for field, value in ways:
            if value and (found := others.filter(**{field: value}).first()):
                return redirect(compare_url(first, found))
        messages.error(request, _("No other contact has this e-mail address, phone number or customer key."))
        return redirect("marketing_contacts:inspect", first.pk)


class CompareView(_PairMixin, MarketingTemplateView):
    """Two contacts side by side: which stays, and which value of each field."""

    template_name = "wagtail_marketing_contacts/compare.html"
    page_title = gettext_lazy("Compare")
    header_icon = "wm-contacts"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        first, second = self.pair
        keep = self._suggested(first, second)
        labels = {field.name: field.verbose_name for field in Contact._meta.concrete_fields}
        fields = []
        for name in PERSON_FIELDS:
            values = _shown(first, name), _shown(second, name)
            if any(values):
                kept, other = values if keep is first else values[::-1]
                fields.append((name, labels[name], values, first.pk if (kept or other) == values[0] else second.pk))
        facts = [
            (_("Customer key"), first.external_key or "–", second.external_key or "–"),
            (_("Source"), first.source, second.source),
            *self._consent(first, second),
            *self._counts(first, second),
        ]
        return super().get_context_data(
            first=first,
            second=second,
            keep=keep,
            fields=fields,
            facts=facts,
            refused=services.why_not(first, second),
            **kwargs,
        )

    @staticmethod
    def _suggested(first: Contact, second: Contact) -> Contact:
        """Who is a customer of the shop stays, else who was here first."""
        if bool(first.external_key) != bool(second.external_key):
            return first if first.external_key else second
        return min(first, second, key=lambda one: one.pk)

    @staticmethod
    def _consent(first: Contact, second: Contact) -> list[tuple[Any, Any, Any]]:
        words = {**dict(ConsentChoice.choices), "never": _("never asked")}
        return [
            (_("Consent: %(channel)s") % {"channel": one.label}, words[one.state], words[other.state])
            for one, other in zip(standing(first), standing(second), strict=True)
        ]

    @staticmethod
    def _counts(first: Contact, second: Contact) -> list[tuple[Any, int, int]]:
        return [
            (label, count, other)
            for merger in mergers
            for (label, count), (_label, other) in zip(merger.counts(first), merger.counts(second), strict=True)
            if count or other
        ]


class MergeView(_PairMixin, ConfirmView):
    """What will be, and the question; POST does it."""

    template_name = "wagtail_marketing_contacts/merge.html"
    page_title = gettext_lazy("Merge")
    header_icon = "wm-contacts"
    destructive = True
    confirm_label = gettext_lazy("Make them one contact")
    success_message = gettext_lazy("The two are one contact now.")

    @cached_property
    def roles(self) -> tuple[Contact, Contact]:
        first, second = self.pair
        asked = self.request.POST or self.request.GET
        return (second, first) if asked.get("keep") == str(second.pk) else (first, second)

    @cached_property
    def choices(self) -> dict[str, str]:
        """Field -> id of the contact whose value was chosen."""
        asked = self.request.POST or self.request.GET
        ids = {str(one.pk) for one in self.pair}
        return {name: asked[name] for name in PERSON_FIELDS if asked.get(name) in ids}

    @cached_property
    def values(self) -> dict[str, Any]:
        by_id = {str(one.pk): one for one in self.pair}
        return {name: getattr(by_id[pk], name) for name, pk in self.choices.items()}

    def get_question(self) -> str:
        keep, gone = self.roles
        return _("Make “%(gone)s” part of “%(keep)s”?") % {"gone": gone, "keep": keep}

    def get_details(self) -> list[str]:
        _keep, gone = self.roles
        moving = [f"{label}: {count}" for merger in mergers for label, count in merger.counts(gone) if count]
        return [
            _("Moves to the contact that stays: %(what)s.") % {"what": ", ".join(moving) or _("nothing")},
            _("The more careful consent counts: who left as either of them has left."),
            _("The other contact is gone afterwards. It can be undone on the page of the one that stays."),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keep, gone = self.roles
        values = {**services.suggested_values(keep, gone), **self.values}
        labels = {field.name: field.verbose_name for field in Contact._meta.concrete_fields}
        rows = [(capfirst(labels[name]), value) for name, value in values.items() if value]
        hidden = {"keep": keep.pk, **self.choices}
        return super().get_context_data(
            table=DataTable((_("Field"), _("Afterwards")), rows, caption=_("The contact afterwards")),
            hidden=hidden,
            **kwargs,
        )

    def perform(self) -> ContactMerge:
        keep, gone = self.roles
        merge = services.merge_contacts(keep=keep, gone=gone, values=self.values, user=self.request.user)
        log(keep, "wagtail_marketing.merge_contacts", user=self.request.user, data={"merge": merge.pk})
        return merge

    def get_success_url(self) -> str:
        return reverse("marketing_contacts:inspect", args=[self.roles[0].pk])

    def get_cancel_url(self) -> str:
        return compare_url(*self.pair)


class UndoMergeView(MarketingView):
    """POST only: part two contacts again."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        merge = get_object_or_404(ContactMerge, pk=pk)
        try:
            back = services.undo_merge(merge=merge, user=request.user)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("marketing_contacts:inspect", merge.keep_id)
        log(back, "wagtail_marketing.undo_merge", user=request.user, data={"merge": merge.pk})
        messages.success(request, _("The two are apart again; this is the one that came back."))
        return redirect("marketing_contacts:inspect", back.pk)
