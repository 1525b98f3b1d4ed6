"""What other rooms add to a campaign: rows of its checklist, sections of its report.

``insights`` fills the report from above; a site or an integration may add to both::

    checks.register("brand_name", check_brand_name)       # (ReviewContext) -> iterable of ChecklistRow
    report_sections.register("map", ReportSection(key="map", title=_("Map"), order=500, build=build_map))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wagtail_marketing.core.registry import Registry

if TYPE_CHECKING:
    from django.http import HttpRequest

    from .models import Campaign, CampaignMessage

#: Ordered by how much they matter.
OK, WARN, BLOCK = "ok", "warn", "block"


@dataclass(frozen=True)
class ChecklistRow:
    """One line of the review. ``block`` keeps the campaign from being launched.

    ``step`` is where it is corrected: ``details``, ``audience``, ``content``, ``costs`` (the campaign's own
    steps), ``template``, ``segment`` and ``discount`` (``object_id`` names which), ``settings`` or empty;
    ``field`` is the form field there.
    """

    level: str
    key: str
    text: str
    step: str = ""
    field: str = ""
    object_id: int | None = None


@dataclass
class ReviewContext:
    """What the checks look at, read once."""

    campaign: Campaign
    now: datetime
    messages: list[CampaignMessage] = field(default_factory=list)
    include: list[Any] = field(default_factory=list)
    exclude: list[Any] = field(default_factory=list)
    #: ``contacts.selectors.Reach`` for the first e-mail's topic; None where there is no audience.
    reach: Any = None
    #: Why the audience cannot be told (a segment without published rules, a query that is too slow).
    audience_error: str = ""


@dataclass(frozen=True)
class ReportSection:
    """A part of the report page. ``build(campaign, request)`` returns components to render, in order."""

    key: str
    title: Any
    order: int
    build: Callable[[Campaign, HttpRequest], Iterable[Any]]


#: name -> ``check(context) -> rows``, in the order of the page.
checks: Registry[Callable[[ReviewContext], Iterable[ChecklistRow]]] = Registry("campaign checks")

report_sections: Registry[ReportSection] = Registry("campaign report sections")


def ordered_sections() -> list[ReportSection]:
    return sorted(report_sections, key=lambda section: section.order)
