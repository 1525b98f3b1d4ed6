"""What the pages show was run: here."""

import doctest
import json
import re
from pathlib import Path

import pytest

from wagtail_marketing.discounts import engine

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


@pytest.mark.django_db
def test_how_to_make_a_code():
    failed, tried = doctest.testfile(str(DOCS / "how-to" / "make-a-code.md"), module_relative=False)
    assert (failed, tried > 10) == (0, True)


def test_the_reference_shows_real_answers():
    page = (DOCS / "reference" / "discounts.md").read_text()
    request, answer, error = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.S))
    assert engine.evaluate_json(request).as_json(runs=True) == answer
    request["discounts"][0]["benefit"]["kind"] = "magic"
    with pytest.raises(engine.InvalidInput) as caught:
        engine.evaluate_json(request)
    assert caught.value.as_json() == error


def test_the_reference_names_every_kind():
    page = (DOCS / "reference" / "discounts.md").read_text()
    for kind in [*engine.benefit_kinds(), *engine.condition_kinds()]:
        assert f"`{kind}`" in page
