"""A discount as the engine sees it, read from its JSON form."""

from dataclasses import dataclass

from .benefits import Benefit
from .cart import id_key, normalise_code
from .conditions import Group
from .errors import InvalidInput
from .reader import Reader
from .registry import read_benefit

LANES = ("product", "order", "shipping")


@dataclass(frozen=True)
class Discount:
    """One discount with at most one code. Compiled once, read by any number of carts."""

    id: str
    name: str
    lane: str
    priority: int
    group: str | None
    exclusive: bool
    combines_with: frozenset[str]
    original: bool
    code: str | None
    max_discount: int | None
    max_applications: int | None
    conditions: Group
    benefit: Benefit

    @classmethod
    def from_json(cls, data: object, places: int, path: str = "discount") -> "Discount":
        """Raises InvalidInput. `places`: digits of the currency that the amounts are in."""
        reader = Reader(data, path, places)
        lane = reader.choice("lane", LANES)
        benefit = read_benefit(reader.child("benefit"))
        if lane not in benefit.lanes:
            lanes = ", ".join(sorted(benefit.lanes))
            raise reader.fail("lane", f"{benefit.kind} works in these lanes: {lanes}")
        return cls(
            id=reader.text("id"),
            name=reader.text("name", ""),
            lane=lane,
            priority=reader.integer("priority", 0, minimum=None),
            group=reader.text("group", None),
            exclusive=reader.boolean("exclusive", False),
            combines_with=reader.texts("combines_with", allowed=LANES),
            original=reader.choice("base", ("reduced", "original"), "reduced") == "original",
            code=reader.text("code", None),
            max_discount=reader.amount("max_discount", None),
            max_applications=reader.integer("max_applications", None, minimum=1),
            conditions=Group.read(reader.child("conditions", {})),
            benefit=benefit,
        )

    @property
    def key(self) -> tuple[tuple[int, int, str], str]:
        """Sorts discounts by id; one id may stand there several times, once per code."""
        return id_key(self.id), self.code_key or ""

    @property
    def code_key(self) -> str | None:
        return None if self.code is None else normalise_code(self.code)

    @property
    def applies_at(self) -> tuple[int, int, tuple[tuple[int, int, str], str]]:
        """Sorts discounts by when they apply: lane, higher priority first, id."""
        return LANES.index(self.lane), -self.priority, self.key

    @property
    def shares_units(self) -> bool:
        """Whether it lets other discounts of its own lane use the same units."""
        return self.lane in self.combines_with

    def may_join(self, other: "Discount") -> bool:
        """Whether the two may stand in one set (in the product lane perhaps on other units)."""
        if self.exclusive or other.exclusive or self.id == other.id:
            return False
        if self.group is not None and self.group == other.group:
            return False
        if self.lane != other.lane:
            return other.lane in self.combines_with and self.lane in other.combines_with
        return self.lane == "product" or (self.shares_units and other.shares_units)


def read_discounts(data: object, places: int, path: str = "discounts") -> list[Discount]:
    if not isinstance(data, list | tuple):
        raise InvalidInput(path, "must be a list")
    found = [Discount.from_json(d, places, f"{path}[{n}]") for n, d in enumerate(data)]
    seen: set[tuple] = set()
    for number, discount in enumerate(found):
        if discount.key in seen:
            raise InvalidInput(f"{path}[{number}].id", "stands there twice")
        seen.add(discount.key)
    return found
