"""Work for a worker: contacts that changed, contacts whom time moves, segments to be counted anew."""

import logging
from datetime import datetime, timedelta

from wagtail_marketing.contacts.models import ContactList
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.core.tasks import SLICE
from wagtail_marketing.jobs.models import Job
from wagtail_marketing.jobs.progress import Progress, Unfinished
from wagtail_marketing.site_settings import for_site

from . import recheck as changes
from . import schedule, services, timeline, wheel
from .dependencies import watched
from .errors import InvalidRules
from .limits import guarded
from .models import Segment
from .services.lists import add_segment_to_list

logger = logging.getLogger(__name__)


def recheck() -> None:
    """Look at the contacts that just changed: a worker is woken with this on every commit of a fact."""
    changes.recheck(clock.now() + SLICE)


def recheck_due(until: datetime) -> int:
    """The same as a drain, for wake-ups that were lost; returns how many entered or left."""
    return changes.recheck(until)


def turn_wheel(until: datetime) -> int:
    """Re-check whom time has moved; returns how many entered or left. A drain of the queue."""
    return wheel.turn(until)


def refresh(segment_id: int) -> bool:
    """Refresh one segment, if it (still) has published rules and is active; returns whether it was."""
    segment = Segment.objects.in_force().filter(pk=segment_id).first()
    if segment is None:
        return False
    try:
        with guarded(timeout=False):
            services.refresh_segment(segment=segment)
    except InvalidRules as error:
        # A topic or a segment that its rules name is gone: one such segment must not stop the others.
        logger.warning("The segment %s cannot be refreshed: %s", segment_id, error)
        return False
    return True


def refresh_published(segment_id: int) -> None:
    """Refresh a segment with new rules, and ask for a refresh of those that contain it."""
    refresh(segment_id)
    changes.mark_due([one.pk for one in watched() if segment_id in one.inner])


def count_reach(segment_id: int) -> None:
    """Count whom each channel reaches among the members, for the list of segments."""
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment:
        with guarded(timeout=False):
            services.count_reach(segment=segment)


def refresh_job(job: Job, progress: Progress) -> dict[str, int]:
    """Refresh the segments that somebody asked for, one after the other; running it again is harmless."""
    ids = [int(pk) for pk in job.params["segments"]]
    done = int(job.cursor.get("done", 0))
    found = {name: int(job.cursor.get(name, 0)) for name in ("people", "came_in", "left")}
    for pk in ids[done:]:
        progress.set(done, len(ids))
        if progress.out_of_time and done > int(job.cursor.get("done", 0)):
            raise Unfinished({"done": done, **found})
        segment = Segment.objects.filter(pk=pk).first()
        if segment:
            try:
                with guarded(timeout=False):
                    size = services.refresh_segment(segment=segment)
                    services.count_reach(segment=segment)
            except DomainError as error:
                progress.error(segment, error)
            else:
                found["people"] += size.size
                found["came_in"] += size.entered
                found["left"] += size.left
        done += 1
    progress.set(done, len(ids))
    return found


def refresh_due(until: datetime) -> int:
    """Refresh what is due by its schedule or by many changes; returns how many. A drain of the queue."""
    done = 0
    for pk in schedule.due(clock.now()).values_list("pk", flat=True):
        if done and clock.now() >= until:
            break
        done += refresh(pk)
    return done


def retain(until: datetime) -> int:
    """Thin the growth curves, and forget old entries of the timeline; returns how many rows went."""
    before = clock.now() - timedelta(days=for_site(None).keep_events_days)
    return schedule.thin_sizes() + timeline.forget(before=before)


def to_list_job(job: Job, progress: Progress) -> dict[str, int]:
    """Put everybody who is in a segment on a static list: one statement, harmless when it runs again."""
    segment = Segment.objects.get(pk=job.params["segment"])
    contact_list = ContactList.objects.get(pk=job.params["list"])
    added = add_segment_to_list(segment=segment, contact_list=contact_list, user=job.created_by)
    return {"added": added}
