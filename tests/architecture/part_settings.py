"""A site that installs only the rooms named in ``PARTS`` (comma-separated), and no shop."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE, TEMPLATES, WAGTAIL_MARKETING

_parts = {"wagtail_marketing", *(f"wagtail_marketing.{part}" for part in os.environ["PARTS"].split(",") if part)}
INSTALLED_APPS = [
    app for app in INSTALLED_APPS if app in _parts or not (app == "shop" or app.startswith("wagtail_marketing"))
]
WAGTAIL_MARKETING = {key: value for key, value in WAGTAIL_MARKETING.items() if key != "HOST_ADAPTER"}
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("shop")]
for _engine in TEMPLATES:
    _options = _engine["OPTIONS"]
    _options["context_processors"] = [name for name in _options["context_processors"] if not name.startswith("shop")]
