"""What an evaluation gives back, and its JSON form."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wagtail_marketing.core.currencies import digits

from .amounts import format_amount, parse_amount
from .conditions import Failure


@dataclass(frozen=True, slots=True)
class UnitShare:
    """`amount` minor units off each of `count` units of a line, from unit `start` (counted from 0)."""

    line: str
    start: int
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    discount: str
    code: str | None
    amount: int
    units: tuple[UnitShare, ...] = ()
    #: The part of `amount` that is off shipping.
    shipping: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A discount that did not apply, or a code that belongs to none (`discount` is None)."""

    discount: str | None
    code: str | None
    reasons: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """A minimum that is all that is missing; `missing` is an amount string or a whole number."""

    discount: str
    kind: str
    missing: str | int


@dataclass(frozen=True)
class Evaluation:
    """The price of a cart. All amounts are minor units of `currency`."""

    currency: str
    places: int
    subtotal: int
    shipping: int
    discount_total: int
    applied: tuple[AppliedDiscount, ...] = ()
    gifts: tuple[tuple[str, int], ...] = ()
    points_multiplier: str = "1"
    rejected: tuple[Rejected, ...] = ()
    hints: tuple[Hint, ...] = ()
    trace: dict[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """What is to be paid: `subtotal` + `shipping` - `discount_total`."""
        return self.subtotal + self.shipping - self.discount_total

    def off_line(self, line: str) -> int:
        """What all discounts together take off one line."""
        units = (unit for applied in self.applied for unit in applied.units if unit.line == line)
        return sum(unit.count * unit.amount for unit in units)

    def as_json(self, *, runs: bool = False) -> dict[str, Any]:
        """The documented form. With `runs`, equal neighbouring units share one entry that has a
        `count`: a line of 90,000 units is then a line or two, not 90,000."""
        money = self._money
        return {
            "subtotal": money(self.subtotal),
            "discount_total": money(self.discount_total),
            "shipping": money(self.shipping),
            "total": money(self.total),
            "applied": [
                {
                    "discount": applied.discount,
                    "code": applied.code,
                    "amount": money(applied.amount),
                    "units": [entry for unit in applied.units for entry in self._units(unit, runs)],
                }
                for applied in self.applied
            ],
            "gifts": [{"sku": sku, "quantity": quantity} for sku, quantity in self.gifts],
            "points_multiplier": self.points_multiplier,
            "rejected": [
                {
                    "discount": rejected.discount,
                    "code": rejected.code,
                    "reasons": [reason.as_json() for reason in rejected.reasons],
                }
                for rejected in self.rejected
            ],
            "hints": [{"discount": hint.discount, "kind": hint.kind, "missing": hint.missing} for hint in self.hints],
            "trace": self.trace,
        }

    @classmethod
    def from_runs(cls, data: dict[str, Any], currency: str) -> "Evaluation":
        """The evaluation whose `as_json(runs=True)` was kept."""
        places = digits(currency)

        def minor(text: str) -> int:
            return parse_amount(text, places)

        applied = []
        for entry in data["applied"]:
            units = tuple(UnitShare(u["line"], u["unit"], u["count"], minor(u["amount"])) for u in entry["units"])
            amount = minor(entry["amount"])
            shipping = amount - sum(unit.count * unit.amount for unit in units)
            applied.append(AppliedDiscount(entry["discount"], entry["code"], amount, units, shipping))
        return cls(
            currency=currency,
            places=places,
            subtotal=minor(data["subtotal"]),
            shipping=minor(data["shipping"]),
            discount_total=minor(data["discount_total"]),
            applied=tuple(applied),
            gifts=tuple((gift["sku"], gift["quantity"]) for gift in data["gifts"]),
            points_multiplier=data["points_multiplier"],
            rejected=tuple(
                Rejected(r["discount"], r["code"], tuple(Failure(f["reason"], f["missing"]) for f in r["reasons"]))
                for r in data["rejected"]
            ),
            hints=tuple(Hint(hint["discount"], hint["kind"], hint["missing"]) for hint in data["hints"]),
            trace=data["trace"],
        )

    def _money(self, minor: int) -> str:
        return format_amount(minor, self.places)

    def _units(self, unit: UnitShare, runs: bool) -> Iterator[dict[str, Any]]:
        amount = self._money(unit.amount)
        if runs:
            yield {"line": unit.line, "unit": unit.start, "count": unit.count, "amount": amount}
            return
        for number in range(unit.start, unit.start + unit.count):
            yield {"line": unit.line, "unit": number, "amount": amount}
