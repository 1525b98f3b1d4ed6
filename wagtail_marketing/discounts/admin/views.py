"""Create, change, look at and run a discount; every write is one service."""

from typing import Any

from django.db import transaction
from django.db.models import Count
from django.forms import Media
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log

from wagtail_marketing.admin.components import DataTable, EmptyState, Section, StatCard, StatGrid, StatusBadge
from wagtail_marketing.admin.media import KIT_MEDIA
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingView
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.core.money import format_money
from wagtail_marketing.discounts import selectors, services, words
from wagtail_marketing.discounts.models import Code, Discount, Status
from wagtail_marketing.discounts.rules import rules_of

from .forms import DiscountForm
from .media import DISCOUNT_MEDIA

TONES = {
    Status.DRAFT: "neutral",
    Status.SCHEDULED: "info",
    Status.ACTIVE: "positive",
    Status.PAUSED: "warning",
    Status.ENDED: "neutral",
}
#: Codes shown on the discount's own page; the others are a link away.
SHOWN = 20
ACTIVATE = "wagtail_marketing_discounts.activate_discount"
CHANGE = "wagtail_marketing_discounts.change_discount"


class _FormMixin:
    """What creating and editing share: our template, and services behind ``save``."""

    action_word = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        context["media"] = context["media"] + KIT_MEDIA + DISCOUNT_MEDIA
        form = context["form"]
        kind = form["benefit_kind"].value()
        context["shown_kind"] = kind
        context["sentence"] = self.sentence(form)
        return context

    def sentence(self, form: DiscountForm) -> str:
        if form.is_bound or form.instance.pk is None:
            return str(form.sentence() if form.is_bound else form.EMPTY_SENTENCE)
        limits = {limit.kind: limit.maximum for limit in form.instance.limits.filter(code=None)}
        stored = Discount.objects.get(pk=form.instance.pk)
        return words.summary(rules_of(stored), limits=limits, starts_at=stored.starts_at, ends_at=stored.ends_at)

    def save_instance(self) -> Discount:
        instance = self.form.save()  # type: ignore[attr-defined]
        log(
            instance=instance,
            action=self.action_word,
            user=self.request.user,  # type: ignore[attr-defined]
            content_changed=self.form.has_changed(),  # type: ignore[attr-defined]
        )
        return instance

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc]
        except DomainError as error:
            # What the form could not know: somebody took the code, or ended the discount, meanwhile.
            form.add_error(error.field if error.field in form.fields else None, str(error))
            self.produced_error_code = "validation_error"
            self.produced_error_message = self.get_error_message()  # type: ignore[attr-defined]
            return self.form_invalid(form)  # type: ignore[attr-defined]

    def get_success_url(self) -> str:
        return reverse("marketing_discounts:inspect", args=[self.object.pk])  # type: ignore[attr-defined]


class DiscountCreateView(_FormMixin, generic.CreateView):
    template_name = "wagtail_marketing/discounts/form.html"
    action_word = "wagtail.create"
    success_message = gettext_lazy("“%(object)s” is a draft now. Activate it when it may apply.")


class DiscountEditView(_FormMixin, generic.EditView):
    template_name = "wagtail_marketing/discounts/form.html"
    action_word = "wagtail.edit"


class DiscountDeleteView(generic.DeleteView):
    """Drafts only; a discount that was live is ended instead."""

    def delete_action(self) -> None:
        with transaction.atomic():
            log(instance=self.object, action="wagtail.delete", deleted=True)
            services.delete_draft(discount=self.object)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("marketing_discounts:inspect", self.object.pk)


