"""Reads of segments: whom they hold, how many, who they are, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact

from .compiler import Explained, contacts_of, contacts_of_segment, explain
from .counting import count_chosen
from .engine.tree import Group, moment_at, parse
from .engine.words import sentence
from .errors import InvalidRules
from .in_force import InForce, in_force
from .limits import guarded
from .models import Membership, Segment, SegmentPin, SegmentSize, SegmentState, SegmentVersion
from .references import refer_to
from .registry import Facts, usages
from .statements import ask


def published_version(segment: Segment | int) -> SegmentVersion | None:
    """The rules that campaigns and discounts use, or None where nothing is published (any more)."""
    pk = segment.pk if isinstance(segment, Segment) else segment
    return SegmentVersion.objects.filter(segment_id=pk, segment__live=True).order_by("-number").first()


def contacts_in(segment: Segment | int, *, now: datetime | None = None) -> QuerySet[Contact]:
    """Who is in, right now, by the published rules and the pins: a lazy queryset of one statement.

    It may be filtered, counted, sliced, or stand in an ``INSERT ... SELECT``. A segment without published
    rules holds nobody; a deactivated one whom it held at its last refresh. Members as of the last refresh
    are in ``Membership``.
    """
    found = _in_force(segment)
    return Contact.objects.none() if found is None else contacts_of_segment(found, now=now)


def is_in(segment: Segment | int, contact: Contact, *, now: datetime | None = None) -> bool:
    """Whether one contact is in, right now: the contact is pushed down into every part of the query.

    Raises ``InvalidRules`` where the rules can no longer be read.
    """
    pk = segment.pk if isinstance(segment, Segment) else segment
    asked = ask([pk], [contact.pk], moment_at(now))
    if pk in asked.broken:
        raise asked.broken[pk]
    return bool(asked.held.get(pk))


def memberships_of(
    contact_ids: Sequence[int], segments: Iterable[Segment | int], *, now: datetime | None = None
) -> dict[int, frozenset[int]]:
    """Which of a handful of contacts are in which segments, right now: segment id -> ids of those in it.

    Two statements however many segments (see ``statements``), with the contacts pushed down into every part. A
    segment whose rules can no longer be read (a topic that they name is gone) is missing in the answer: nobody
    knows who is in. So is one that is not published.
    """
    asked = ask([one.pk if isinstance(one, Segment) else one for one in segments], contact_ids, moment_at(now))
    return {pk: frozenset(held) for pk, held in asked.held.items()}


def _in_force(segment: Segment | int) -> InForce | None:
    pk = segment.pk if isinstance(segment, Segment) else segment
    return in_force([pk]).get(pk)


def is_active(segment: Segment) -> bool:
    """Whether the segment is refreshed and may be used newly (else it was deactivated)."""
    return not SegmentState.objects.filter(segment=segment, active=False).exists()


def used_by(segment: Segment) -> list[str]:
    """Names of what uses the segment: other segments, and what the rooms above and below registered."""
    found = [_("the segment “%(segment)s”") % {"segment": other} for other in refer_to(segment.pk)]
    for names in usages:
        found.extend(names(segment.pk))
    return found


def pins(segment: Segment) -> QuerySet[SegmentPin]:
    """Who is always in and who is never in, the newest first, with contact and who pinned them."""
    return segment.pins.select_related("contact", "created_by").order_by("-created_at", "-pk")


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
    with guarded():
        counted = count_chosen(contacts_of(rules, now=now), first=sample)
        people = Contact.objects.in_bulk(counted.first)
    return Preview(
        counted.count,
        counted.reachable,
        tuple(
            Person(one.pk, one.external_key or "", one.name, one.email)
            for one in (people[pk] for pk in counted.first if pk in people)
        ),
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
    """Whether a contact is in a segment, by which rules or which pin, and since when it is a member."""

    holds: bool
    explained: Explained
    version: SegmentVersion
    since: datetime | None
    #: Beats the rules.
    pin: SegmentPin | None = None
    #: False: the segment is deactivated, and who was in at its last refresh is in.
    active: bool = True

    @property
    def pinned(self) -> str:
        """Such as "Always in: pinned by Ann"; empty where the rules decide."""
        if self.pin is None:
            return ""
        by = self.pin.created_by
        names = {"who": (by.get_full_name() or by.get_username()) if by else _("the API or a user who is gone")}
        return (_("Always in: pinned by %(who)s") if self.pin.always else _("Never in: pinned by %(who)s")) % names


def why(segment: Segment, contact: Contact, *, now: datetime | None = None) -> Why | None:
    """Rule by rule, with the contact's actual values, and the pin that beats them.

    None where the segment has no published rules.
    """
    version = published_version(segment)
    if version is None:
        return None
    moment = moment_at(now)
    explained = explain(parse(version.rules, moment), Facts(contact), moment)
    stay = Membership.objects.filter(segment=segment, contact=contact, left_at__isnull=True).first()
    pin = SegmentPin.objects.filter(segment=segment, contact=contact).select_related("created_by").first()
    active = is_active(segment)
    holds = pin.always if pin else explained.holds if active else stay is not None
    return Why(
        holds and contact.host_deleted_at is None,
        explained,
        version,
        stay.entered_at if stay else None,
        pin=pin,
        active=active,
    )


def members(segment: Segment) -> QuerySet[Membership]:
    """Who was in at the last refresh, the newest first, with their contacts."""
    return (
        Membership.objects.filter(segment=segment, left_at__isnull=True)
        .select_related("contact")
        .order_by("-entered_at", "-pk")
    )


def with_sizes(segments: QuerySet[Segment]) -> QuerySet[Segment]:
    """``segments`` with ``size`` and ``refreshed_at`` of their last refresh, their published rules, and whether
    they are ``active`` (``version_number`` is None where nothing is published)."""
    newest = SegmentSize.objects.filter(segment=OuterRef("pk")).order_by("-measured_at")
    version = SegmentVersion.objects.filter(segment=OuterRef("pk")).order_by("-number")
    return segments.annotate(
        size=Coalesce("refresh_state__size", Subquery(newest.values("size")[:1])),
        refreshed_at=Subquery(newest.values("measured_at")[:1]),
        published_rules=Subquery(version.values("rules")[:1]),
        version_number=Subquery(version.values("number")[:1]),
        active=Coalesce("state__active", True),
    )


def refreshable() -> QuerySet[Segment]:
    """The segments whose members are kept up to date, with ``with_sizes`` and their ``RefreshState``."""
    return with_sizes(Segment.objects.in_force()).annotate(
        due_at=F("refresh_state__due_at"), every=F("refresh_state__every")
    )


def sizes(segment: Segment, *, most: int = 90) -> list[SegmentSize]:
    """The growth curve: the last refreshes, the oldest first."""
    return list(reversed(SegmentSize.objects.filter(segment=segment)[:most]))


def segments_of(contact: Contact) -> QuerySet[Segment]:
    """The segments that a contact was in at their last refresh."""
    return Segment.objects.filter(
        Q(memberships__contact=contact, memberships__left_at__isnull=True), live=True
    ).order_by("name")
