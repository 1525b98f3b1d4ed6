"""What segments do on news from elsewhere."""

from django.dispatch import receiver
from wagtail.signals import published

from wagtail_marketing.core.events import subscribe
from wagtail_marketing.core.tasks import enqueue

from . import services
from .events import SegmentPublished, SegmentRefreshed, SegmentStateChanged
from .models import Segment


@receiver(published, sender=Segment, dispatch_uid="wagtail_marketing.segments.published")
def freeze_what_was_published(sender, instance: Segment, revision, **kwargs) -> None:
    """Wagtail publishes by hand and by schedule: both end here. A schedule that is only set does not count."""
    if instance.live:
        services.freeze_version(segment=instance, user=revision.user)


@subscribe(SegmentPublished)
def count_again(event: SegmentPublished) -> None:
    """New rules, new members: a worker looks at once, and then at the segments that contain this one."""
    enqueue("wagtail_marketing.segments.tasks.refresh_published", event.segment_id)


@subscribe(SegmentStateChanged)
def count_what_is_active_again(event: SegmentStateChanged) -> None:
    """Members of a segment that was switched on again are as old as its deactivation."""
    if event.active:
        enqueue("wagtail_marketing.segments.tasks.refresh_published", event.segment_id)


@subscribe(SegmentRefreshed)
def count_whom_channels_reach(event: SegmentRefreshed) -> None:
    """Apart from the refresh, which must not wait for it."""
    enqueue("wagtail_marketing.segments.tasks.count_reach", event.segment_id)
