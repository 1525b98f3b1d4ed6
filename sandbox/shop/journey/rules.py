"""The rules that turn a row of the data set into a row of the shop. Pure; no database.

The data set names nobody. Names, phone numbers and the wish for news are made up here from a hash
of the household's number, so that they are the same on every machine and at every load.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MOST_PIECES = 100
"""More pieces than this on one line is fuel in units of volume or a slip of the till."""

FIRST_NAMES = _words("""
Ada Adam Alice Amir Ana Andre Anna Ben Bianca Carl Carmen Chloe Clara Daniel David Diego Dora Elena Eli Emma
Erik Eva Farah Felix Fiona Frank Gina Grace Hana Hugo Ida Igor Ines Iris Ivan Jack Jane Jonas Julia Kai Karen
Kim Laura Leo Lena Liam Lily Luca Lucy Maria Mark Maya Mia Milo Nadia Nina Noah Nora Olga Oscar Otto Paul
Petra Priya Rosa Ruth Sam Sara Sofia Tara Theo Tom Uma Vera Victor Wanda Will Xenia Yara Yusuf Zoe
""")
LAST_NAMES = _words("""
Abbott Adler Alvarez Anders Baker Barnes Becker Bell Bennett Brooks Burke Carter Castro Chen Clarke Cohen Cole
Cooper Cruz Dalton Dean Diaz Duarte Ellis Evans Faber Fisher Flores Foster Fox Garcia Gibson Grant Greene
Gupta Hall Hansen Harper Hayes Hill Holt Hughes Hunt Ibarra Jansen Jensen Jordan Kaur Keller Khan King Klein
Kowalski Lane Larsen Lee Lopez Lund Marsh Mason Meyer Miller Mills Moreno Morgan Moss Murphy Nash Nguyen Novak
Ortiz Owens Park Parker Patel Pearce Perez Quinn Reed Reyes Rivera Rossi Russo Santos Schmidt Shaw Silva
Sinclair Stone Suzuki Tanaka Torres Turner Vargas Vogel Walker Wallace Ward Weber West Wolf Wood Young
""")
# 555-0100 to 555-0199 is kept for fiction in every North American area; one area per hundred.
AREAS = _words("""
201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248
""")


@dataclass(frozen=True, slots=True)
class Household:
    """The person that is made up for one household of the data set."""

    key: str
    email: str
    first_name: str
    last_name: str
    phone: str
    wants_news: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the shop books it: `quantity` pieces at `unit_cents` make `cents`."""

    quantity: int
    unit_cents: int
    cents: int
    odd: bool


def _draw(household_id: int, purpose: str, below: int) -> int:
    digest = hashlib.md5(f"{purpose}:{household_id}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") % below


def household(household_id: int) -> Household:
    """The made-up person of a household, the same at every call. About three of four want news."""
    return Household(
        key=f"household-{household_id}",
        email=f"household-{household_id}@example.com",
        first_name=FIRST_NAMES[_draw(household_id, "first", len(FIRST_NAMES))],
        last_name=LAST_NAMES[_draw(household_id, "last", len(LAST_NAMES))],
        phone=f"+1{AREAS[household_id // 100 % len(AREAS)]}55501{household_id % 100:02d}",
        wants_news=_draw(household_id, "news", 4) != 0,
    )


def news_date(household_id: int, joined: datetime) -> datetime:
    """When the household asked for news: at most an hour after it joined, always the same."""
    return joined + timedelta(minutes=_draw(household_id, "news-at", 60))


def line(quantity: int, cents: int) -> Line:
    """Book a line of `quantity` pieces that brought `cents` in all.

    A line of no pieces, of more than 100, or whose amount does not divide into whole cents is
    booked as one piece at that amount, so that quantity times price is what was paid.
    """
    if quantity < 1 or quantity > MOST_PIECES or cents % quantity:
        return Line(1, cents, cents, odd=True)
    return Line(quantity, cents // quantity, cents, odd=False)


def cents(sales_value: float | str | Decimal) -> int:
    """`sales_value` (dollars, at most two digits) in cents."""
    return int((Decimal(str(sales_value)) * 100).to_integral_value())


def stock(product_id: int) -> int:
    """Pieces on the shelf; the data set does not say, so 20 to 219 are made up."""
    return 20 + _draw(product_id, "stock", 200)


def title(product_type: str, package_size: str, product_id: int) -> str:
    """A readable name: "Bread: Italian/French, 22 LB" of "BREAD:ITALIAN/FRENCH" and "22 LB"."""
    kind = " ".join(product_type.replace(":", ": ").split())
    kind = kind[:1].upper() + kind[1:].lower() if kind else f"Article {product_id}"
    size = " ".join(package_size.split())
    return f"{kind}, {size}" if size else kind


def whole_day_shift(last_order: datetime, today: date) -> timedelta:
    """Whole days to add to every time so that the last order falls on the day before `today`."""
    return timedelta(days=(today - timedelta(days=1) - last_order.date()).days)


def rank(household_ids: list[int], known: set[int]) -> list[int]:
    """All households in the order in which a sample takes them; the same on every machine.

    Those with demographics come first, but every fifth place goes to one without as long as there
    are any, so that a sample also has people of whom nothing is known.
    """
    in_order = sorted(household_ids, key=lambda h: (_draw(h, "sample", 2**62), h))
    with_facts = [h for h in in_order if h in known]
    without = [h for h in in_order if h not in known]
    ranked: list[int] = []
    while with_facts or without:
        pool = without if (len(ranked) % 5 == 4 and without) or not with_facts else with_facts
        ranked.append(pool.pop(0))
    return ranked
