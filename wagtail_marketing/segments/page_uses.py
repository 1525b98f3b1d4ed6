"""Which pages show something to a segment only: such a segment is not deleted."""

from collections.abc import Iterator, Sequence

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count
from django.utils.translation import gettext as _
from wagtail.models import Page, ReferenceIndex

from .models import Segment

#: Pages that are named; more are as much of an answer.
MOST = 5


def pages_with(segment_id: int) -> Iterator[str]:
    """The pages whose content names the segment, by Wagtail's index of references."""
    found = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Segment),
        to_object_id=str(segment_id),
        base_content_type=ContentType.objects.get_for_model(Page),
    )
    pages = {int(pk) for pk in found.values_list("object_id", flat=True)[: MOST * 10]}
    for title in Page.objects.filter(pk__in=pages).order_by("pk").values_list("title", flat=True)[:MOST]:
        yield _("the page “%(page)s”") % {"page": title}


def page_counts(segment_ids: Sequence[int]) -> dict[int, int]:
    """On how many pages each of the segments is named: one statement."""
    found = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Segment),
        to_object_id__in=[str(pk) for pk in segment_ids],
        base_content_type=ContentType.objects.get_for_model(Page),
    )
    rows = found.order_by().values_list("to_object_id").annotate(pages=Count("object_id", distinct=True))
    return {int(pk): pages for pk, pages in rows}
