"""What each type of activity is called; other rooms add their own by ``kinds.register``."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from wagtail_marketing.core.registry import Registry


@dataclass(frozen=True)
class Kind:
    """The words and the icon of one type (``order.placed``)."""

    label: Any
    icon: str = "history"


kinds: Registry[Kind] = Registry("kinds of activity")

OURS = {
    "order.placed": Kind(_("Ordered"), "success"),
    "order.cancelled": Kind(_("Order cancelled"), "cross"),
    "order.refunded": Kind(_("Refunded"), "undo"),
    "consent.subscribed": Kind(_("Agreed to be written to"), "mail"),
    "consent.pending": Kind(_("Asked to confirm"), "time"),
    "consent.unsubscribed": Kind(_("Left"), "cross"),
    "note.added": Kind(_("Note"), "edit"),
    "email.sent": Kind(_("E-mail sent"), "mail"),
    "email.opened": Kind(_("E-mail opened"), "view"),
    "email.clicked": Kind(_("Link clicked"), "link"),
    "email.viewed": Kind(_("Web version read"), "view"),
    "email.unsubscribed": Kind(_("Left by the e-mail's link"), "cross"),
    "email.bounced": Kind(_("E-mail came back"), "warning"),
}


def register() -> None:
    for type_, kind in OURS.items():
        if type_ not in kinds:
            kinds.register(type_, kind)


def kind_of(type_: str) -> Kind:
    """The words of a type; an unknown one shows itself."""
    return kinds.get(type_) or Kind(type_.replace(".", ": ").replace("_", " "))
