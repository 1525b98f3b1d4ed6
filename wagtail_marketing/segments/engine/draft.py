"""A tree that somebody is still working on: what is finished counts, what is not is named with its path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Moment

from .tree import MAX_RULES, Group, Rule, parse


@dataclass(frozen=True, slots=True)
class Draft:
    """``tree`` holds the finished conditions (None where there are none), ``faults`` what is wrong elsewhere.

    ``paths`` leads from a path in ``tree`` to the path in the data as it was given.
    """

    tree: Group | None
    faults: tuple[InvalidRules, ...]
    paths: dict[str, str]

    def leaves(self) -> list[tuple[str, Rule]]:
        """The finished conditions by their path in the data."""
        return [(self.paths.get(rule.path, rule.path), rule) for rule in self.tree.leaves()] if self.tree else []


def parse_draft(data: Any, moment: Moment | None = None) -> Draft:
    """Read ``data`` as far as it is finished. Raises ``InvalidRules`` where the whole is no tree."""
    try:
        return Draft(parse(data, moment), (), {})
    except InvalidRules as error:
        if not error.path.startswith("rules"):
            raise
        whole = error
    pruning = _Pruning(moment)
    kept = pruning.group(data, "", "")
    if not pruning.faults:  # the whole is at fault, not a part: too deep, too many
        raise whole
    if kept is None:
        return Draft(None, tuple(pruning.faults), {})
    return Draft(parse({**data, **kept}, moment), tuple(pruning.faults), pruning.paths)


class _Pruning:
    """Takes out of a tree what cannot be read, and remembers where the rest stood."""

    def __init__(self, moment: Moment | None):
        self.moment = moment
        self.faults: list[InvalidRules] = []
        self.paths: dict[str, str] = {}
        self.seen = 0

    def group(self, data: Mapping, was: str, now: str) -> dict | None:
        """``data`` with the finished rules only; None where none is left."""
        rules = data.get("rules")
        if not isinstance(rules, list) or not rules:
            self._read(data, was)
            return None
        kept: list[Any] = []
        for number, rule in enumerate(rules):
            old, new = _below(was, number), _below(now, len(kept))
            if isinstance(rule, Mapping) and isinstance(rule.get("rules"), list):
                inner = self.group(rule, old, new)
                if inner is not None:
                    kept.append({**rule, **inner})
                    self.paths[new] = old
            elif self._read({"rules": [rule]}, was, number):
                kept.append(rule)
                self.paths[new] = old
        return {"rules": kept} if kept else None

    def _read(self, data: Mapping, was: str, number: int | None = None) -> bool:
        self.seen += 1
        if self.seen > MAX_RULES:
            return True  # the whole is refused for its size
        try:
            parse({key: value for key, value in data.items() if key in ("match", "rules")}, self.moment)
        except InvalidRules as error:
            path = error.path
            if number is not None:
                path = path.replace("rules.0", f"rules.{number}", 1)
            self.faults.append(InvalidRules(str(error), path=f"{was}.{path}" if was else path))
            return False
        return True


def _below(path: str, number: int) -> str:
    return f"{path}.rules.{number}" if path else f"rules.{number}"
