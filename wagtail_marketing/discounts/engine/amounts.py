"""Money and percentages as integers.

Money is an integer in the currency's minor unit (cents; yen; fils) and never a float. The number
of digits is that of ISO 4217.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

#: Larger than any cart, small enough for a 64-bit column.
MAX_AMOUNT = 10**15


def parse_amount(text: str, places: int) -> int:
    """Minor units of a decimal string such as `"10.00"`.

    Raises ValueError for anything that is not a plain decimal number with at most `places` digits.
    """
    number = _decimal(text)
    scaled = number.scaleb(places)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"has more than {places} decimal digits")
    if abs(scaled) > MAX_AMOUNT:
        raise ValueError("is too large")
    return int(scaled)


def format_amount(minor: int, places: int) -> str:
    """The decimal string of an amount in minor units, always with all its digits."""
    return str(Decimal(minor).scaleb(-places)) if places else str(minor)


def _decimal(text: str) -> Decimal:
    stripped = text.strip()
    # Decimal() also takes "1_0", "NaN", "1e5" and digits of other scripts: none of them is an amount.
    if not stripped.isascii() or not stripped.lstrip("-").replace(".", "", 1).isdigit():
        raise ValueError("is not a decimal number")
    try:
        return Decimal(stripped)
    except InvalidOperation:
        raise ValueError("is not a decimal number") from None


def half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` (both non-negative) rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage as the fraction `numerator / denominator` of an amount (10 % is 10 / 100)."""

    numerator: int
    denominator: int

    @classmethod
    def parse(cls, text: str) -> "Percent":
        number = _decimal(text)
        exponent = number.as_tuple().exponent
        places = max(0, -exponent) if isinstance(exponent, int) else 0
        if places > 6:
            raise ValueError("has more than 6 decimal digits")
        if not 0 <= number <= 100:
            raise ValueError("must be between 0 and 100")
        return cls(int(number.scaleb(places)), 100 * 10**places)

    def of(self, amount: int) -> int:
        return half_up(amount * self.numerator, self.denominator)
