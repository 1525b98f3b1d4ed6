"""Writes of segments: the admin, the API and the tasks all call these."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Max, ProtectedError, QuerySet
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock, events

from .compiler import contacts_of
from .engine.tree import moment_at, parse
from .errors import NotPublished, SegmentInUse
from .events import SegmentPublished, SegmentRefreshed
from .models import Membership, Segment, SegmentSize, SegmentVersion
from .selectors import published_version


@transaction.atomic
def create_segment(
    *, name: str, rules: Any, description: str = "", site: Any = None, user: Any = None, publish: bool = True
) -> Segment:
    """Make a segment; ``publish`` makes it usable at once, else it is a draft.

    Raises ``InvalidRules``.
    """
    check_rules(rules=rules)
    segment = Segment.objects.create(name=name, rules=rules, description=description, site=site, live=False)
    revision = segment.save_revision(user=user, log_action=True)
    if publish:
        revision.publish(user=user, skip_permission_checks=True)
    segment.refresh_from_db()
    return segment


@transaction.atomic
def update_segment(*, segment: Segment, user: Any = None, publish: bool = True, **changes: Any) -> Segment:
    """Change ``name``, ``description``, ``rules`` or ``site``; not published, the change is a draft.

    Raises ``InvalidRules``.
    """
    if "rules" in changes:
        check_rules(rules=changes["rules"], segment=segment)
    draft = segment.get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(draft, name, value)
    revision = draft.save_revision(user=user, log_action=True)
    if publish:
        revision.publish(user=user, skip_permission_checks=True)
    segment.refresh_from_db()
    return segment


@transaction.atomic
def delete_segment(*, segment: Segment) -> None:
    """Delete a segment with its versions and members. Raises ``SegmentInUse`` where something refers to it."""
    users = [
        str(other)
        for other in Segment.objects.exclude(pk=segment.pk).filter(live=True)
        if refers_to(other.rules, segment.pk)
    ]
    if users:
        raise SegmentInUse(
            _("“%(segment)s” is used by: %(users)s.") % {"segment": segment, "users": ", ".join(users)},
            remedy=_("Take it out there first."),
        )
    try:
        segment.delete()
    except ProtectedError as error:
        users = sorted({str(one) for one in error.protected_objects})
        raise SegmentInUse(
            _("“%(segment)s” is used by: %(users)s.") % {"segment": segment, "users": ", ".join(users[:5])},
            remedy=_("Take it out there first."),
        ) from error


def refers_to(rules: Any, segment_id: int) -> bool:
    """Whether a tree (as JSON) has a condition on this segment."""
    if not isinstance(rules, Mapping):
        return False
    if rules.get("kind") == "segment":
        return str(rules.get("params", {}).get("id")) == str(segment_id)
    return any(refers_to(rule, segment_id) for rule in rules.get("rules", ()))


def check_rules(*, rules: Any, segment: Segment | None = None) -> None:
    """Refuse rules that cannot be, and segments that would hold each other. Raises ``InvalidRules``."""
    tree = parse(rules)
    # Compiling follows references to other segments and meets the circle, if there is one.
    contacts_of(tree, inside=(segment.pk,) if segment and segment.pk else ())


@transaction.atomic
def freeze_version(*, segment: Segment, user: Any = None, now: datetime | None = None) -> SegmentVersion:
    """Keep the rules that were just published; the same rules again make no new version.

    Called when Wagtail publishes a revision (at once, or on its schedule).
    """
    check_rules(rules=segment.rules, segment=segment)
    Segment.objects.select_for_update().get(pk=segment.pk)
    newest = SegmentVersion.objects.filter(segment=segment).order_by("-number").first()
    if newest and newest.rules == segment.rules:
        return newest
    highest = SegmentVersion.objects.filter(segment=segment).aggregate(highest=Max("number"))["highest"]
    version = SegmentVersion.objects.create(
        segment=segment,
        number=(highest or 0) + 1,
        rules=segment.rules,
        published_at=now or clock.now(),
        published_by=user,
    )
    events.publish(SegmentPublished(segment.pk, version.number))
    return version


@transaction.atomic
def refresh_segment(*, segment: Segment, now: datetime | None = None) -> SegmentSize:
    """Bring the members up to date: one statement for who entered, one for who left.

    Nobody is deleted and written again: ``entered_at`` stays. Two refreshes at once do no harm (one open
    membership a contact). Raises ``NotPublished``.
    """
    version = published_version(segment)
    if version is None:
        raise NotPublished(
            _("“%(segment)s” has no published rules.") % {"segment": segment}, remedy=_("Publish it first.")
        )
    now = moment_at(now).now
    # One refresh of a segment at a time: the second waits and then finds nothing to do.
    Segment.objects.select_for_update().get(pk=segment.pk)
    chosen, params = _sql(contacts_of(version.rules, now=now))
    table = connection.ops.quote_name(Membership._meta.db_table)
    stamp = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            # A refresh for an earlier moment (a replay) never makes a stay end before it began.
            f"UPDATE {table} SET left_at = CASE WHEN entered_at > %s THEN entered_at ELSE %s END"  # noqa: S608
            f" WHERE segment_id = %s AND left_at IS NULL"
            f" AND NOT EXISTS (SELECT 1 FROM ({chosen}) AS chosen WHERE chosen.id = {table}.contact_id)",
            [stamp, stamp, segment.pk, *params],
        )
        left = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} (segment_id, contact_id, entered_at)"  # noqa: S608
            f" SELECT %s, chosen.id, %s FROM ({chosen}) AS chosen WHERE NOT EXISTS"
            f" (SELECT 1 FROM {table} AS known WHERE known.segment_id = %s AND known.left_at IS NULL"
            f" AND known.contact_id = chosen.id) ON CONFLICT DO NOTHING",
            [segment.pk, stamp, *params, segment.pk],
        )
        entered = cursor.rowcount
    size = Membership.objects.filter(segment=segment, left_at__isnull=True).count()
    measured, _made = SegmentSize.objects.update_or_create(
        segment=segment, measured_at=now, defaults={"size": size, "entered": entered, "left": left}
    )
    events.publish(SegmentRefreshed(segment.pk, now, size, entered, left))
    return measured


def _sql(contacts: QuerySet[Contact]) -> tuple[str, tuple]:
    """The statement that selects the ids of ``contacts``, as ``id``."""
    try:
        return contacts.order_by().values("id").query.sql_with_params()
    except EmptyResultSet:  # Django sees that nobody can be in
        return "SELECT 0 AS id WHERE 1 = 0", ()
