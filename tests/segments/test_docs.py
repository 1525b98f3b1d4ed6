"""The pages on segments: pasted and run."""

import doctest
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.segments.shop import count_totals, order, person, product
from wagtail_marketing.contacts.models import ConsentState
from wagtail_marketing.segments.conditions.fields import own_fields
from wagtail_marketing.segments.conditions.orders import MEASURES
from wagtail_marketing.segments.engine import operators
from wagtail_marketing.segments.registry import conditions

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    product("P1", "PASTRY")
    ann, bob = person("ann", region="Kentucky"), person("bob", region="Kentucky")
    person("cyd-7", region="Ohio")
    order(ann, "1", ("P1", 100), placed_at=timezone.now() - timedelta(days=3))
    count_totals()
    for one in (ann, bob):
        ConsentState.objects.create(
            contact=one, channel="email", state="subscribed", strength=1, address_hash=one.email_hash,
            changed_at=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize(("page", "examples"), [("build-a-segment", 24), ("add-a-condition", 14)])
def test_the_page_runs(shop, page, examples):
    known = set(conditions.keys())
    try:
        failed, tried = doctest.testfile(str(DOCS / "how-to" / f"{page}.md"), module_relative=False)
    finally:
        for key in set(conditions.keys()) - known:
            conditions.unregister(key)
    assert (failed, tried) == (0, examples)


def test_the_reference_names_everything():
    text = (DOCS / "reference" / "segment-rules.md").read_text()
    names = [*conditions.keys(), *MEASURES, *operators.WORDS, *(field.key for field in own_fields())]
    assert [name for name in names if f"`{name}`" not in text] == []
