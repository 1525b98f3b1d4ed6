"""What every condition is, and the tree that joins them."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from wagtail_marketing.discounts.engine.cart import Cart, Facts, Line
from wagtail_marketing.discounts.engine.filters import ProductFilter
from wagtail_marketing.discounts.engine.reader import Reader
from wagtail_marketing.discounts.engine.registry import read_condition

MAX_DEPTH = 5


class Failure(NamedTuple):
    """A condition that does not hold; `missing` is what a minimum lacks (an amount string or a
    whole number), None for the others."""

    reason: str
    missing: str | int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"reason": self.reason, "missing": self.missing}


class Context(NamedTuple):
    """What a condition may look at. `amount_of` gives the amount of the lines a filter matches at
    the point where the discount comes to apply, `lines_of` those lines as they came."""

    cart: Cart
    facts: Facts
    now: dt.datetime
    amount_of: Callable[[ProductFilter], int]
    lines_of: Callable[[ProductFilter], list[Line]]


class Condition:
    """Base of all kinds. Subclasses are frozen dataclasses that read their own params."""

    kind: ClassVar[str]
    #: Whether the answer depends on what other discounts take off.
    reads_amounts: ClassVar[bool] = False
    #: Whether a failure is a minimum that the shopper could still reach.
    is_minimum: ClassVar[bool] = False
    #: Names of the facts it reads and the values it asks for, so that only those are looked up.
    products: ProductFilter | None = None

    @classmethod
    def read(cls, reader: Reader) -> "Condition":
        raise NotImplementedError

    def holds(self, context: Context) -> bool:
        raise NotImplementedError

    def missing(self, context: Context) -> str | int | None:
        return None

    def facts(self) -> dict[str, frozenset[str]]:
        """The facts it reads, each with the values that matter to it."""
        return {}


@dataclass(frozen=True, slots=True)
class Group:
    """`all`, `any` or `none` of its rules hold; an empty group holds."""

    match: str
    rules: "tuple[Condition | Group, ...]"

    @classmethod
    def read(cls, reader: Reader, depth: int = 1) -> "Group":
        reader.only("match", "rules")
        if depth > MAX_DEPTH:
            raise reader.fail("match", f"is nested deeper than {MAX_DEPTH} groups")
        match = reader.choice("match", ("all", "any", "none"), "all")
        rules = tuple(
            cls.read(child, depth + 1) if "match" in child.data else read_condition(child)
            for child in reader.children("rules", ())
        )
        return cls(match, rules)

    def leaves(self) -> "list[Condition]":
        found: list[Condition] = []
        for rule in self.rules:
            found += rule.leaves() if isinstance(rule, Group) else [rule]
        return found

    def holds(self, context: Context) -> bool:
        if not self.rules:
            return True
        if self.match == "all":
            return all(rule.holds(context) for rule in self.rules)
        if self.match == "any":
            return any(rule.holds(context) for rule in self.rules)
        return not any(rule.holds(context) for rule in self.rules)

    def can_hold(self, context: Context, amounts_fixed: bool) -> tuple[bool, bool]:
        """Whether it can come out true, and false, once other discounts have lowered the amounts.

        `context` reads the cart as it came. Amounts only ever go down, so a minimum that fails
        there fails everywhere, while one that holds may still be lost.
        """
        if not self.rules:
            return True, False
        answers = [_can_hold(rule, context, amounts_fixed) for rule in self.rules]
        true, false = (list(column) for column in zip(*answers, strict=True))
        if self.match == "all":
            return all(true), any(false)
        if self.match == "any":
            return any(true), all(false)
        return all(false), any(true)

    def failures(self, context: Context) -> list[Failure]:
        """Why the group does not hold, as the kinds of the conditions to blame."""
        if self.holds(context):
            return []
        found: list[Failure] = []
        for rule in self.rules:
            if self.match == "none":
                if rule.holds(context):
                    found += [Failure(leaf.kind) for leaf in _leaves(rule)]
            elif isinstance(rule, Group):
                found += rule.failures(context)
            elif not rule.holds(context):
                found.append(Failure(rule.kind, rule.missing(context)))
        return list(dict.fromkeys(found))

    def only_minimum_missing(self, context: Context) -> bool:
        """Whether the group fails by minimums alone."""
        if self.match == "none":
            return False
        failed = [rule for rule in self.rules if not rule.holds(context)]
        return bool(failed) and all(
            rule.only_minimum_missing(context) if isinstance(rule, Group) else rule.is_minimum for rule in failed
        )


def _leaves(rule: "Condition | Group") -> list[Condition]:
    return rule.leaves() if isinstance(rule, Group) else [rule]


def _can_hold(rule: "Condition | Group", context: Context, amounts_fixed: bool) -> tuple[bool, bool]:
    if isinstance(rule, Group):
        return rule.can_hold(context, amounts_fixed)
    now = rule.holds(context)
    return now, (not now) or (rule.reads_amounts and not amounts_fixed)
