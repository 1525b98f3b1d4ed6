"""RFM: how lately, how often and for how much somebody bought, each from 1 (least) to 5, and a name for the three.

A score is a quintile by rank with ties together: ``1 + 5 * (rank - 1) // people``, where ``rank`` is that of the
first of those with the same value. So equal values always have equal scores, and a tie counts at its lowest
place: where 60 % ordered once, they all score 1 and nobody scores 2 or 3.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

STEPS = (1, 2, 3, 4, 5)

CHAMPIONS = "champions"
LOYAL = "loyal"
POTENTIAL = "potential_loyalist"
NEW = "new"
PROMISING = "promising"
ATTENTION = "need_attention"
SLEEPY = "about_to_sleep"
RISK = "at_risk"
CANT_LOSE = "cant_lose"
HIBERNATING = "hibernating"
LOST = "lost"

#: cell -> name and what it means, from the best to the worst
CELLS: dict[str, tuple[Any, Any]] = {
    CHAMPIONS: (_("Champions"), _("Bought lately, often and for much.")),
    LOYAL: (_("Loyal"), _("Buy often, and have bought not long ago.")),
    POTENTIAL: (_("Potential loyalists"), _("Bought lately, and more than once or for more than most.")),
    NEW: (_("New"), _("Bought very lately, and little so far.")),
    PROMISING: (_("Promising"), _("Bought lately, and little so far.")),
    ATTENTION: (_("Need attention"), _("In the middle of everything, and slipping.")),
    SLEEPY: (_("About to sleep"), _("Bought little, and not lately.")),
    RISK: (_("At risk"), _("Were good customers, and have not bought for long.")),
    CANT_LOSE: (_("Can't lose"), _("Were among the best, and have not bought for long.")),
    HIBERNATING: (_("Hibernating"), _("Bought little, and long ago.")),
    LOST: (_("Lost"), _("Bought little, and longest ago.")),
}

#: recency -> cells by value 1 to 5
GRID: dict[int, tuple[str, str, str, str, str]] = {
    5: (NEW, POTENTIAL, POTENTIAL, CHAMPIONS, CHAMPIONS),
    4: (PROMISING, POTENTIAL, POTENTIAL, LOYAL, CHAMPIONS),
    3: (SLEEPY, SLEEPY, ATTENTION, LOYAL, LOYAL),
    2: (HIBERNATING, HIBERNATING, RISK, RISK, CANT_LOSE),
    1: (LOST, LOST, RISK, RISK, CANT_LOSE),
}


def value_of(frequency: int, monetary: int) -> int:
    """How much and how often, as one step: the mean of the two, a half rounded up."""
    return (frequency + monetary + 1) // 2


def cell_of(recency: int, frequency: int, monetary: int) -> str:
    """The name of the three scores."""
    return GRID[recency][value_of(frequency, monetary) - 1]


def quintiles(values: Sequence[Any]) -> list[int]:
    """The score of each value among all of them, the greatest best; the rule in memory, as the SQL has it."""
    ordered = sorted(values)
    return [1 + 5 * bisect_left(ordered, value) // len(ordered) for value in values]


def engagement_of(events: Iterable[tuple[int, int]]) -> int:
    """0 to 100 from ``(weight, whole days ago)``: see ``WEIGHTS``, ``HALF_LIFE_DAYS`` and ``HALF_AT``."""
    raw = round(sum(weight * 0.5 ** (days / HALF_LIFE_DAYS) for weight, days in events) * MICRO)
    return (100 * raw + (raw + HALF_AT * MICRO) // 2) // (raw + HALF_AT * MICRO)


#: What one event is worth on its day, by the type of the activity; a type that ends in a dot means all below it.
WEIGHTS = {"email.opened": 1, "email.viewed": 2, "email.clicked": 3, "site.": 2}
#: An event is worth half as much after these days.
HALF_LIFE_DAYS = 30
#: Older events count no more (they would be worth less than 2 %).
WINDOW_DAYS = 180
#: The sum of worths at which somebody scores 50: the score is ``100 * sum / (sum + HALF_AT)``.
HALF_AT = 5
#: Sums are rounded to millionths, so that every database and Python come to the same score.
MICRO = 1_000_000
