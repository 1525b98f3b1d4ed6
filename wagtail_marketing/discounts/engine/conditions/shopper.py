"""Conditions on what is known of the shopper."""

import calendar
import datetime as dt
from dataclasses import dataclass

from wagtail_marketing.discounts.engine.reader import Reader
from wagtail_marketing.discounts.engine.registry import register_condition

from .tree import Condition, Context


@dataclass(frozen=True)
class _AnyOf(Condition):
    any_of: frozenset[str]

    @classmethod
    def read(cls, reader: Reader) -> "_AnyOf":
        reader.only("any_of")
        return cls(reader.texts("any_of"))


@register_condition("segment")
class InSegment(_AnyOf):
    def holds(self, context: Context) -> bool:
        return not self.any_of.isdisjoint(context.facts.segments)

    def facts(self) -> dict[str, frozenset[str]]:
        return {"segments": self.any_of}


@register_condition("tag")
class HasTag(_AnyOf):
    def holds(self, context: Context) -> bool:
        return not self.any_of.isdisjoint(context.facts.tags)

    def facts(self) -> dict[str, frozenset[str]]:
        return {"tags": self.any_of}


@register_condition("tier")
class InTier(_AnyOf):
    def holds(self, context: Context) -> bool:
        return context.facts.tier in self.any_of

    def facts(self) -> dict[str, frozenset[str]]:
        return {"tier": self.any_of}


@register_condition("first_order")
@dataclass(frozen=True)
class FirstOrder(Condition):
    @classmethod
    def read(cls, reader: Reader) -> "FirstOrder":
        reader.only()
        return cls()

    def holds(self, context: Context) -> bool:
        return context.facts.order_count == 0

    def facts(self) -> dict[str, frozenset[str]]:
        return {"order_count": frozenset()}


@register_condition("nth_order")
@dataclass(frozen=True)
class NthOrder(Condition):
    """This order counts: the third order is the one that follows two."""

    n: int

    @classmethod
    def read(cls, reader: Reader) -> "NthOrder":
        reader.only("n")
        return cls(reader.integer("n", minimum=1))

    def holds(self, context: Context) -> bool:
        return context.facts.order_count + 1 == self.n

    def facts(self) -> dict[str, frozenset[str]]:
        return {"order_count": frozenset()}


@register_condition("birthday")
@dataclass(frozen=True)
class Birthday(Condition):
    """From so many days before the birthday to so many after it, by the date in the shopper's zone. Who was
    born on 29 February has it on the 28th in other years."""

    days_before: int
    days_after: int

    @classmethod
    def read(cls, reader: Reader) -> "Birthday":
        reader.only("days_before", "days_after")
        return cls(reader.integer("days_before", 0), reader.integer("days_after", 0))

    def holds(self, context: Context) -> bool:
        born = context.facts.birthday
        if born is None:
            return False
        today = context.now.astimezone(context.facts.time_zone).date()
        for year in (today.year - 1, today.year, today.year + 1):
            away = (today - _in_year(born, year)).days
            if -self.days_before <= away <= self.days_after:
                return True
        return False

    def facts(self) -> dict[str, frozenset[str]]:
        return {"birthday": frozenset()}


def _in_year(born: dt.date, year: int) -> dt.date:
    day = 28 if (born.month, born.day) == (2, 29) and not calendar.isleap(year) else born.day
    return dt.date(year, born.month, day)
