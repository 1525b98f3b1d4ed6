"""The rule tree: read, checked and counted here; each kind checks its own params."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from wagtail_marketing.core import clock
from wagtail_marketing.core.registry import Registry
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Condition, Moment, conditions

VERSION = 1
MAX_DEPTH = 5
MAX_RULES = 100
MATCHES = ("all", "any", "none")


@dataclass(frozen=True, slots=True)
class Rule:
    condition: Condition
    params: Any
    path: str


@dataclass(frozen=True, slots=True)
class Group:
    match: str
    rules: "tuple[Group | Rule, ...]"
    path: str

    def leaves(self) -> Iterator[Rule]:
        for rule in self.rules:
            if isinstance(rule, Group):
                yield from rule.leaves()
            else:
                yield rule

    def reads(self) -> frozenset[str]:
        """Every fact that can change who is in: a new order re-checks only trees that read orders."""
        return frozenset().union(*(rule.condition.reads(rule.params) for rule in self.leaves()))


def moment_at(now: datetime | None = None) -> Moment:
    """``now`` (default: the present) in the shop's zone. A time without an offset is in that zone."""
    zone = clock.shop_zone()
    if now is None:
        now = clock.now()
    return Moment((now if now.tzinfo else now.replace(tzinfo=zone)).astimezone(UTC), zone)


def parse(data: Any, moment: Moment | None = None) -> Group:
    """The tree of ``data`` (parsed JSON) by the registered kinds. Raises ``InvalidRules``."""
    return read(data, conditions, moment or moment_at())


def read(data: Any, kinds: Registry[Condition], moment: Moment) -> Group:
    """The tree of ``data`` by ``kinds``. Raises ``InvalidRules`` naming the part at fault."""
    if not isinstance(data, Mapping):
        raise InvalidRules(
            _("Rules are an object with “match” and “rules”."),
            remedy=_('Begin with {"match": "all", "rules": [...]}.'),
        )
    version = data.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        raise InvalidRules(
            _("Version %(version)s of the rules is unknown.") % {"version": version},
            path="version",
            remedy=_("This release reads version 1."),
        )
    # Before any condition is looked at: some of them ask the database.
    count = _count(data)
    if count > MAX_RULES:
        raise InvalidRules(
            _("%(count)s conditions are too many.") % {"count": count},
            path="rules",
            remedy=_("Use at most %(most)s, or split the segment in two.") % {"most": MAX_RULES},
        )
    return _group({key: value for key, value in data.items() if key != "version"}, "", 1, kinds, moment)


def _count(data: Any) -> int:
    """The conditions of a tree as JSON, without calling itself: it may be as deep as somebody likes."""
    count, waiting = 0, [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping) and isinstance(one.get("rules"), list):
            waiting.extend(one["rules"])
        else:
            count += 1
    return count


def _at(path: str, *parts: str | int) -> str:
    return ".".join(str(part) for part in (path, *parts) if part != "")


def _unknown(data: Mapping, known: set[str], path: str) -> None:
    for key in data:
        if key not in known:
            raise InvalidRules(
                _("“%(key)s” is not known here.") % {"key": key},
                path=_at(path, key),
                remedy=_("Known: %(known)s.") % {"known": ", ".join(sorted(known))},
            )


def _group(data: Mapping, path: str, depth: int, kinds: Registry[Condition], moment: Moment) -> Group:
    _unknown(data, {"match", "rules"}, path)
    if depth > MAX_DEPTH:
        raise InvalidRules(
            _("Groups are nested too deeply."),
            path=path,
            remedy=_("Use at most %(most)s levels.") % {"most": MAX_DEPTH},
        )
    match = data.get("match", "all")
    if match not in MATCHES:
        raise InvalidRules(
            _("“%(match)s” is not a way to combine conditions.") % {"match": match},
            path=_at(path, "match"),
            remedy=_("Use all, any or none."),
        )
    rules = data.get("rules")
    if not isinstance(rules, list) or not rules:
        raise InvalidRules(
            _("A group needs at least one condition."),
            path=_at(path, "rules"),
            remedy=_("Add a condition, or remove the group."),
        )
    return Group(
        match,
        tuple(_rule(rule, _at(path, "rules", number), depth, kinds, moment) for number, rule in enumerate(rules)),
        path,
    )


def _rule(data: Any, path: str, depth: int, kinds: Registry[Condition], moment: Moment) -> Group | Rule:
    if not isinstance(data, Mapping):
        raise InvalidRules(_("A condition is an object."), path=path, remedy=_("Give it “kind” and “params”."))
    if "rules" in data or ("match" in data and "kind" not in data):
        return _group(data, path, depth + 1, kinds, moment)
    _unknown(data, {"kind", "params"}, path)
    kind = data.get("kind")
    condition = kinds.get(kind) if isinstance(kind, str) else None
    if condition is None:
        raise InvalidRules(
            _("“%(kind)s” is not a kind of condition.") % {"kind": kind},
            path=_at(path, "kind"),
            remedy=_("Known: %(known)s.") % {"known": ", ".join(sorted(kinds.keys()))},
        )
    params = data.get("params", {})
    if not isinstance(params, Mapping):
        raise InvalidRules(_("“params” is an object."), path=_at(path, "params"))
    return Rule(condition, condition.clean(params, _at(path, "params"), moment), path)
