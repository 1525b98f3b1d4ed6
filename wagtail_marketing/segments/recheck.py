"""A change of one contact: only the segments that read what changed are asked again, for that contact alone.

The queue is ``ContactChange``. A batch is claimed, judged and written in one transaction: a kill between the
claim and the write puts the claim back. Judging twice is harmless, since the answer is always today's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import ContactChange
from wagtail_marketing.core import clock, events

from .dependencies import Watched, watched
from .engine.tree import moment_at
from .events import ContactEntered, ContactLeft
from .models import Membership, RefreshState, Segment
from .statements import ask

#: Changes that one transaction takes, and contacts that one statement asks for.
BATCH = 256
#: More waiting changes than this are answered by a refresh of the segments concerned, as a set.
STORM = 5_000
#: segment -> contacts
Pairs = Mapping[int, Collection[int]]

#: The lock that lets two looks at one segment follow each other. Off only in the twin test.
_lock_segments = True


def recheck(until: datetime | None = None) -> int:
    """Look again at every contact that waits; returns how many entered or left. A drain of the queue."""
    moved = 0
    while until is None or clock.now() < until:
        step = _step()
        if step is None:
            break
        moved += step
    return moved


@transaction.atomic
def _step() -> int | None:
    rows = ContactChange.objects.order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    claimed = list(rows.values_list("pk", "contact_id", "fact")[:BATCH])
    if not claimed:
        return None
    many = {fact for _pk, contact, fact in claimed if contact is None}
    ContactChange.objects.filter(pk__in=[pk for pk, _contact, _fact in claimed]).delete()
    if len(claimed) == BATCH and ContactChange.objects.values("pk")[: STORM + 1].count() > STORM:
        many |= {fact for _pk, _contact, fact in claimed} | _take_all()
        claimed = []
    people: dict[str, set[int]] = defaultdict(set)
    for _pk, contact, fact in claimed:
        if contact is not None:
            people[fact].add(contact)
    segments = watched()
    mark_due([one.pk for one in segments if one.concerned(many)])
    wanted: dict[int, set[int]] = {}
    for one in segments:
        concerned = set().union(*(ids for fact, ids in people.items() if one.concerned((fact,))))
        if concerned:
            wanted[one.pk] = concerned
    return judge(segments, wanted)


def _take_all() -> set[str]:
    """Empty the queue; returns what had changed. One statement, so that nothing is taken unseen."""
    table = connection.ops.quote_name(ContactChange._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} RETURNING fact")  # noqa: S608  our model's own name
        return {row[0] for row in cursor.fetchall()}


def mark_due(segments: Collection[int], *, now: datetime | None = None) -> None:
    """Ask for a refresh of these segments as soon as may be (``tasks.refresh_due``)."""
    if not segments:
        return
    now = now or clock.now()
    RefreshState.objects.bulk_create([RefreshState(segment_id=pk) for pk in segments], ignore_conflicts=True)
    RefreshState.objects.filter(segment__in=segments).update(due_at=now)


def judge(segments: Iterable[Watched], wanted: Pairs, *, now: datetime | None = None) -> int:
    """Bring these contacts' membership of these segments up to date; returns how many entered or left.

    Call it in a transaction. The segments are locked first and judged in the next statement, so that of two
    looks at one contact the later one is written last, and a refresh does not write what it saw before.
    """
    if not wanted:
        return 0
    now = now or clock.now()
    concerned = {one.pk for one in segments if one.pk in wanted}
    if _lock_segments:
        rows = Segment.objects.filter(pk__in=concerned).order_by("pk").select_for_update(of=("self",), no_key=True)
        concerned = set(rows.values_list("pk", flat=True))
    moved = 0
    people = sorted(set().union(*(wanted[pk] for pk in concerned)))
    for start in range(0, len(people), BATCH):
        part = {pk: {*people[start : start + BATCH]} & {*wanted[pk]} for pk in concerned}
        part = {pk: ids for pk, ids in part.items() if ids}
        asked = ask(sorted(part), people[start : start + BATCH], moment_at(now))
        # Whose rules cannot be read (any more) keeps its members.
        part = {pk: ids for pk, ids in part.items() if pk in asked.held}
        chosen = {(pk, contact) for pk, ids in part.items() for contact in asked.held[pk] & ids}
        moved += _write(part, chosen, now)
    return moved


def _write(part: Mapping[int, set[int]], chosen: set[tuple[int, int]], now: datetime) -> int:
    people = set().union(*part.values())
    stays = Membership.objects.filter(segment__in=part, contact__in=people, left_at__isnull=True)
    known = {
        (segment, contact): pk
        for pk, segment, contact in stays.values_list("pk", "segment_id", "contact_id")
        if contact in part[segment]
    }
    entered = sorted(chosen - known.keys())
    left = sorted(known.keys() - chosen)
    if left:
        gone = [known[pair] for pair in left]
        Membership.objects.filter(pk__in=gone).update(left_at=Greatest(F("entered_at"), now))
        facts.announce("segment-left", gone, at=now)
    if entered:
        Membership.objects.bulk_create(
            [Membership(segment_id=segment, contact_id=contact, entered_at=now) for segment, contact in entered],
            ignore_conflicts=True,
        )
        new = Membership.objects.filter(segment__in={one for one, _contact in entered}, entered_at=now)
        facts.announce(
            "segment-entered",
            new.filter(contact__in={contact for _segment, contact in entered}).values_list("pk", flat=True),
            at=now,
        )
    for kind, pairs, sign in ((ContactEntered, entered, 1), (ContactLeft, left, -1)):
        by_segment: dict[int, list[int]] = defaultdict(list)
        for segment, contact in pairs:
            by_segment[segment].append(contact)
        for segment, contacts in by_segment.items():
            RefreshState.objects.filter(segment=segment).update(size=F("size") + sign * len(contacts))
            events.publish(kind(segment, tuple(contacts), now))
    return len(entered) + len(left)
