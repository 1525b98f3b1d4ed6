"""What the screens and the API tell about a segment: change, growth, overlap, and what its members did.

Everything here asks the members as of the last refresh, in sets: never a query a person or a segment.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.core import clock

from .limits import guarded
from .models import Membership, RefreshState, Segment, SegmentReach, SegmentSize
from .references import graph
from .registry import usage_counts
from .selectors import with_sizes

WEEK = timedelta(days=7)
#: How far back a curve goes, in days.
MOST_DAYS = 400
#: Segments beside one; more is a report.
MOST_OTHERS = 10


def listed(segments: QuerySet[Segment], *, now: datetime | None = None) -> QuerySet[Segment]:
    """``segments`` as screens show them: ``with_sizes``, ``every``, ``size_before`` (a week ago), ``reachable``.

    ``reachable`` is by e-mail and as of the last count of it; either is None where it was never counted.
    """
    before = SegmentSize.objects.filter(segment=OuterRef("pk"), measured_at__lte=(now or clock.now()) - WEEK).order_by(
        "-measured_at"
    )
    reach = SegmentReach.objects.filter(segment=OuterRef("pk"), channel="email")
    return with_sizes(segments).annotate(
        size_before=Subquery(before.values("size")[:1]),
        reachable=Subquery(reach.values("people")[:1]),
        every=F("refresh_state__every"),
    )


def open_stays(segment: Segment | int) -> QuerySet[Membership]:
    """Who is in as of the last refresh."""
    return Membership.objects.filter(segment=segment, left_at__isnull=True)


@dataclass(frozen=True)
class Moves:
    """How many came and went since ``since``; somebody who did both counts in both."""

    since: datetime
    entered: int
    left: int


def moves(segment: Segment, *, since: datetime) -> Moves:
    """Two counts by index."""
    stays = Membership.objects.filter(segment=segment)
    return Moves(since, stays.filter(entered_at__gte=since).count(), stays.filter(left_at__gte=since).count())


@dataclass(frozen=True)
class Point:
    """One day of the curve: people at its last count, and how many came and left on it."""

    day: date
    size: int
    entered: int
    left: int


def growth(segment: Segment, *, days: int = 90, now: datetime | None = None) -> list[Point]:
    """The curve of the last ``days`` days (at most ``MOST_DAYS``), the oldest first: four statements.

    Days without a count lack; today has the size of now. Who came and left is counted by the members, because
    a re-check of single people leaves no count behind.
    """
    now = now or clock.now()
    zone = clock.shop_zone()
    today = now.astimezone(zone).date()
    since = clock.start_of_day(today - timedelta(days=min(days, MOST_DAYS) - 1))
    rows = SegmentSize.objects.filter(segment=segment, measured_at__gte=since, measured_at__lte=now)
    sizes = {
        measured_at.astimezone(zone).date(): size
        for measured_at, size in rows.order_by("measured_at", "pk").values_list("measured_at", "size")
    }
    current = RefreshState.objects.filter(segment=segment, size__isnull=False).values_list("size", flat=True).first()
    if current is not None:
        sizes[today] = current
    entered, left = (_by_day(segment, column, since) for column in ("entered_at", "left_at"))
    return [Point(day, size, entered.get(day, 0), left.get(day, 0)) for day, size in sorted(sizes.items())]


def _by_day(segment: Segment, column: str, since: datetime) -> dict[date, int]:
    moved = Membership.objects.filter(segment=segment, **{f"{column}__gte": since})
    day = TruncDate(column, tzinfo=clock.shop_zone())
    return dict(moved.annotate(wm_day=day).order_by().values_list("wm_day").annotate(people=Count("pk")))


@dataclass(frozen=True)
class Overlap:
    """Two segments: people in both, only in this one, only in the other."""

    other: Segment
    both: int
    only_this: int
    only_other: int

    @property
    def union(self) -> int:
        return self.both + self.only_this + self.only_other

    @property
    def share(self) -> float:
        """Of this segment's people, the percentage that is in the other one too."""
        mine = self.both + self.only_this
        return 100 * self.both / mine if mine else 0.0


def overlaps(segment: Segment, others: Sequence[Segment]) -> list[Overlap]:
    """``segment`` against each of ``others``, in their order: two statements however many. Raises ``TooSlow``."""
    ids = [other.pk for other in others]
    stays = Membership.objects.filter(left_at__isnull=True).order_by()
    with guarded():
        sizes = dict(stays.filter(segment__in=[segment.pk, *ids]).values_list("segment").annotate(people=Count("pk")))
        both = dict(
            stays.filter(segment__in=ids, contact__in=open_stays(segment).values("contact"))
            .values_list("segment")
            .annotate(people=Count("pk"))
        )
    mine = sizes.get(segment.pk, 0)
    return [
        Overlap(
            other,
            both.get(other.pk, 0),
            mine - both.get(other.pk, 0),
            sizes.get(other.pk, 0) - both.get(other.pk, 0),
        )
        for other in others
    ]


