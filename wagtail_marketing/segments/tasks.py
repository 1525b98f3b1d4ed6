"""Work for a worker: members that are due to be refreshed."""

import logging
from datetime import datetime, timedelta

from django.db.models import F, Q

from wagtail_marketing.core import clock

from . import services
from .errors import InvalidRules
from .limits import guarded
from .models import Segment
from .selectors import with_sizes

logger = logging.getLogger(__name__)

#: How old members may become. Campaigns ask the rules themselves and never wait for this.
EVERY = timedelta(hours=1)


def refresh(segment_id: int) -> None:
    """Refresh one segment, if it (still) has published rules and is active."""
    segment = Segment.objects.in_force().filter(pk=segment_id).first()
    if segment:
        try:
            with guarded(timeout=False):
                services.refresh_segment(segment=segment)
        except InvalidRules as error:
            # A topic or a segment that its rules name is gone: one such segment must not stop the others.
            logger.warning("The segment %s cannot be refreshed: %s", segment_id, error)


def refresh_due(until: datetime) -> int:
    """Refresh what is older than ``EVERY`` or was never counted; returns how many. A drain of the queue."""
    due = Q(refreshed_at__isnull=True) | Q(refreshed_at__lte=clock.now() - EVERY)
    segments = with_sizes(Segment.objects.in_force()).filter(due)
    done = 0
    for pk in segments.order_by(F("refreshed_at").asc(nulls_first=True)).values_list("pk", flat=True):
        if done and clock.now() >= until:
            break
        refresh(pk)
        done += 1
    return done
