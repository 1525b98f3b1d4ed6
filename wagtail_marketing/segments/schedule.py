"""When a segment is refreshed as a whole, and what is kept of how it grew.

Re-checks and the wheel keep members right between two refreshes; a refresh counts everybody anew and so also
sees what nobody announced (a product's new category, rows written past our services).
"""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput

from . import timeline
from .models import RefreshEvery, RefreshState, Segment, SegmentSize
from .selectors import refreshable

HOUR = timedelta(hours=1)
#: The hour of the shop's night at which nightly segments are counted.
NIGHT = time(3)
#: The least time between two refreshes that changes ask for: a long sync is not followed batch by batch.
LULL = timedelta(minutes=5)
#: How long the growth curve keeps every refresh; after that the last one of each day stays.
FINE = timedelta(days=2)


def every_of(segment: Segment) -> str:
    """The ``RefreshEvery`` of a segment: its own, else the site's."""
    own = RefreshState.objects.filter(segment=segment).values_list("every", flat=True).first()
    return own or settings.segment_refresh


def set_refresh_every(*, segment: Segment, every: str) -> None:
    """Count this segment hourly, nightly, or only on change; empty: as the site's settings say."""
    if every and every not in RefreshEvery.values:
        raise InvalidInput(_("“%(every)s” is not possible here.") % {"every": every}, field="every")
    RefreshState.objects.update_or_create(segment=segment, defaults={"every": every})


def due(now: datetime) -> QuerySet[Segment]:
    """Segments to be refreshed, the oldest first: never counted, asked for by changes, or past their hour."""
    midnight = clock.start_of_day(now.astimezone(clock.shop_zone()).date())
    tonight = midnight + timedelta(hours=NIGHT.hour)
    night = tonight if now >= tonight else tonight - timedelta(days=1)
    known = {RefreshEvery.HOURLY: Q(refreshed_at__lte=now - HOUR), RefreshEvery.NIGHTLY: Q(refreshed_at__lt=night)}
    wanted = Q(refreshed_at__isnull=True) | Q(due_at__isnull=False, refreshed_at__lte=now - LULL)
    for every, old in known.items():
        wanted |= Q(every=every) & old
        if every == settings.segment_refresh:
            wanted |= (Q(every="") | Q(every__isnull=True)) & old
    return refreshable().filter(wanted).order_by(F("refreshed_at").asc(nulls_first=True))


def keep_state(size: SegmentSize, started: datetime) -> None:
    """After a refresh, in its transaction: the size of now, time accounted for, and the news of who moved."""
    took = int((clock.now() - started).total_seconds() * 1000)
    RefreshState.objects.update_or_create(
        segment_id=size.segment_id,
        defaults={"size": size.size, "checked_until": size.measured_at, "took_ms": max(0, took)},
    )
    # What was asked for while we counted stands: it may have come too late for us.
    RefreshState.objects.filter(segment=size.segment_id, due_at__lte=started).update(due_at=None)
    timeline.refreshed(size)


@transaction.atomic
def thin_sizes(*, now: datetime | None = None, most: int = 10_000) -> int:
    """Of the refreshes older than ``FINE`` keep the last of each day (in the shop's zone); returns how many went."""
    before = (now or clock.now()) - FINE
    day = TruncDate("measured_at", tzinfo=clock.shop_zone())
    old = SegmentSize.objects.filter(measured_at__lt=before).annotate(day=day).order_by()
    later = SegmentSize.objects.annotate(later_day=day).filter(
        segment=OuterRef("segment"), later_day=OuterRef("day"), measured_at__gt=OuterRef("measured_at")
    )
    surplus = list(old.filter(Exists(later)).values_list("pk", flat=True)[:most])
    return SegmentSize.objects.filter(pk__in=surplus).delete()[0]
