"""Columns of lists::

list_display = [
    "name",
    StatusColumn("state", label=_("State"), tones={"running": "info", "done": "positive", "failed": "critical"}),
    MoneyColumn("revenue_minor", currency="currency", label=_("Revenue")),
    LocalTimeColumn("created_at", label=_("Created"), sort_key="created_at"),
    NumberColumn("orders"),                      # Wagtail's, with thousands separators
]
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.html import format_html
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.coreutils import multigetattr

from wagtail_marketing.core import clock
from wagtail_marketing.core.money import format_money

from .components import StatusBadge

__all__ = ["LocalTimeColumn", "MoneyColumn", "NumberColumn", "StatusColumn"]


class StatusColumn(Column):
    """A state as a badge: the model's ``get_<name>_display`` gives the word, ``tones`` the ground."""

    def __init__(self, name: str, *, tones: Mapping[str, str] | None = None, **kwargs: Any):
        super().__init__(name, **kwargs)
        self.tones = tones or {}

    def get_value(self, instance: Any) -> Any:
        state = super().get_value(instance)
        if state in (None, ""):
            return ""
        display = getattr(instance, f"get_{self.name}_display", None)
        return StatusBadge(str(state), display() if display else state, self.tones.get(str(state), "neutral"))


class MoneyColumn(Column):
    """Minor units in the row's currency (``currency`` names the attribute), as the reader writes money."""

    def __init__(self, name: str, *, currency: str = "currency", **kwargs: Any):
        super().__init__(name, **kwargs)
        self.currency = currency

    def get_value(self, instance: Any) -> Any:
        minor = super().get_value(instance)
        code = multigetattr(instance, self.currency)
        return "" if minor is None or not code else format_money(minor, code)


class LocalTimeColumn(Column):
    """A moment in the shop's zone, with the zone named."""

    def __init__(self, name: str, *, zone: ZoneInfo | None = None, **kwargs: Any):
        super().__init__(name, **kwargs)
        self.zone = zone

    def get_value(self, instance: Any) -> Any:
        moment = super().get_value(instance)
        if moment is None:
            return ""
        local = moment.astimezone(self.zone or clock.shop_zone())
        return format_html(
            '<time datetime="{}">{} <span class="wm-zone">{}</span></time>',
            moment.isoformat(),
            date_format(local, "SHORT_DATETIME_FORMAT"),
            local.tzname(),
        )
