import pytest


@pytest.fixture(autouse=True)
def our_adapter(settings):
    """A shop that declares one attribute of each type; nothing here reads the sandbox's."""
    settings.WAGTAIL_MARKETING = {
        **settings.WAGTAIL_MARKETING,
        "HOST_ADAPTER": "tests.segments.shop.Adapter",
        "CURRENCY": "USD",
        "TIME_ZONE": "America/New_York",
    }
