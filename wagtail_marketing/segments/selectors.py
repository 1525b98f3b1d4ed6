"""Reads of segments: whom they hold, how many, who they are, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.contacts.selectors import deliverable_q

from .compiler import Explained, contacts_of, explain
from .engine.tree import Group, moment_at, parse
from .engine.words import sentence
from .errors import InvalidRules
from .limits import guarded
from .models import Membership, Segment, SegmentSize, SegmentVersion
from .registry import Facts


def published_version(segment: Segment | int) -> SegmentVersion | None:
    """The rules that campaigns and discounts use, or None where nothing is published (any more)."""
    pk = segment.pk if isinstance(segment, Segment) else segment
    return SegmentVersion.objects.filter(segment_id=pk, segment__live=True).order_by("-number").first()


def contacts_in(segment: Segment | int, *, now: datetime | None = None) -> QuerySet[Contact]:
    """Who is in, right now, by the published rules: a lazy queryset of one statement.

    It may be filtered, counted, sliced, or stand in an ``INSERT ... SELECT``. A segment without published
    rules holds nobody. Members as of the last refresh are in ``Membership``.
    """
    version = published_version(segment)
    return Contact.objects.none() if version is None else contacts_of(version.rules, now=now)


def is_in(segment: Segment | int, contact: Contact, *, now: datetime | None = None) -> bool:
    """Whether one contact is in, right now: the contact is pushed down into every part of the query."""
    version = published_version(segment)
    return version is not None and contacts_of(version.rules, now=now, contact_ids=[contact.pk]).exists()


@dataclass(frozen=True)
class Person:
    """One of the people a preview shows. Edges mask ``name`` and ``email`` where the viewer may not see them."""

    id: int
    key: str
    name: str
    email: str


@dataclass(frozen=True)
class Preview:
    """How many, how many of them each channel reaches (one per address), and a few of them."""

    count: int
    reachable: dict[str, int]
    sample: tuple[Person, ...]


def preview(rules: Any, *, now: datetime | None = None, sample: int = 3) -> Preview:
    """Count whom ``rules`` choose. Raises ``InvalidRules``, ``TooSlow``.

    ``reachable`` counts addresses: of several contacts with one address one gets the mail.
    """
    contacts = contacts_of(rules, now=now).order_by()
    reached = {
        f"wm_{channel}": Count(F(address.hash_field), filter=deliverable_q(channel), distinct=True)
        for channel, address in channels.items()
    }
    with guarded():
        counts = contacts.aggregate(wm_count=Count("pk"), **reached)
        people = list(contacts.order_by("pk")[:sample])
    return Preview(
        counts["wm_count"],
        {channel: counts[f"wm_{channel}"] for channel in channels.keys()},  # noqa: SIM118  a Registry
        tuple(Person(one.pk, one.external_key or "", one.name, one.email) for one in people),
    )


def keys_of(rules: Any, *, now: datetime | None = None) -> list[str]:
    """The shop's keys of everybody whom ``rules`` choose, sorted; guests have none."""
    found = contacts_of(rules, now=now).filter(external_key__isnull=False)
    with guarded(timeout=False):
        return sorted(found.order_by().values_list("external_key", flat=True))


def summary(rules: Any) -> str:
    """``rules`` in words, or what is wrong with them."""
    try:
        return sentence(rules if isinstance(rules, Group) else parse(rules))
    except InvalidRules as error:
        return str(error)


@dataclass(frozen=True)
class Why:
    """Whether a contact is in a segment, by which rules, and since when it is a member."""

    holds: bool
    explained: Explained
    version: SegmentVersion
    since: datetime | None


def why(segment: Segment, contact: Contact, *, now: datetime | None = None) -> Why | None:
    """Rule by rule, with the contact's actual values; None where the segment has no published rules."""
    version = published_version(segment)
    if version is None:
        return None
    moment = moment_at(now)
    explained = explain(parse(version.rules, moment), Facts(contact), moment)
    stay = Membership.objects.filter(segment=segment, contact=contact, left_at__isnull=True).first()
    return Why(explained.holds and contact.host_deleted_at is None, explained, version, stay and stay.entered_at)


def members(segment: Segment) -> QuerySet[Membership]:
    """Who was in at the last refresh, the newest first, with their contacts."""
    return (
        Membership.objects.filter(segment=segment, left_at__isnull=True)
        .select_related("contact")
        .order_by("-entered_at", "-pk")
    )


def with_sizes(segments: QuerySet[Segment]) -> QuerySet[Segment]:
    """``segments`` with ``size`` and ``refreshed_at`` of their last refresh, and their published rules."""
    newest = SegmentSize.objects.filter(segment=OuterRef("pk")).order_by("-measured_at")
    version = SegmentVersion.objects.filter(segment=OuterRef("pk")).order_by("-number")
    return segments.annotate(
        size=Subquery(newest.values("size")[:1]),
        refreshed_at=Subquery(newest.values("measured_at")[:1]),
        published_rules=Subquery(version.values("rules")[:1]),
        version_number=Subquery(version.values("number")[:1]),
    )


def sizes(segment: Segment, *, most: int = 90) -> list[SegmentSize]:
    """The growth curve: the last refreshes, the oldest first."""
    return list(reversed(SegmentSize.objects.filter(segment=segment)[:most]))


def segments_of(contact: Contact) -> QuerySet[Segment]:
    """The segments that a contact was in at their last refresh."""
    return Segment.objects.filter(
        Q(memberships__contact=contact, memberships__left_at__isnull=True), live=True
    ).order_by("name")
