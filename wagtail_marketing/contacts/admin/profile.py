"""The page of one person: who, what they agreed to, and what the other rooms know of them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from wagtail_marketing.admin.components import DataTable, KitComponent, Section, StatusBadge
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.masking import PERMISSION, may_see_people, shown_address, shown_name
from wagtail_marketing.contacts.models import ConsentChoice, Contact, Strength, SuppressionReason, Tag
from wagtail_marketing.contacts.registry import PROFILE_TABS, ProfileBlock, profile_blocks, profile_facts
from wagtail_marketing.contacts.selectors import standing
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.host import get_adapter

from .profile_facts import actions_of, merges_of

MERGE = ("wagtail_marketing_contacts.merge_contact", PERMISSION)

TONES = {"subscribed": "positive", "unsubscribed": "critical", "pending": "warning", "never": "neutral"}


def local(moment: Any) -> Any:
    """A moment in the shop's zone, with the zone named."""
    here = moment.astimezone(clock.shop_zone())
    shown = date_format(here, "SHORT_DATETIME_FORMAT")
    return format_html('<time datetime="{}">{} {}</time>', moment.isoformat(), shown, here.tzname())


class ProfileView(MarketingTemplateView):
    """One person: a header, and tabs whose blocks are built by their rooms and shown to who may see them."""

    template_name = "wagtail_marketing_contacts/profile.html"
    header_icon = "wm-contacts"

    @cached_property
    def contact(self) -> Contact:
        return get_object_or_404(Contact, pk=self.kwargs["pk"])

    @cached_property
    def plain(self) -> bool:
        return may_see_people(self.request.user)

    @cached_property
    def tab(self) -> str:
        asked = self.request.GET.get("tab", "")
        return asked if asked in PROFILE_TABS else PROFILE_TABS[0]

    def get_page_title(self) -> str:
        return shown_name(self.contact, plain=self.plain)

    def get_page_subtitle(self) -> str:
        return self.contact.external_key or "" if self.plain else ""

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse("marketing_contacts:index"), "label": _("Contacts")}]

    @cached_property
    def blocks(self) -> list[ProfileBlock]:
        shown = (block for block in profile_blocks if not block.permission or may(self.request.user, block.permission))
        return sorted(shown, key=lambda block: block.order)

    def get_components(self) -> list[Any]:
        return [
            component
            for block in self.blocks
            if block.tab == self.tab
            for component in block.build(self.contact, self.request)
        ]

    def get_tabs(self) -> list[tuple[str, Any, bool]]:
        words = {
            "overview": _("Overview"),
            "orders": _("Orders"),
            "messages": _("Messages"),
            "consent": _("Consent"),
            "segments": _("Segments"),
        }
        filled = {block.tab for block in self.blocks} | {PROFILE_TABS[0]}
        return [(f"?tab={tab}", words[tab], tab == self.tab) for tab in PROFILE_TABS if tab in filled]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        facts = [
            (fact.label, said)
            for fact in sorted(profile_facts, key=lambda fact: fact.order)
            if (said := fact.build(self.contact, self.request))
        ]
        return super().get_context_data(
            contact=self.contact,
            facts=facts,
            tabs=self.get_tabs(),
            erased=self.contact.source == "erased",
            actions=actions_of(self.contact, self.request.user),
            merges=merges_of(self.contact, self.request.user) if self.tab == PROFILE_TABS[0] else [],
            may_merge=may(self.request.user, MERGE) and self.contact.source != "erased",
            **kwargs,
        )


