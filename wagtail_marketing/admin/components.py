"""Pieces of a page: figures, charts, badges, checklists, progress, timelines, empty states.

Each is a Wagtail component: build it in the view, render it with ``{% component card %}`` (from
``wagtailadmin_tags``), and its ``Media`` comes along. No data is ever marked safe::

    StatCard(label=_("Revenue"), value="$1,204.00", change=Change(percent=12.5), definition=_("Net."), url=...)
    StatGrid([card, card])
    Chart(title=_("By day"), labels=["1 Nov"], series=[Series(_("Attributed"), [12], formatted=["$12"])])
    StatusBadge("active", _("Active"), tone="positive")
    EmptyState(title=_("No campaigns yet"), text=_("..."), action_label=_("Add a campaign"), action_url=...)
    Checklist([
        CheckRow("ok", _("Audience"), _("412 people")),
        CheckRow("block", _("Subject"), _("is missing"), url="...#panel-content"),
    ])
    ProgressBar(done=120, total=400, label=_("Importing"))
    Timeline([TimelineItem(when, _("Order 12"), detail="$30.00", icon="history", url=...)])
    DataTable(caption=..., headings=[...], rows=[[...], ...])
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.forms import Media
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component

from wagtail_marketing.core import clock

from .media import CHART_MEDIA, KIT_MEDIA

#: Tones of badges and rows; each also has a word or a sign, colour is never alone.
TONES = ("neutral", "info", "positive", "warning", "critical")


class KitComponent(Component):
    """A component whose context is itself as ``self`` under the name ``component``."""

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        request = parent_context.get("request") if parent_context else None
        return {"component": self, "request": request}

    @property
    def media(self) -> Media:
        return KIT_MEDIA


@dataclass(frozen=True)
class Change:
    """Against the period before: ``percent`` may be ``None`` where that one was zero.

    ``good_when`` is ``up``, ``down`` or ``neither`` and gives the tone only.
    """

    percent: float | None
    good_when: str = "up"
    versus: str = ""

    @property
    def direction(self) -> str:
        if not self.percent:
            return "same" if self.percent is not None else "new"
        return "up" if self.percent > 0 else "down"

    @property
    def word(self) -> str:
        return {"up": _("up"), "down": _("down"), "same": _("unchanged"), "new": _("no earlier figure")}[self.direction]

    @property
    def arrow(self) -> str:
        return {"up": "↑", "down": "↓", "same": "→", "new": ""}[self.direction]

    @property
    def text(self) -> str:
        amount = "" if not self.percent else f"{localize(round(abs(self.percent), 1))} %"
        return " ".join(part for part in (self.word, amount, self.versus) if part)

    @property
    def tone(self) -> str:
        if self.direction not in ("up", "down") or self.good_when == "neither":
            return "neutral"
        return "positive" if self.direction == self.good_when else "critical"


@dataclass
class StatCard(KitComponent):
    """One figure: value as text (already formatted), change, what it means, and the list behind it."""

    label: Any
    value: Any
    change: Change | None = None
    definition: Any = ""
    url: str = ""
    note: Any = ""
    key: str = ""

    template_name = "wagtail_marketing/admin/components/stat_card.html"

    @cached_property
    def definition_id(self) -> str:
        return f"wm-def-{self.key or abs(hash(str(self.label)))}"


@dataclass
class StatGrid(KitComponent):
    """Cards side by side, as many as fit."""

    cards: Sequence[StatCard]
    label: Any = ""
    template_name = "wagtail_marketing/admin/components/stat_grid.html"


@dataclass(frozen=True)
class Series:
    """Numbers of one line or set of bars; ``formatted`` is what people read (defaults to the numbers)."""

    label: Any
    values: Sequence[float | int | None]
    formatted: Sequence[Any] = ()

    @property
    def cells(self) -> Sequence[Any]:
        return self.formatted or [("" if value is None else localize(value)) for value in self.values]


@dataclass
class Chart(KitComponent):
    """A chart with the table of its figures under it, which is all there is without JavaScript.

    ``kind`` is ``line`` or ``bar``; ``labels`` are what the axis and the first column show. ``key`` must
    be unique on the page.
    """

    title: Any
    labels: Sequence[Any]
    series: Sequence[Series]
    kind: str = "line"
    key: str = "chart"
    label_heading: Any = ""
    description: Any = ""
    stacked: bool = False
    table_open: bool = False

    template_name = "wagtail_marketing/admin/components/chart.html"

    @property
    def media(self) -> Media:
        return CHART_MEDIA

    @property
    def data(self) -> str:
        return json.dumps(
            {
                "kind": self.kind,
                "stacked": self.stacked,
                "labels": [str(label) for label in self.labels],
                "series": [
                    {
                        "label": str(series.label),
                        "values": [None if value is None else float(value) for value in series.values],
                        "texts": [str(cell) for cell in series.cells],
                    }
                    for series in self.series
                ],
            }
        )

    @property
    def rows(self) -> list[tuple[Any, list[Any]]]:
        return [(label, [s.cells[i] for s in self.series]) for i, label in enumerate(self.labels)]

    @property
    def is_empty(self) -> bool:
        return not any(value for series in self.series for value in series.values)


@dataclass
class StatusBadge(KitComponent):
    """A state in words on a tinted ground; ``tone`` is one of ``TONES``."""

    key: str
    label: Any
    tone: str = "neutral"
    template_name = "wagtail_marketing/admin/components/badge.html"

    def __str__(self) -> str:
        return format_html(
            '<span class="wm-badge wm-badge--{}" data-state="{}">{}</span>',
            self.tone if self.tone in TONES else "neutral",
            self.key,
            self.label,
        )

    __html__ = __str__


@dataclass
class EmptyState(KitComponent):
    """Nothing here yet: why, and the next step."""

    title: Any
    text: Any = ""
    action_label: Any = ""
    action_url: str = ""
    icon: str = "wm-marketing"
    template_name = "wagtail_marketing/admin/components/empty_state.html"


@dataclass(frozen=True)
class CheckRow:
    """``level`` is ``ok``, ``warn`` or ``block``; ``url`` leads to the field that decides it."""

    level: str
    label: Any
    text: Any = ""
    url: str = ""
    link_label: Any = ""

    @property
    def word(self) -> str:
        return {"ok": _("Ready"), "warn": _("Look at this"), "block": _("Must be fixed")}[self.level]

    @property
    def icon(self) -> str:
        return {"ok": "success", "warn": "warning", "block": "cross"}[self.level]


@dataclass
class Checklist(KitComponent):
    """Rows that are ready, want a look, or stop the whole thing."""

    rows: Sequence[CheckRow]
    label: Any = ""
    template_name = "wagtail_marketing/admin/components/checklist.html"

    @property
    def blocked(self) -> bool:
        return any(row.level == "block" for row in self.rows)

    @property
    def warned(self) -> bool:
        return any(row.level == "warn" for row in self.rows)


@dataclass
class ProgressBar(KitComponent):
    """``done`` of ``total``; an unknown total shows work without a measure."""

    done: int
    total: int | None
    label: Any = ""
    template_name = "wagtail_marketing/admin/components/progress.html"

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.done // self.total) if self.total else None

    @property
    def text(self) -> str:
        if self.total:
            return _("%(done)s of %(total)s") % {"done": localize(self.done), "total": localize(self.total)}
        return localize(self.done)


@dataclass(frozen=True)
class TimelineItem:
    """What happened at ``when`` (aware). ``title`` and ``detail`` are plain text."""

    when: datetime
    title: Any
    detail: Any = ""
    icon: str = "history"
    url: str = ""
    kind: str = ""


@dataclass
class Timeline(KitComponent):
    """Items by day in the shop's zone, newest first as given."""

    items: Sequence[TimelineItem]
    zone: ZoneInfo | None = None
    more_url: str = ""
    empty_text: Any = ""
    template_name = "wagtail_marketing/admin/components/timeline.html"

    @cached_property
    def time_zone(self) -> ZoneInfo:
        return self.zone or clock.shop_zone()

    @cached_property
    def days(self) -> list[tuple[date, list[tuple[datetime, TimelineItem]]]]:
        placed = [(item.when.astimezone(self.time_zone), item) for item in self.items]
        return [(day, list(group)) for day, group in groupby(placed, key=lambda pair: pair[0].date())]


@dataclass
class DataTable(KitComponent):
    """A small table of plain text; for long lists take a listing view."""

    headings: Sequence[Any]
    rows: Iterable[Sequence[Any]]
    caption: Any = ""
    numeric: Sequence[int] = field(default_factory=tuple)
    #: The caption for screen readers only, where a heading above says the same.
    quiet_caption: bool = False
    template_name = "wagtail_marketing/admin/components/table.html"


@dataclass
class Section(KitComponent):
    """A heading with components or text under it."""

    title: Any
    components: Sequence[Any] = ()
    text: Any = ""
    template_name = "wagtail_marketing/admin/components/section.html"

    @property
    def media(self) -> Media:
        media = KIT_MEDIA
        for component in self.components:
            media = media + component.media
        return media
