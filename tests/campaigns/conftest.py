import pytest

from tests.messaging.conftest import brand, person, sink, template  # noqa: F401  fixtures
from wagtail_marketing.campaigns import services
from wagtail_marketing.segments.services import create_segment


def everybody(word: str = "example.com") -> dict:
    return {
        "version": 1,
        "match": "all",
        "rules": [{"kind": "contact", "params": {"field": "email", "op": "contains", "value": word}}],
    }


@pytest.fixture
def segment(db):
    """Make a published segment of those whose address holds ``word``."""

    def make(word: str = "example.com", **fields):
        return create_segment(name=fields.pop("name", word), rules=everybody(word), **fields)

    return make


@pytest.fixture
def ready(brand, person, segment, template):  # noqa: F811
    """A draft that may be launched: three people, two of whom agreed."""
    person("ann@example.com", first_name="Ann")
    person("ben@example.com", first_name="Ben")
    person("cid@example.com", first_name="Cid", consent=False)
    campaign = services.create_campaign(
        name="Spring specials", include=[segment()], templates=[template(name="Specials")]
    )
    services.add_cost(campaign=campaign, amount="25.00")
    return campaign
