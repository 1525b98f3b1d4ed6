"""RFM in the admin: the grid of groups, a contact's scores, and the list's column and filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.components import DataTable, EmptyState, Section, StatCard, StatGrid
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import (
    ListColumn,
    ListFilter,
    ProfileBlock,
    list_columns,
    list_filters,
    profile_blocks,
)
from wagtail_marketing.insights import selectors
from wagtail_marketing.insights.engine.rfm import CELLS, STEPS
from wagtail_marketing.insights.models import RfmScore
from wagtail_marketing.jobs.services import enqueue_job
from wagtail_marketing.segments.services import create_segment

from .components import _Component
from .figures import count, format_money, percent
from .lists import moment

VIEW = "wagtail_marketing_insights.view_rfmscore"
COMPUTE = "wagtail_marketing_insights.compute_rfmscore"
CONTACTS = "wagtail_marketing_contacts.view_contact"
ADD_SEGMENT = "wagtail_marketing_segments.add_segment"
#: The marketing menu's icon of reports.
ICON = "wm-reports"


def people_url(**query: str) -> str:
    return f"{reverse('marketing_contacts:index')}?{urlencode(query)}"


@dataclass
class RfmGrid(_Component):
    """Five rows of recency by five columns of value, each field a link to its people."""

    report: selectors.RfmReport
    may_list: bool
    template_name = "wagtail_marketing/insights/rfm_grid.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        rows = [
            {
                "recency": squares[0].recency,
                "squares": [
                    {
                        "cell": square.cell,
                        "name": CELLS[square.cell][0],
                        "people": count(square.people),
                        "url": people_url(rfm_square=f"{square.recency}-{square.value}")
                        if self.may_list and square.people
                        else "",
                    }
                    for square in squares
                ],
            }
            for squares in self.report.squares
        ]
        return {"rows": rows, "steps": STEPS}


@dataclass
class PostButton(_Component):
    """One button that changes something, with its own form."""

    url: str
    label: Any
    token: str
    fields: Sequence[tuple[str, str]] = ()
    #: What a screen reader hears after the label.
    about: Any = ""
    small: bool = False
    template_name = "wagtail_marketing/insights/post_button.html"


class RfmView(MarketingTemplateView):
    """Who the customers are by recency and value, and a way to each group."""

    marketing_permission = VIEW
    page_title = gettext_lazy("Customer groups (RFM)")
    header_icon = ICON

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse("marketing_reports:index"), "label": _("Reports")}]

    def get_components(self) -> list[Any]:
        report = selectors.rfm_report()
        user = self.request.user
        button = []
        if may(user, COMPUTE):
            button = [PostButton(reverse("marketing_reports:rfm_compute"), _("Compute now"), get_token(self.request))]
        if not report.people:
            text = _("Scores are computed every night from the orders in the mirror.")
            return [EmptyState(_("No scores yet"), text, icon=ICON), *button]
        when = _("Computed %(when)s; again every night.") % {"when": moment(report.computed_at)}
        grid = RfmGrid(report, may(user, CONTACTS))
        lead = _(
            "Customers by how lately they bought (rows) and how often and for how much (columns), each in fifths: "
            "5 is the best fifth."
        )
        return [
            Section(_("The grid"), [grid], text=lead),
            Section(_("The groups"), [self._groups(report), *button], text=when),
        ]

    def _groups(self, report: selectors.RfmReport) -> DataTable:
        user = self.request.user
        currency = selectors.base_currency()
        segments = may(user, ADD_SEGMENT)
        headings = [_("Group"), _("What it means"), _("People"), _("Share"), _("Spent"), _("Each")]
        if segments:
            headings.append(_("Segment"))
        rows = []
        for group in report.groups:
            row: list[Any] = [
                GroupName(
                    group.key, group.name, people_url(rfm=group.key) if may(user, CONTACTS) else ""
                ).render_html(),
                group.meaning,
                count(group.people),
                percent(selectors.share(group.people, report.people)).replace(" ", "\u00a0"),
                format_money(group.spent_base, currency),
                format_money(round(group.spent_base / group.people), currency) if group.people else "–",
            ]
            if segments:
                url = reverse("marketing_reports:rfm_segment")
                token = get_token(self.request)
                make = PostButton(url, _("Make a segment"), token, [("cell", group.key)], about=group.name, small=True)
                row.append(make.render_html())
            rows.append(row)
        return DataTable(headings, rows, caption=_("Groups"), numeric=(2, 3, 4, 5), quiet_caption=True)


@dataclass
class GroupName(_Component):
    """The name of a group with its colour in the grid, leading to its people."""

    cell: str
    name: Any
    url: str = ""
    template_name = "wagtail_marketing/insights/rfm_group.html"


class ComputeView(MarketingView):
    """POST only: compute the scores now, as a job."""

    marketing_permission = COMPUTE
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        _job, created = enqueue_job(kind="insights.scores", exclusive_key="insights.scores", created_by=request.user)
        text = _("The scores are being computed; look again in a minute.")
        messages.success(request, text if created else _("They are being computed already."))
        return redirect("marketing_reports:rfm")


class MakeSegmentView(MarketingView):
    """POST only: a draft segment of one group, to be looked at and published in the builder."""

    marketing_permission = (VIEW, ADD_SEGMENT)
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        cell = request.POST.get("cell", "")
        if cell not in CELLS:
            raise Http404
        rules = {"match": "all", "rules": [{"kind": "rfm", "params": {"field": "cell", "op": "is", "value": cell}}]}
        segment = create_segment(
            name=str(CELLS[cell][0]), description=str(CELLS[cell][1]), rules=rules, user=request.user, publish=False
        )
        messages.success(request, _("A draft was made: look at it, then publish it."))
        return redirect("marketing_segments:edit", segment.pk)


def scores_block(contact: Contact, request: HttpRequest) -> list[Any]:
    """What the scores say of one person, in words: two statements."""
    row, engagement = selectors.scores_of(contact)
    cards = [
        StatCard(
            _("Group"),
            str(CELLS[row.cell][0]) if row else "–",
            note=str(CELLS[row.cell][1]) if row else _("Has not ordered, or not yet been computed."),
            key="rfm",
        )
    ]
    if row:
        cards += [
            StatCard(label, _("%(score)s of 5") % {"score": score}, definition=text, key=key)
            for key, label, score, text in (
                ("recency", _("Recency"), row.recency, _("How lately the last order came, among all customers.")),
                ("frequency", _("Frequency"), row.frequency, _("How many orders, among all customers.")),
                ("monetary", _("Money"), row.monetary, _("How much in all, net of refunds, among all customers.")),
            )
        ]
    cards.append(
        StatCard(
            _("Engagement"),
            _("%(score)s of 100") % {"score": engagement},
            definition=_("By opens, clicks and visits of the last half year; old ones count less every month."),
            key="engagement",
        )
    )
    return [StatGrid(cards, label=_("How good and how lively a customer"))]


def _with_scores(contacts: "QuerySet[Contact]") -> "QuerySet[Contact]":
    return contacts.annotate(wm_rfm=F("rfm__cell"), wm_engagement=F("engagement__score"))


COLUMNS = {
    "rfm": ListColumn(
        gettext_lazy("Group"),
        value=lambda row: CELLS[row.wm_rfm][0] if row.wm_rfm else "",
        export=lambda row: row.wm_rfm or "",
        annotate=_with_scores,
    ),
    "engagement": ListColumn(
        gettext_lazy("Engagement"),
        value=lambda row: str(row.wm_engagement or 0),
        export=lambda row: row.wm_engagement or 0,
        sort_key="engagement",
        sort_by=("wm_engagement",),
        sort_null=True,
        numeric=True,
    ),
}


def _in_cells(cells: list[str]) -> Q:
    return Q(pk__in=RfmScore.objects.filter(cell__in=cells).values("contact"))


def _in_square(square: str) -> Q:
    recency, _dash, value = square.partition("-")
    return Q(pk__in=RfmScore.objects.filter(recency=int(recency), value=int(value)).values("contact"))


FILTERS = {
    "rfm": ListFilter(
        gettext_lazy("RFM group"),
        "several",
        _in_cells,
        choices=lambda: [(key, name) for key, (name, _text) in CELLS.items()],
        order=420,
    ),
    "rfm_square": ListFilter(
        gettext_lazy("Field of the RFM grid"),
        "choice",
        _in_square,
        choices=lambda: [(f"{recency}-{value}",) * 2 for recency in STEPS for value in STEPS],
        order=430,
        shown=False,
    ),
}
BLOCK = ProfileBlock(15, scores_block, permission=VIEW)


def register() -> None:
    """Called when the hooks are read; the same again is harmless."""
    for name, column in COLUMNS.items():
        list_columns.register(name, column)
    for name, plug in FILTERS.items():
        list_filters.register(name, plug)
    profile_blocks.register("scores", BLOCK)
