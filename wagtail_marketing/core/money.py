"""Money: integer minor units and an ISO 4217 code in tables, Decimal strings outside.

SQLite sums Decimals as floats; integers add up to the cent everywhere.
"""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

from babel.numbers import format_currency, is_currency
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from . import currencies
from .errors import InvalidInput

#: The column's own limit (bigint), so that a wrong figure fails here and names itself.
MAX_MINOR = 2**63 - 1


@cache
def digits(currency: str) -> int:
    """Decimal places of a currency by ISO 4217: USD 2, JPY 0, KWD 3.

    Raises ``InvalidInput`` for a code that ISO 4217 lacks.
    """
    if not is_currency(currency):
        raise InvalidInput(
            _("“%(code)s” is not a currency.") % {"code": currency},
            field="currency",
            remedy=_("Use a code of ISO 4217, such as USD or EUR."),
        )
    return currencies.digits(currency)


def to_minor(amount: Decimal | str | int, currency: str) -> int:
    """``Decimal("12.34"), "USD"`` -> ``1234``; more places than the currency has are rounded half up.

    Floats are refused: their cents are not exact.
    """
    if isinstance(amount, float):
        raise InvalidInput(_("Money is never a float."), field="amount", remedy=_("Pass a Decimal or a string."))
    try:
        value = Decimal(amount).scaleb(digits(currency)).to_integral_value(rounding=ROUND_HALF_UP)
    except InvalidOperation as error:
        raise InvalidInput(_("“%(amount)s” is not an amount.") % {"amount": amount}, field="amount") from error
    if not value.is_finite() or abs(value) > MAX_MINOR:
        raise InvalidInput(_("“%(amount)s” is not an amount.") % {"amount": amount}, field="amount")
    return int(value)


def to_decimal(minor: int, currency: str) -> Decimal:
    """``1234, "USD"`` -> ``Decimal("12.34")``."""
    return Decimal(minor).scaleb(-digits(currency))


def format_money(minor: int, currency: str) -> str:
    """The amount as the reader's language writes it: ``$12.34``, ``12,34 €``."""
    locale = to_locale(get_language() or "en")
    return format_currency(to_decimal(minor, currency), currency, locale=locale)
