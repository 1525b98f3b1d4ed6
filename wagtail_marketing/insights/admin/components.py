"""Pieces of the dashboard and the report that the kit does not have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import Media

from wagtail_marketing.admin.components import KitComponent
from wagtail_marketing.admin.media import KIT_MEDIA

MEDIA = KIT_MEDIA + Media(css={"all": ["wagtail_marketing/insights/insights.css"]})


class _Component(KitComponent):
    @property
    def media(self) -> Media:
        return MEDIA


@dataclass
class Links(_Component):
    """A row of links: ``[(url, label)]``."""

    links: Sequence[tuple[str, Any]]
    template_name = "wagtail_marketing/insights/links.html"


@dataclass
class PeriodPicker(_Component):
    """The period of a page: quick choices, and two days."""

    choices: Sequence[tuple[str, Any, bool]]
    first: str
    last: str
    template_name = "wagtail_marketing/insights/period.html"


@dataclass
class CampaignTable(_Component):
    """Campaigns with their key figures, each a link: rows of dicts."""

    rows: Sequence[dict[str, Any]]
    caption: Any = ""
    template_name = "wagtail_marketing/insights/campaigns.html"


@dataclass
class HomePanel(_Component):
    """The dashboard in one panel of Wagtail's home page."""

    cards: Sequence[Any]
    url: str
    order: int = 250
    template_name = "wagtail_marketing/insights/home_panel.html"
