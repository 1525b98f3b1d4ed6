from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.money import digits, format_money, to_decimal, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.34", "USD", 1234),
        (Decimal("12.345"), "USD", 1235),
        ("-0.005", "USD", -1),
        ("500", "JPY", 500),
        ("500.5", "JPY", 501),
        ("1.234", "KWD", 1234),
        ("1.234", "IQD", 1234),  # CLDR writes it without digits; ISO 4217 counts three
        (3, "EUR", 300),
    ],
)
def test_amounts_become_minor_units(amount, currency, minor):
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize("amount", ["ten", "", "NaN", "Infinity", "1e30", 1.5])
def test_what_is_no_amount_names_the_field(amount):
    with pytest.raises(InvalidInput) as caught:
        to_minor(amount, "USD")
    assert caught.value.field == "amount"


def test_an_unknown_currency_names_the_field_and_the_remedy():
    with pytest.raises(InvalidInput) as caught:
        digits("XYZ1")
    assert caught.value.field == "currency"
    assert "ISO 4217" in caught.value.remedy


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "EUR", "JPY", "KWD"]))
def test_minor_units_survive_the_round_trip(minor, currency):
    assert to_minor(to_decimal(minor, currency), currency) == minor


def test_an_amount_is_written_in_the_reader_s_language():
    assert format_money(123456, "USD") == "$1,234.56"
