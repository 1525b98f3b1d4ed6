"""One tree, one query: and the same tree as a check of one contact in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact

from .engine.tree import Group, Rule, moment_at, parse
from .errors import InvalidRules
from .in_force import InForce
from .models import Membership, SegmentPin
from .references import MAX_INSIDE
from .registry import Answer, Facts, Moment, Scope


def tree_q(tree: Group | Rule, scope: Scope) -> Q:
    """The condition on ``Contact``. Every leaf is true or false, never NULL, so that ``none`` may negate."""
    if isinstance(tree, Rule):
        if scope.trace is not None and not tree.condition.reusable:
            scope.trace.reusable = False
        return tree.condition.q(tree.params, scope)
    parts = [tree_q(rule, scope) for rule in tree.rules]
    if tree.match == "all":
        return reduce(and_, parts)
    anyone = reduce(or_, parts)
    return anyone if tree.match == "any" else ~anyone


def people() -> QuerySet[Contact]:
    """Whom a segment may hold: a contact that the shop deleted is in none."""
    return Contact.objects.filter(host_deleted_at__isnull=True)


def contacts_of(
    rules: Group | Any,
    *,
    now: datetime | None = None,
    contact_ids: Sequence[int] | None = None,
    inside: tuple[int, ...] = (),
) -> QuerySet[Contact]:
    """A lazy queryset of the contacts that ``rules`` (JSON or a parsed tree) choose: one statement.

    ``contact_ids`` limits the answer to these contacts and pushes them down into every subquery.
    Raises ``InvalidRules``.
    """
    moment = moment_at(now)
    tree = rules if isinstance(rules, Group) else parse(rules, moment)
    found = people().filter(tree_q(tree, Scope(moment, contact_ids, inside)))
    return found if contact_ids is None else found.filter(pk__in=tuple(contact_ids))


def segment_q(found: InForce, scope: Scope) -> Q:
    """The condition on ``Contact`` for being in a published segment: its rules, with its pins on top.

    A deactivated segment holds whom it held at its last refresh. Raises ``InvalidRules`` for segments that
    hold each other.
    """
    if found.pk in scope.inside or len(scope.inside) >= MAX_INSIDE:
        raise InvalidRules(
            _("Segments refer to each other in a circle, or too deeply (“%(name)s”).") % {"name": found.name},
            path="rules",
            remedy=_("Take one of the references out."),
        )
    if found.active:
        inner = replace(scope, inside=(*scope.inside, found.pk))
        inside = tree_q(parse(found.rules, scope.moment), inner)
    else:
        inside = _held(Membership.objects.filter(segment_id=found.pk, left_at__isnull=True), scope)
    pins = SegmentPin.objects.filter(segment_id=found.pk)
    if found.some_always:
        inside |= _held(pins.filter(always=True), scope)
    if found.some_never:
        inside &= ~_held(pins.filter(always=False), scope)
    return inside


def _held(rows: QuerySet, scope: Scope) -> Q:
    return Q(pk__in=scope.narrow(rows.order_by()).values("contact_id"))


def contacts_of_segment(
    found: InForce, *, now: datetime | None = None, contact_ids: Sequence[int] | None = None
) -> QuerySet[Contact]:
    """Who is in a published segment: a lazy queryset of one statement. Raises ``InvalidRules``."""
    chosen = people().filter(segment_q(found, Scope(moment_at(now), contact_ids)))
    return chosen if contact_ids is None else chosen.filter(pk__in=tuple(contact_ids))


@dataclass(frozen=True)
class Explained:
    """One node of "why": a rule with its actual value, or a group with its parts."""

    holds: bool
    text: str
    path: str
    actual: Any = None
    said: str = ""
    match: str = ""
    parts: "tuple[Explained, ...]" = ()


def explain(tree: Group | Rule, facts: Facts, moment: Moment) -> Explained:
    """Judge every rule for one contact, in memory, with the value that decided."""
    if isinstance(tree, Rule):
        answer: Answer = tree.condition.check(tree.params, facts, moment)
        return Explained(answer.holds, tree.condition.text(tree.params), tree.path, answer.actual, answer.said)
    parts = tuple(explain(rule, facts, moment) for rule in tree.rules)
    truths = [part.holds for part in parts]
    holds = all(truths) if tree.match == "all" else any(truths) if tree.match == "any" else not any(truths)
    return Explained(holds, "", tree.path, match=tree.match, parts=parts)


def check(rules: Group | Any, contact: Contact, *, now: datetime | None = None) -> bool:
    """Whether one contact is in, judged in memory."""
    moment = moment_at(now)
    tree = rules if isinstance(rules, Group) else parse(rules, moment)
    return contact.host_deleted_at is None and explain(tree, Facts(contact), moment).holds


def _pins(contact: Contact) -> dict[int, bool]:
    return dict(SegmentPin.objects.filter(contact=contact).values_list("segment_id", "always"))


def _stays(contact: Contact) -> frozenset[int]:
    rows = Membership.objects.filter(contact=contact, left_at__isnull=True)
    return frozenset(rows.values_list("segment_id", flat=True))


def check_segment(found: InForce, facts: Facts, moment: Moment) -> bool:
    """``segment_q`` for one contact, in memory. Whether the shop deleted the contact is the caller's to ask."""
    pinned = facts.load("pins", _pins).get(found.pk)
    if pinned is not None:
        return pinned
    if not found.active:
        return found.pk in facts.load("stays", _stays)
    return explain(parse(found.rules, moment), facts, moment).holds
