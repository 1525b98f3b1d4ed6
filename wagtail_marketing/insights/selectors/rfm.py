"""How many people are in each group of RFM, and what they spent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.insights.engine.rfm import CELLS, GRID, STEPS
from wagtail_marketing.insights.models import EngagementScore, RfmScore
from wagtail_marketing.insights.scores import computed_at


@dataclass(frozen=True)
class Group:
    """One named group: ``spent_base`` in minor units of the base currency, net of refunds."""

    key: str
    name: Any
    meaning: Any
    people: int
    spent_base: int


@dataclass(frozen=True)
class Square:
    """One field of the grid: a recency and a value, each from 1 to 5."""

    recency: int
    value: int
    cell: str
    people: int


@dataclass(frozen=True)
class RfmReport:
    """``squares`` are rows of the grid, the latest buyers first."""

    people: int
    groups: tuple[Group, ...]
    squares: tuple[tuple[Square, ...], ...]
    computed_at: datetime | None


def rfm_report() -> RfmReport:
    """Everybody by group and by square: two statements."""
    counted = {
        (row["recency"], row["value"]): row
        for row in RfmScore.objects.order_by()
        .values("recency", "value")
        .annotate(people=Count("pk"), spent=Sum("contact__totals__total_base"))
    }
    squares = tuple(
        tuple(
            Square(recency, value, GRID[recency][value - 1], counted.get((recency, value), {}).get("people", 0))
            for value in STEPS
        )
        for recency in reversed(STEPS)
    )
    people = dict.fromkeys(CELLS, 0)
    spent = dict.fromkeys(CELLS, 0)
    for (recency, value), row in counted.items():
        people[GRID[recency][value - 1]] += row["people"]
        spent[GRID[recency][value - 1]] += row["spent"] or 0
    groups = tuple(Group(key, name, text, people[key], spent[key]) for key, (name, text) in CELLS.items())
    return RfmReport(sum(people.values()), groups, squares, computed_at())


def scores_of(contact: Contact) -> tuple[RfmScore | None, int]:
    """A contact's RFM (None: never ordered) and engagement (0 to 100): two statements."""
    engagement = EngagementScore.objects.filter(contact=contact).values_list("score", flat=True).first()
    return RfmScore.objects.filter(contact=contact).first(), engagement or 0
