"""The lists behind the figures: orders and messages, of one campaign or of a period, also as CSV."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.export import csv_lines
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.core import clock
from wagtail_marketing.core.money import to_decimal
from wagtail_marketing.insights import selectors
from wagtail_marketing.insights.selectors import Period
from wagtail_marketing.messaging.admin.send_views import REASONS, mask
from wagtail_marketing.messaging.models import Message

from .components import MEDIA
from .figures import PERSONAL, REPORT, format_money

PER_PAGE = 50
EXPORT = "wagtail_marketing_contacts.export_contact"


class ListView(MarketingTemplateView):
    """A page of rows, or all of them as CSV with ``?export=csv``."""

    marketing_permission = REPORT
    template_name = "wagtail_marketing/insights/list.html"
    header_icon = "wm-reports"
    headings: tuple[Any, ...] = ()
    numeric: tuple[int, ...] = ()
    export_permission = REPORT

    @property
    def personal(self) -> bool:
        """Whether names and addresses may be shown."""
        return may(self.request.user, PERSONAL)

    def get_media(self) -> Any:
        return super().get_media() + MEDIA

    def rows_of(self, found: Any) -> list[Any]:
        """The cells of one row as people read them."""
        raise NotImplementedError

    def export_of(self, found: Any) -> list[Any]:
        """The cells of one row as a spreadsheet reads them."""
        return self.rows_of(found)

    def get_rows(self) -> QuerySet:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("export") == "csv" and may(request.user, self.export_permission):
            name = slugify(self.get_page_title()) or "list"
            return StreamingHttpResponse(
                csv_lines([str(heading) for heading in self.headings], self._exported()),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
            )
        return super().get(request, *args, **kwargs)

    def _exported(self) -> Iterator[list[Any]]:
        return (self.export_of(found) for found in self.get_rows().iterator(chunk_size=2000))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self.get_rows(), PER_PAGE).get_page(self.request.GET.get("p"))
        query = {name: value for name, value in self.request.GET.items() if name not in ("p", "export")}
        return super().get_context_data(
            page=page,
            headings=list(enumerate(self.headings)),
            numeric=self.numeric,
            rows=[self.rows_of(found) for found in page],
            query=urlencode(query),
            may_export=may(self.request.user, self.export_permission),
            **kwargs,
        )


def moment(value: datetime | None) -> str:
    """In the shop's zone, the zone named."""
    return "" if value is None else value.astimezone(clock.shop_zone()).strftime("%Y-%m-%d %H:%M %Z")


def person(contact: Any, shown: bool) -> str:
    if contact is None:
        return _("a guest")
    return str(contact) if shown else _("contact %(number)d") % {"number": contact.pk}


class _OfCampaign:
    @cached_property
    def campaign(self) -> Campaign:
        return get_object_or_404(Campaign.objects.select_related("state"), pk=self.kwargs["pk"])  # type: ignore[attr-defined]

    def get_page_subtitle(self) -> str:
        return self.campaign.name

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_campaigns:index"), "label": _("Campaigns")},
            {"url": reverse("marketing_campaigns:report", args=[self.campaign.pk]), "label": self.campaign.name},
        ]


class CreditedOrdersView(_OfCampaign, ListView):
    """The orders credited to a campaign: the sum of the last column is its revenue."""

    page_title = gettext_lazy("Orders")
    headings = (
        gettext_lazy("Order"),
        gettext_lazy("Placed"),
        gettext_lazy("Customer"),
        gettext_lazy("Because"),
        gettext_lazy("Total"),
        gettext_lazy("Refunded"),
        gettext_lazy("Revenue"),
    )
    numeric = (4, 5, 6)

    def get_rows(self) -> QuerySet:
        return selectors.credited_orders(self.campaign)

    def cells(self, row: Any) -> list[Any]:
        order = row.order
        return [str(order), moment(order.placed_at), person(order.contact, self.personal), row.get_via_display()]

    def rows_of(self, row: Any) -> list[Any]:
        currency = selectors.base_currency()
        amounts = (row.order.total_base, row.order.refunded_base, row.amount_base)
        return [*self.cells(row), *(format_money(amount, currency) for amount in amounts)]

    def export_of(self, row: Any) -> list[Any]:
        currency = selectors.base_currency()
        amounts = (row.order.total_base, row.order.refunded_base, row.amount_base)
        return [*self.cells(row), *(to_decimal(amount, currency) for amount in amounts)]


