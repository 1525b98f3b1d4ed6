"""How figures are written: counts grouped, money as the reader writes it, shares in per cent."""

from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from wagtail_marketing.admin.components import Change
from wagtail_marketing.core.money import format_money

APP = "wagtail_marketing_campaigns"
REPORT = f"{APP}.view_report"
PERSONAL = "wagtail_marketing_contacts.view_personal_data"

__all__ = ["PERSONAL", "REPORT", "change", "count", "format_money", "of_delivered", "percent"]


def count(number: int) -> str:
    return number_format(number, force_grouping=True)


def percent(share: Decimal | None, places: int = 1) -> str:
    """``Decimal("0.125")`` -> "12.5 %"; a dash where there is nothing to divide by."""
    if share is None:
        return "–"
    return _("%(number)s %%") % {"number": number_format(round(share * 100, places), places, force_grouping=True)}


def of_delivered(rate: Decimal | None) -> str:
    """A rate in words; nothing where nothing was delivered."""
    return "" if rate is None else _("%(rate)s of delivered") % {"rate": percent(rate)}


def change(now: Any, before: Any, *, good_when: str = "up") -> Change:
    """Against the period before; None where that one was zero."""
    rate = None if not before else float((Decimal(now) - Decimal(before)) / Decimal(before) * 100)
    if rate is None and not now:
        rate = 0.0
    return Change(rate, good_when, "" if rate is None else _("against the period before"))
