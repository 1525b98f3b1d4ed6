"""Reads of segments: whom they hold, how many, who they are, and why."""

from datetime import datetime

from django.db.models import QuerySet

from wagtail_marketing.contacts.models import Contact

from .compiler import contacts_of
from .models import Segment, SegmentVersion


def published_version(segment: Segment | int) -> SegmentVersion | None:
    """The rules that campaigns and discounts use, or None where nothing was published yet."""
    pk = segment.pk if isinstance(segment, Segment) else segment
    return SegmentVersion.objects.filter(segment_id=pk, segment__live=True).order_by("-number").first()


def contacts_in(segment: Segment | int, *, now: datetime | None = None) -> QuerySet[Contact]:
    """Who is in, right now, by the published rules: a lazy queryset of one statement.

    It may be filtered, counted, sliced, or stand in an ``INSERT ... SELECT``. A segment without published
    rules holds nobody. Members as of the last refresh are in ``Membership``.
    """
    version = published_version(segment)
    return Contact.objects.none() if version is None else contacts_of(version.rules, now=now)
