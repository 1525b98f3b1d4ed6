"""Reads: who a campaign would reach, and whether it may be launched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.selectors import Reach
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.messaging import selectors as messaging
from wagtail_marketing.segments import selectors as segments

from .models import Campaign, CampaignMessage, CampaignSegment, Role, Status
from .reach import reach_sentence
from .registry import BLOCK, WARN, ChecklistRow, ReviewContext, checks


def campaigns() -> QuerySet[Campaign]:
    """Every campaign with what a list or the API shows of it, in a fixed number of queries."""
    return Campaign.objects.select_related("state", "site").prefetch_related(
        Prefetch("segment_links", CampaignSegment.objects.select_related("segment")),
        Prefetch("messages", CampaignMessage.objects.select_related("template", "send")),
        "discount_links",
        "costs",
    )


def people_in(include: list, exclude: list) -> QuerySet[Contact]:
    """Contacts in any segment of ``include`` and in none of ``exclude``; nobody where nothing is included.

    A segment without published rules holds nobody (the review blocks it).
    """
    if not include:
        return Contact.objects.none()
    wanted = reduce(or_, (Q(pk__in=segments.contacts_in(segment).values("pk")) for segment in include))
    people = Contact.objects.filter(wanted)
    if exclude:
        people = people.exclude(
            reduce(or_, (Q(pk__in=segments.contacts_in(segment).values("pk")) for segment in exclude))
        )
    return people


def sides(campaign: Campaign) -> tuple[list, list]:
    """The campaign's segments: included, left out."""
    links = list(campaign.segment_links.select_related("segment").order_by("segment__name", "pk"))
    return (
        [link.segment for link in links if link.role == Role.INCLUDE],
        [link.segment for link in links if link.role == Role.EXCLUDE],
    )


def campaigns_with(segment_id: int) -> list[str]:
    """The campaigns that are not over and use the segment, by name (for ``segments.registry.usages``)."""
    over = (Status.COMPLETED, Status.CANCELLED)
    links = CampaignSegment.objects.filter(segment_id=segment_id).exclude(campaign__state__status__in=over)
    names = links.order_by("campaign__name", "campaign_id").values_list("campaign__name", flat=True)
    return [_("the campaign “%(campaign)s”") % {"campaign": name} for name in names]


def campaign_counts(segment_ids: Sequence[int]) -> dict[int, int]:
    """By how many campaigns that are not over each segment is used (for ``segments.registry.usage_counts``)."""
    over = (Status.COMPLETED, Status.CANCELLED)
    links = CampaignSegment.objects.filter(segment__in=segment_ids).exclude(campaign__state__status__in=over)
    return dict(links.order_by().values_list("segment").annotate(uses=Count("pk")))


def audience(campaign: Campaign) -> QuerySet[Contact]:
    """Who is in the campaign's segments now, with or without consent and address."""
    return people_in(*sides(campaign))


def utm(campaign: Campaign) -> dict[str, str]:
    """The UTM parameters that its links carry; those left empty are left out."""
    given = {
        "utm_source": campaign.utm_source,
        "utm_medium": campaign.utm_medium,
        "utm_campaign": campaign.utm_campaign,
    }
    return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Review:
    """The checklist of a campaign. ``reach`` is None where the audience cannot be told."""

    rows: tuple[ChecklistRow, ...]
    reach: Reach | None
    sentence: str

    @property
    def blocks(self) -> tuple[ChecklistRow, ...]:
        return tuple(row for row in self.rows if row.level == BLOCK)

    @property
    def warnings(self) -> tuple[ChecklistRow, ...]:
        return tuple(row for row in self.rows if row.level == WARN)

    @property
    def ready(self) -> bool:
        return not self.blocks


def review_context(campaign: Campaign, *, now: datetime | None = None) -> ReviewContext:
    """Everything that the checks look at, read once."""
    messages = list(campaign.messages.select_related("template", "template__topic"))
    include, exclude = sides(campaign)
    context = ReviewContext(
        campaign=campaign, now=now or clock.now(), messages=messages, include=include, exclude=exclude
    )
    if include:
        template = messages[0].template if messages else None
        try:
            context.reach = messaging.reachability(
                people_in(include, exclude), "email", template.topic if template else None
            )
        except DomainError as error:
            context.audience_error = str(error)
    return context


def review(campaign: Campaign, *, now: datetime | None = None) -> Review:
    """Every row of the checklist, blocking ones first, and the reach in one sentence."""
    context = review_context(campaign, now=now)
    rows = [row for check in checks for row in check(context)]
    order = {BLOCK: 0, WARN: 1}
    rows.sort(key=lambda row: order.get(row.level, 2))
    return Review(
        rows=tuple(rows), reach=context.reach, sentence=reach_sentence(context.reach) if context.reach else ""
    )
