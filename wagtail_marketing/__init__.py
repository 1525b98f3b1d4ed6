"""Marketing for a Wagtail shop, in the shop's own database."""

__version__ = "0.1.0"

#: Everything, in dependency order: ``INSTALLED_APPS = [*wagtail_marketing.APPS, ...]``.
APPS = [
    "wagtail_marketing",
    "wagtail_marketing.api",
    "wagtail_marketing.jobs",
    "wagtail_marketing.contacts",
    "wagtail_marketing.commerce",
    "wagtail_marketing.activity",
    "wagtail_marketing.discounts",
    "wagtail_marketing.messaging",
    "wagtail_marketing.segments",
    "wagtail_marketing.campaigns",
    "wagtail_marketing.insights",
]
