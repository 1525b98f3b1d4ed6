"""What counts are called: key -> (label, what it means). The order is that of the page."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

ROWS: dict[str, tuple[Any, Any]] = {
    "new": (gettext_lazy("New"), gettext_lazy("People whom we did not know.")),
    "updated": (gettext_lazy("Updated"), gettext_lazy("Known people of whom the file says something new.")),
    "unchanged": (gettext_lazy("Unchanged"), gettext_lazy("Known people of whom the file says nothing new.")),
    "skipped": (gettext_lazy("Skipped"), gettext_lazy("Known people, left alone as you chose.")),
    "repeated": (
        gettext_lazy("Repeated"),
        gettext_lazy("Rows about somebody who stood further up; applied from top to bottom."),
    ),
    "invalid": (gettext_lazy("To correct"), gettext_lazy("Rows that cannot be taken; each says why.")),
}


def consent_lines(counts: Mapping[str, int], *, dry: bool) -> list[str]:
    """What the file does to consent, a sentence each; only what happens."""

    def number(key: str) -> dict[str, Any]:
        return {"count": counts.get(key, 0), "shown": localize(counts.get(key, 0))}

    lines = []
    if counts.get("agreed"):
        lines.append(
            ngettext("%(shown)s person counts as agreed.", "%(shown)s people count as agreed.", counts["agreed"])
            % number("agreed")
        )
    if counts.get("agreed_before"):
        lines.append(_("%(shown)s had agreed before.") % number("agreed_before"))
    if counts.get("stayed_unsubscribed"):
        lines.append(
            (_("%(shown)s stay unsubscribed.") if dry else _("%(shown)s stayed unsubscribed."))
            % number("stayed_unsubscribed")
        )
    if counts.get("stayed_suppressed"):
        lines.append(
            (_("%(shown)s stay suppressed.") if dry else _("%(shown)s stayed suppressed."))
            % number("stayed_suppressed")
        )
    if counts.get("unsubscribed"):
        lines.append(
            ngettext("%(shown)s person is unsubscribed.", "%(shown)s people are unsubscribed.", counts["unsubscribed"])
            % number("unsubscribed")
        )
    if counts.get("suppressed"):
        lines.append(
            ngettext(
                "%(shown)s address is never written to again.",
                "%(shown)s addresses are never written to again.",
                counts["suppressed"],
            )
            % number("suppressed")
        )
    if counts.get("no_date"):
        lines.append(_("%(shown)s say yes without a date: no consent is added for them.") % number("no_date"))
    if counts.get("address_kept"):
        lines.append(
            _("%(shown)s keep the address that must not be written to: a new one would get round it.")
            % number("address_kept")
        )
    if counts.get("listed"):
        lines.append(
            ngettext(
                "%(shown)s person was put on the list.", "%(shown)s people were put on the list.", counts["listed"]
            )
            % number("listed")
        )
    return lines
