import pytest

from wagtail_marketing.core.identity import phone_country


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+15135550123", "US"),
        ("+16135550123", "CA"),
        ("+493012345678", "DE"),
        ("+80012345678", ""),
        ("", ""),
        ("513 555", ""),
    ],
)
def test_the_country_of_a_number(number, country):
    assert phone_country(number) == country
