"""Decimal digits of currencies by ISO 4217 (list one): the one table that engine and ledger share.

Not CLDR's, which says how people write an amount: it gives the Iraqi dinar none, ISO 4217 three.
"""

_NONE: tuple[str, ...] = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND")
_NONE += ("VUV", "XAF", "XOF", "XPF")
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR = ("CLF", "UYW")
_DIGITS = {**dict.fromkeys(_NONE, 0), **dict.fromkeys(_THREE, 3), **dict.fromkeys(_FOUR, 4)}


def digits(currency: str) -> int:
    """How many decimal digits an amount in this currency has; two where the table says nothing."""
    return _DIGITS.get(currency, 2)