class SummaryView(MarketingView):
    """The sentence for the fields as they stand in the browser. Writes nothing."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        instance = None
        if str(request.POST.get("discount", "")).isdigit():
            instance = Discount.objects.filter(pk=request.POST["discount"]).first()
        form = DiscountForm(request.POST, instance=instance, for_user=request.user)
        return JsonResponse({"sentence": form.sentence()})


class DiscountInspectView(generic.InspectView):
    template_name = "wagtail_marketing/discounts/inspect.html"
    page_title = gettext_lazy("Discount")

    def get_object(self, queryset: Any = None) -> Discount:
        self.now = clock.now()
        return get_object_or_404(Discount.objects.select_related("site", "live_version"), pk=self.pk)

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        return [*super().header_more_buttons, *self._moves()]

    def _moves(self) -> list[Button]:
        """What may be done with it now, by who looks."""
        user, status, pk = self.request.user, self.object.status_at(self.now), self.object.pk
        buttons = []
        if may(user, ACTIVATE):
            if status in (Status.DRAFT, Status.PAUSED):
                buttons.append(("activate", _("Activate"), "play"))
            if status in (Status.SCHEDULED, Status.ACTIVE):
                buttons.append(("pause", _("Pause"), "pause"))
            if status in (Status.SCHEDULED, Status.ACTIVE, Status.PAUSED):
                buttons.append(("end", _("End"), "cross"))
        if may(user, CHANGE) and self.object.needs_code and status != Status.ENDED:
            buttons += [("add_code", _("Add a code"), "plus"), ("make_codes", _("Make many codes"), "plus")]
        return [
            Button(
                label,
                url=reverse(f"marketing_discounts:{name}", args=[pk]),
                icon_name=icon,
                priority=30 + number,
            )
            for number, (name, label, icon) in enumerate(buttons)
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        components = [self._usage(), *self._codes(), self._versions()]
        media = KIT_MEDIA
        for component in components:
            media = media + component.media
        status = self.object.status_at(self.now)
        context |= {
            "sentence": self._sentence(),
            "status": StatusBadge(status, status.label, TONES[status]),
            "moves": self._moves(),
            "components": components,
            "history_url": reverse("marketing_discounts:history", args=[self.object.pk])
            if may(self.request.user, CHANGE)
            else "",
        }
        context["media"] = context.get("media", Media()) + media
        return context

    def _sentence(self) -> str:
        limits = {limit.kind: limit.maximum for limit in self.object.limits.filter(code=None)}
        return words.summary(
            rules_of(self.object), limits=limits, starts_at=self.object.starts_at, ends_at=self.object.ends_at
        )

    def _usage(self) -> StatGrid:
        used = selectors.usage(discounts=[self.object.pk])
        redeemed = sum(one.redemptions for one in used)
        given = ", ".join(format_money(one.amount_minor, one.currency) for one in used)
        return StatGrid(
            [
                StatCard(_("Redeemed"), str(redeemed), definition=_("Orders that used it and were not cancelled.")),
                StatCard(_("Given"), given or format_money(0, self.object.currency), definition=_("Net of refunds.")),
                StatCard(_("Customers"), str(sum(one.contacts for one in used))),
            ],
            label=_("Usage"),
        )

    def _codes(self) -> list[Any]:
        if not self.object.needs_code:
            return []
        codes = list(self.object.codes.prefetch_related("limits")[: SHOWN + 1])
        if not codes:
            empty = EmptyState(
                _("No code yet"),
                _("Customers can use this discount when it has a code."),
                _("Add a code"),
                reverse("marketing_discounts:add_code", args=[self.object.pk]),
                icon="wm-discounts",
            )
            return [Section(_("Codes"), [empty])]
        used = dict(_uses(codes))
        rows = [
            [
                code.code,
                used.get(code.pk, 0),
                ", ".join(words.limit_words({limit.kind: limit.maximum for limit in code.limits.all()}))
                or _("no limit"),
                _("active") if code.active else _("stopped"),
            ]
            for code in codes[:SHOWN]
        ]
        more = _("The newest %(count)s codes; all are in the list of codes.") % {"count": SHOWN}
        table = DataTable(
            headings=[_("Code"), _("Redeemed"), _("Limit of its own"), _("State")],
            rows=rows,
            caption=more if len(codes) > SHOWN else _("Newest first"),
            numeric=(1,),
        )
        return [Section(_("Codes"), [table])]

    def _versions(self) -> Section:
        rows = [
            [
                version.number,
                words.summary(version.rules),
                _("live") if version.pk == self.object.live_version_id else "",
            ]
            for version in self.object.versions.all()[:10]
        ]
        table = DataTable(
            headings=[_("Version"), _("Rules"), ""], rows=rows, caption=_("An order keeps the version that priced it.")
        )
        return Section(
            _("Versions"), [table] if rows else [], _("None yet: activating makes the first.") if not rows else ""
        )


def _uses(codes: list[Code]) -> list[tuple[int, int]]:
    redemptions = selectors.redemptions_of(codes=[code.pk for code in codes]).exclude(state="reversed")
    return list(redemptions.order_by().values_list("code").annotate(Count("pk")))
