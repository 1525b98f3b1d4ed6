"""The rule of consent, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_marketing.contacts.engine.consent import (
    PENDING,
    STRONG,
    SUBSCRIBED,
    UNSUBSCRIBED,
    WEAK,
    Standing,
    judge,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(days=1), NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("current", "state", "strength", "at", "expected"),
    [
        (Standing(), SUBSCRIBED, WEAK, NOON, (True, "filled")),
        (Standing(), SUBSCRIBED, STRONG, NOON, (True, "given")),
        (Standing(), UNSUBSCRIBED, WEAK, NOON, (True, "left")),
        (Standing(), PENDING, WEAK, NOON, (True, "filled")),
        (Standing(UNSUBSCRIBED, STRONG, NOON), SUBSCRIBED, WEAK, AFTER, (False, "left")),
        (Standing(UNSUBSCRIBED, WEAK, NOON), SUBSCRIBED, WEAK, AFTER, (False, "left")),
        (Standing(UNSUBSCRIBED, STRONG, NOON), PENDING, WEAK, AFTER, (False, "left")),
        (Standing(UNSUBSCRIBED, STRONG, NOON), SUBSCRIBED, STRONG, AFTER, (True, "given")),
        (Standing(UNSUBSCRIBED, STRONG, NOON), SUBSCRIBED, STRONG, BEFORE, (False, "older")),
        (Standing(UNSUBSCRIBED, STRONG, NOON), UNSUBSCRIBED, STRONG, AFTER, (False, "known")),
        (Standing(UNSUBSCRIBED, WEAK, NOON), UNSUBSCRIBED, STRONG, AFTER, (True, "left")),
        (Standing(SUBSCRIBED, STRONG, NOON), UNSUBSCRIBED, STRONG, AFTER, (True, "left")),
        (Standing(SUBSCRIBED, STRONG, NOON), UNSUBSCRIBED, WEAK, AFTER, (True, "left")),
        (Standing(SUBSCRIBED, STRONG, NOON), UNSUBSCRIBED, WEAK, BEFORE, (False, "older")),
        (Standing(SUBSCRIBED, STRONG, NOON), SUBSCRIBED, WEAK, AFTER, (False, "known")),
        (Standing(SUBSCRIBED, STRONG, NOON), PENDING, WEAK, AFTER, (False, "stronger")),
        (Standing(SUBSCRIBED, WEAK, NOON), SUBSCRIBED, WEAK, AFTER, (False, "known")),
        (Standing(SUBSCRIBED, WEAK, NOON), SUBSCRIBED, STRONG, AFTER, (True, "given")),
        (Standing(SUBSCRIBED, WEAK, NOON, same_address=False), SUBSCRIBED, WEAK, AFTER, (True, "filled")),
        (Standing(PENDING, WEAK, NOON), SUBSCRIBED, STRONG, AFTER, (True, "given")),
    ],
)
def test_verdicts(current, state, strength, at, expected):
    verdict = judge(current, state=state, strength=strength, occurred_at=at)
    assert (verdict.applies, verdict.reason) == expected


def test_who_left_elsewhere_is_not_brought_back_by_weak_evidence():
    verdict = judge(Standing(), state=SUBSCRIBED, strength=WEAK, occurred_at=NOON, left=True)
    assert (verdict.applies, verdict.reason) == (False, "left")


acts = st.tuples(
    st.sampled_from((PENDING, SUBSCRIBED, UNSUBSCRIBED)), st.sampled_from((WEAK, STRONG)), st.integers(0, 9)
)


@given(st.lists(acts, max_size=12))
def test_weak_evidence_never_brings_back_who_left(history):
    standing = Standing()
    for state, strength, day in history:
        at = NOON + timedelta(days=day)
        before = standing
        if judge(standing, state=state, strength=strength, occurred_at=at).applies:
            standing = Standing(state, strength, at)
        if before.state == UNSUBSCRIBED and standing.state != UNSUBSCRIBED:
            assert (state, strength) == (SUBSCRIBED, STRONG)
        if before.state == SUBSCRIBED and before.strength == STRONG and strength == WEAK:
            assert standing == before or standing.state == UNSUBSCRIBED


@given(st.lists(acts, max_size=12))
def test_writing_the_same_twice_changes_nothing(history):
    standing = Standing()
    for state, strength, day in history:
        at = NOON + timedelta(days=day)
        if judge(standing, state=state, strength=strength, occurred_at=at).applies:
            standing = Standing(state, strength, at)
            assert not judge(standing, state=state, strength=strength, occurred_at=at).applies
