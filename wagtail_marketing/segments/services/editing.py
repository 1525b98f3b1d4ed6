"""Segments as staff write them: made, changed, copied, published, deleted."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils.translation import gettext as _

from wagtail_marketing.core import clock, events
from wagtail_marketing.segments.compiler import contacts_of
from wagtail_marketing.segments.engine.tree import parse
from wagtail_marketing.segments.errors import SegmentInUse
from wagtail_marketing.segments.events import SegmentPublished
from wagtail_marketing.segments.models import Segment, SegmentPin, SegmentVersion
from wagtail_marketing.segments.references import check_references, one_at_a_time
from wagtail_marketing.segments.selectors import used_by


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
def clone_segment(*, segment: Segment, name: str = "", user: Any = None, now: datetime | None = None) -> Segment:
    """A draft with the rules (the newest draft's), description, site and pins of ``segment``.

    Members, sizes and versions stay behind. ``name`` is "Copy of …" where none is given. Raises
    ``InvalidRules`` where the rules can no longer be.
    """
    source = segment.get_latest_revision_as_object()
    most = Segment._meta.get_field("name").max_length
    copy = create_segment(
        name=name or (_("Copy of %(segment)s") % {"segment": source.name})[:most],
        rules=source.rules,
        description=source.description,
        site=source.site,
        user=user,
        publish=False,
    )
    now = now or clock.now()
    SegmentPin.objects.bulk_create(
        [
            SegmentPin(segment=copy, contact_id=contact, always=always, reason=reason, created_at=now, created_by=user)
            for contact, always, reason in segment.pins.values_list("contact_id", "always", "reason")
        ]
    )
    return copy


@transaction.atomic
def delete_segment(*, segment: Segment) -> None:
    """Delete a segment with its versions and members. Raises ``SegmentInUse`` where something refers to it."""
    users = used_by(segment)
    if not users:
        try:
            segment.delete()
            return
        except ProtectedError as error:
            users = sorted({str(one) for one in error.protected_objects})
    raise SegmentInUse(
        _("“%(segment)s” is used by: %(users)s.") % {"segment": segment, "users": ", ".join(users[:5])},
        remedy=_("Take it out there first."),
    )


def check_rules(*, rules: Any, segment: Segment | None = None) -> None:
    """Refuse rules that cannot be, and segments that would hold each other. Raises ``InvalidRules``."""
    tree = parse(rules)
    check_references(rules=rules, segment=segment)
    # What the rules of another segment say may have become impossible since they were published.
    contacts_of(tree, inside=(segment.pk,) if segment and segment.pk else ())


@transaction.atomic
def freeze_version(*, segment: Segment, user: Any = None, now: datetime | None = None) -> SegmentVersion:
    """Keep the rules that were just published; the same rules again make no new version.

    Called when Wagtail publishes a revision (at once, or on its schedule). Raises ``InvalidRules``, also
    where somebody else has just published what makes a circle of these rules.
    """
    one_at_a_time()
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