@dataclass(frozen=True)
class Performance:
    """What the members as of the last refresh did from ``start`` (inclusive) until ``end`` (exclusive).

    Money is in minor units of the base currency, net of refunds; cancelled orders do not count. E-mail
    figures are people, not events, and never machines.
    """

    start: datetime
    end: datetime
    members: int
    buyers: int
    orders: int
    revenue: int
    mailed: int
    opened: int
    clicked: int
    unsubscribed: int

    @property
    def average_order(self) -> int | None:
        """Minor units; None without an order."""
        return round(self.revenue / self.orders) if self.orders else None

    @property
    def per_member(self) -> int | None:
        return round(self.revenue / self.members) if self.members else None

    def rate(self, people: int) -> float | None:
        """``people`` in percent of those who were sent an e-mail; None where nobody was."""
        return 100 * people / self.mailed if self.mailed else None


#: Type in the log -> name of the figure.
EMAILS = {
    "email.sent": "mailed",
    "email.opened": "opened",
    "email.clicked": "clicked",
    "email.unsubscribed": "unsubscribed",
}


def performance(segment: Segment, *, start: datetime, end: datetime) -> Performance:
    """Three statements, whatever the size. Raises ``TooSlow``.

    A rate's people are among those who were sent something in the same time: who was written to before and
    clicks now does not count.
    """
    inside = open_stays(segment)
    orders = Order.objects.filter(
        contact__in=inside.values("contact"), cancelled_at__isnull=True, placed_at__gte=start, placed_at__lt=end
    )
    happened = Activity.objects.filter(occurred_at__gte=start, occurred_at__lt=end, machine=False)
    mailed = happened.filter(type="email.sent", contact__in=inside.values("contact"))
    with guarded():
        members = inside.count()
        bought = orders.order_by().aggregate(
            orders=Count("pk"),
            buyers=Count("contact", distinct=True),
            revenue=Sum(F("total_base") - F("refunded_base")),
        )
        people = dict(
            happened.filter(type__in=EMAILS, contact__in=mailed.values("contact"))
            .order_by()
            .values_list("type")
            .annotate(people=Count("contact", distinct=True))
        )
    emails = {name: people.get(kind, 0) for kind, name in EMAILS.items()}
    return Performance(start, end, members, bought["buyers"], bought["orders"], bought["revenue"] or 0, **emails)


def read_period(data: Mapping[str, Any], *, days: int) -> tuple[date, date]:
    """``from`` and ``to`` of an address, both days inclusive; the last ``days`` days where they are no dates."""
    today = clock.now().astimezone(clock.shop_zone()).date()

    def day(name: str, default: date) -> date:
        try:
            return date.fromisoformat(data.get(name) or "")
        except ValueError:
            return default

    end = day("to", today)
    start = day("from", end - timedelta(days=days - 1))
    return (start, end) if start <= end else (end, start)


def days_to_instants(start: date, end: date) -> tuple[datetime, datetime]:
    """The beginning of the first day, and of the day after the last, in the shop's zone."""
    return clock.start_of_day(start), clock.start_of_day(end + timedelta(days=1))


def narrowed(stays: QuerySet[Membership], *, also_in: Iterable[int] = (), not_in: Iterable[int] = ()) -> Any:
    """``stays`` of people who are in every segment of ``also_in`` and in none of ``not_in``, too."""
    for pk in also_in:
        stays = stays.filter(contact__in=open_stays(pk).values("contact"))
    for pk in not_in:
        stays = stays.exclude(contact__in=open_stays(pk).values("contact"))
    return stays


def bought_in(stays: QuerySet[Membership], *, start: datetime, end: datetime) -> QuerySet[Membership]:
    """``stays`` of people with an order in that time."""
    orders = Order.objects.filter(
        Q(cancelled_at__isnull=True), contact__isnull=False, placed_at__gte=start, placed_at__lt=end
    )
    return stays.filter(contact__in=orders.values("contact"))


def did_in(stays: QuerySet[Membership], kind: str, *, start: datetime, end: datetime) -> QuerySet[Membership]:
    """``stays`` of people who were sent an e-mail in that time, and of whom ``kind`` (see ``EMAILS``) is logged."""
    happened = Activity.objects.filter(occurred_at__gte=start, occurred_at__lt=end, machine=False)
    mailed = happened.filter(type="email.sent").values("contact")
    return stays.filter(contact__in=mailed).filter(contact__in=happened.filter(type=kind).values("contact"))


def use_counts(ids: Sequence[int]) -> dict[int, int]:
    """By how many things each of these segments is used: one statement a room, however many segments."""
    found: Counter[int] = Counter()
    wanted = set(ids)
    for node in graph().values():
        found.update(wanted & {inner for _path, inner in node.refers})
    for count in usage_counts:
        found.update(count(ids))
    return dict(found)
