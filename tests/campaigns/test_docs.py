"""What the guide shows was run; what the reference explains is what there is."""

import doctest
from dataclasses import fields
from pathlib import Path

import pytest

from wagtail_marketing.insights.selectors import CampaignReport

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


@pytest.mark.django_db
def test_the_guide_runs(brand, person, segment, template):
    from .test_review import discount

    person("ann@example.com")
    names = {"segment": segment(), "email": template(), "discount": discount()}
    page = str(DOCS / "how-to" / "run-a-campaign.md")
    failed, tried = doctest.testfile(page, module_relative=False, globs=names)
    assert (failed, tried) == (0, 7)


def test_every_figure_is_explained():
    page = (DOCS / "reference" / "report-figures.md").read_text()
    for field in fields(CampaignReport):
        name = field.name.removesuffix("_minor")
        assert name in page, f"{name} wants its row in docs/reference/report-figures.md"
