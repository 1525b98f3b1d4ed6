"""A change of one contact: only the segments that read what changed are asked again, for that contact alone.

The queue is ``ContactChange``. A batch is claimed, judged and written in one transaction: a kill between the
claim and the write puts the claim back. Judging twice is harmless, since the answer is always today's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import ContactChange
from wagtail_marketing.core import clock, events

from .compiler import contacts_of_segment
from .dependencies import Watched, watched
from .errors import InvalidRules
from .events import ContactEntered, ContactLeft
from .models import Membership, RefreshState, Segment

#: Changes that one transaction takes.
BATCH = 500
#: More waiting changes than this are answered by a refresh of the segments concerned, as a set.
STORM = 5_000
#: Bound ids of one statement; SQLite takes 32,766, and an id stands in every subquery of a tree.
MOST_IDS = 8_000
#: ``SELECT``s that SQLite joins by ``UNION ALL``: 500.
MOST_SEGMENTS = 100

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
    by_pk = {one.pk: one for one in segments if one.pk in wanted}
    if _lock_segments:
        rows = Segment.objects.filter(pk__in=by_pk).order_by("pk").select_for_update(of=("self",), no_key=True)
        by_pk = {pk: by_pk[pk] for pk in rows.values_list("pk", flat=True)}
    moved = 0
    for part in _parts({pk: sorted(wanted[pk]) for pk in by_pk}):
        chosen = set(_chosen([(by_pk[pk], ids) for pk, ids in part.items()], now))
        moved += _write(part, chosen, now)
    return moved


def _parts(wanted: Mapping[int, list[int]]) -> Iterator[dict[int, list[int]]]:
    """Slices that one statement bears."""
    part: dict[int, list[int]] = {}
    size = 0
    for pk, ids in wanted.items():
        for start in range(0, len(ids), BATCH):
            chunk = ids[start : start + BATCH]
            if pk in part or len(part) >= MOST_SEGMENTS or size + len(chunk) > MOST_IDS:
                yield part
                part, size = {}, 0
            part[pk] = chunk
            size += len(chunk)
    if part:
        yield part


def _chosen(wanted: list[tuple[Watched, list[int]]], now: datetime) -> Iterator[tuple[int, int]]:
    """(segment, contact) for whom the rules hold: one statement, whatever the number of segments."""
    selects, params = [], []
    for one, ids in wanted:
        try:
            sql, values = (
                contacts_of_segment(one.found, now=now, contact_ids=ids).order_by().values("id").query.sql_with_params()
            )
        except (EmptyResultSet, InvalidRules):
            continue
        selects.append(f"SELECT {int(one.pk)} AS segment_id, chosen.id FROM ({sql}) AS chosen")  # noqa: S608
        params.extend(values)
    if not selects:
        return
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), params)
        yield from cursor.fetchall()


def _write(part: Pairs, chosen: set[tuple[int, int]], now: datetime) -> int:
    people = set().union(*part.values())
    stays = Membership.objects.filter(segment__in=part, contact__in=people, left_at__isnull=True)
    known = {
        (segment, contact): pk
        for pk, segment, contact in stays.values_list("pk", "segment_id", "contact_id")
        if contact in set(part[segment])
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
