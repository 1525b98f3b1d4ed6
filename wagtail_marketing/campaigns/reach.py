"""The reach of a campaign in words."""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_marketing.contacts.selectors import Reach


def _grouped(count: int) -> str:
    return number_format(count, force_grouping=True)


@dataclass(frozen=True)
class LeftOut:
    """``count`` people whom the campaign will not reach, and why."""

    key: str
    count: int
    text: str


def left_out(reach: Reach) -> list[LeftOut]:
    """The reasons that hold for somebody, in the order in which they are taken."""
    reasons = (
        ("unsubscribed", reach.unsubscribed, _("%(count)s unsubscribed")),
        ("no_address", reach.no_address, _("%(count)s without e-mail")),
        ("never", reach.never, _("%(count)s never agreed to e-mail")),
        ("pending", reach.pending, _("%(count)s not confirmed yet")),
        ("paused", reach.paused, _("%(count)s asked for a pause")),
        ("suppressed", reach.suppressed, _("%(count)s with an address that must not be written to")),
        ("duplicates", reach.duplicates, _("%(count)s sharing the address of another")),
    )
    return [LeftOut(key, count, text % {"count": _grouped(count)}) for key, count, text in reasons if count]


def reach_sentence(reach: Reach) -> str:
    """ "Will reach 398 of 412 people: 11 unsubscribed, 3 without e-mail." """
    head = ngettext(
        "Will reach %(reachable)s of %(total)s person", "Will reach %(reachable)s of %(total)s people", reach.total
    ) % {"reachable": _grouped(reach.reachable), "total": _grouped(reach.total)}
    reasons = ", ".join(reason.text for reason in left_out(reach))
    return f"{head}: {reasons}." if reasons else f"{head}."