def channels_block(contact: Contact, request: HttpRequest) -> list[Any]:
    """Each channel: address, where the person stands and since when, and whether we may write."""
    plain = may_see_people(request.user)
    words = {**dict(ConsentChoice.choices), "never": _("never asked")}
    reasons = dict(SuppressionReason.choices)
    rows = []
    for found in standing(contact):
        state = StatusBadge(found.state, words[found.state], TONES.get(found.state, "neutral"))
        if found.suppressed:
            may_write = StatusBadge("suppressed", _("no: %(why)s") % {"why": reasons[found.suppressed]}, "critical")
        else:
            may_write = StatusBadge(
                "yes" if found.deliverable else "no",
                _("yes") if found.deliverable else _("no"),
                "positive" if found.deliverable else "neutral",
            )
        evidence = Strength(found.strength).label if found.strength else ""
        topics = ", ".join(f"{name}: {words[state]}" for name, state in found.topics)
        rows.append(
            (
                found.label,
                shown_address(found.address, plain=plain),
                state,
                local(found.changed_at) if found.changed_at else "",
                evidence,
                may_write,
                topics,
            )
        )
    headings = (
        _("Channel"),
        _("Address"),
        _("Consent"),
        _("Since"),
        _("By"),
        _("May be written to"),
        _("Topics"),
    )
    return [Section(_("Channels"), [DataTable(headings, rows, caption=_("Channels and consent"), quiet_caption=True)])]


class TagBox(KitComponent):
    """The words on a contact, and a field for one more."""

    template_name = "wagtail_marketing_contacts/tags.html"

    def __init__(self, contact: Contact, request: HttpRequest):
        self.contact, self.request = contact, request

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        allowed = may(self.request.user, "wagtail_marketing_contacts.add_tag")
        return {
            "contact": self.contact,
            "tags": list(self.contact.tags.all()),
            "suggestions": list(Tag.objects.values_list("name", flat=True)[:200]) if allowed else [],
            "may_tag": allowed,
            "csrf_token": get_token(self.request),
        }


def tags_block(contact: Contact, request: HttpRequest) -> list[Any]:
    return [Section(_("Tags"), [TagBox(contact, request)])]


def details_block(contact: Contact, request: HttpRequest) -> list[Any]:
    """What the shop says of the person."""
    if not may_see_people(request.user):
        return [Section(_("Details"), text=_("Personal data is shown to who may see it."))]
    labels = {spec.name: spec.label or spec.name for spec in get_adapter().attributes()}
    choices = {spec.name: dict(spec.choices) for spec in get_adapter().attributes()}
    named = (
        (_("First name"), contact.first_name),
        (_("Last name"), contact.last_name),
        (_("Birthday"), contact.birthday or ""),
        (_("Language"), contact.language),
        (_("Time zone"), contact.time_zone),
        (_("Country"), contact.country),
        (_("Region"), contact.region),
        (_("City"), contact.city),
        (_("Source"), contact.source),
        (_("Customer since"), local(contact.created_at)),
        (_("Deleted in the shop"), local(contact.host_deleted_at) if contact.host_deleted_at else ""),
        *(
            (labels.get(name, name), choices.get(name, {}).get(str(value), value))
            for name, value in sorted(contact.attributes.items())
        ),
    )
    rows = [(label, value) for label, value in named if value not in ("", None)]
    return [
        Section(
            _("Details"),
            [DataTable((_("Field"), _("Value")), rows, caption=_("What the shop says"), quiet_caption=True)],
        )
    ]


class _TagView(MarketingView):
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        contact = get_object_or_404(Contact, pk=pk)
        try:
            messages.success(request, self.change(contact, **kwargs))
        except DomainError as error:
            messages.error(request, str(error))
        return redirect("marketing_contacts:inspect", pk)

    def change(self, contact: Contact, **kwargs: Any) -> str:
        raise NotImplementedError


class AddTagView(_TagView):
    def change(self, contact: Contact, **kwargs: Any) -> str:
        tag = services.add_tag(contact=contact, name=self.request.POST.get("name", ""))
        return gettext_lazy("“%(tag)s” is on this contact.") % {"tag": tag}


class RemoveTagView(_TagView):
    def change(self, contact: Contact, **kwargs: Any) -> str:
        tag = get_object_or_404(Tag, pk=kwargs["tag"])
        services.remove_tag(contact=contact, tag=tag)
        return gettext_lazy("“%(tag)s” is taken off.") % {"tag": tag}