class MessagesView(ListView):
    """Messages, one row each; addresses are masked for who may not see people."""

    page_title = gettext_lazy("Recipients")
    headings = (
        gettext_lazy("Name"),
        gettext_lazy("Address"),
        gettext_lazy("State"),
        gettext_lazy("Reason"),
        gettext_lazy("When"),
    )
    #: Who exports people's addresses needs both.
    export_permission = (REPORT, EXPORT, PERSONAL)  # type: ignore[assignment]

    def rows_of(self, message: Message) -> list[Any]:
        shown = self.personal
        return [
            person(message.contact, shown) if message.contact else "",
            message.address if shown else mask(message.address),
            message.get_state_display(),
            REASONS.get(message.reason, message.reason),
            moment(message.settled_at),
        ]


FIGURES = {
    "": gettext_lazy("everybody"),
    "pending": gettext_lazy("waiting"),
    "sent": gettext_lazy("sent"),
    "delivered": gettext_lazy("delivered"),
    "failed": gettext_lazy("failed"),
    "unknown": gettext_lazy("unknown"),
    "suppressed": gettext_lazy("not allowed"),
    "cancelled": gettext_lazy("cancelled"),
    "opened": gettext_lazy("opened"),
    "clicked": gettext_lazy("clicked"),
    "unsubscribed": gettext_lazy("unsubscribed"),
}


class CampaignPeopleView(_OfCampaign, MessagesView):
    @cached_property
    def figure(self) -> str:
        given = self.request.GET.get("figure", "")
        if given not in FIGURES:
            raise Http404
        return given

    def get_page_title(self) -> str:
        return _("Recipients: %(figure)s") % {"figure": FIGURES[self.figure]}

    def get_rows(self) -> QuerySet:
        return selectors.messages_of(self.campaign, self.figure).select_related("contact").order_by("pk")


def period_of(request: HttpRequest, days: int = 30) -> Period:
    """``?from=2026-03-01&to=2026-03-31``, else the last ``?days=``; nonsense falls back to 30 days."""
    try:
        first = date.fromisoformat(request.GET.get("from", ""))
        last = date.fromisoformat(request.GET.get("to", ""))
    except ValueError:
        wanted = request.GET.get("days", "")
        known = int(wanted) if wanted.isdigit() and 1 <= int(wanted) <= selectors.MOST_DAYS else days
        return selectors.last_days(known)
    longest = first <= last and (last - first).days < selectors.MOST_DAYS
    return Period(first, last) if longest else selectors.last_days(days)


class _OfPeriod:
    @cached_property
    def period(self) -> Period:
        return period_of(self.request)  # type: ignore[attr-defined]

    def get_page_subtitle(self) -> str:
        return _("%(first)s to %(last)s") % {"first": self.period.first, "last": self.period.last}

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse("marketing_dashboard:index"), "label": _("Dashboard")}]


class PeriodOrdersView(_OfPeriod, ListView):
    """Orders of the period that count, all or only those credited to a campaign."""

    page_title = gettext_lazy("Orders")
    headings = (
        gettext_lazy("Order"),
        gettext_lazy("Placed"),
        gettext_lazy("Customer"),
        gettext_lazy("Total"),
        gettext_lazy("Refunded"),
        gettext_lazy("Revenue"),
    )
    numeric = (3, 4, 5)

    def get_rows(self) -> QuerySet:
        credited = self.request.GET.get("credited") == "1"
        return selectors.orders_in(self.period, credited=credited)

    def amounts(self, order: Order) -> tuple[int, int, int]:
        return order.total_base, order.refunded_base, order.total_base - order.refunded_base

    def cells(self, order: Order) -> list[Any]:
        return [str(order), moment(order.placed_at), person(order.contact, self.personal)]

    def rows_of(self, order: Order) -> list[Any]:
        currency = selectors.base_currency()
        return [*self.cells(order), *(format_money(amount, currency) for amount in self.amounts(order))]

    def export_of(self, order: Order) -> list[Any]:
        currency = selectors.base_currency()
        return [*self.cells(order), *(to_decimal(amount, currency) for amount in self.amounts(order))]


class PeriodMessagesView(_OfPeriod, MessagesView):
    """Messages delivered, clicked or left by in the period."""

    @cached_property
    def figure(self) -> str:
        given = self.request.GET.get("figure", "delivered")
        if given not in ("delivered", "clicked", "unsubscribed", "unknown", "pending"):
            raise Http404
        return given

    def get_page_title(self) -> str:
        return _("Messages: %(figure)s") % {"figure": FIGURES[self.figure]}

    def get_rows(self) -> QuerySet:
        return selectors.messages_in(self.period, self.figure).select_related("contact").order_by("pk")
