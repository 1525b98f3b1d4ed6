"""The messages of one contact, on the contact's page."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from wagtail_marketing.admin.components import DataTable, Section
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.messaging.models import Message

from .send_views import REASONS

SHOWN = 50


def messages_block(contact: Contact, request: Any) -> list[Any]:
    """The newest messages with their fate; nothing where there is none."""
    rows = []
    newest = Message.objects.filter(contact=contact).select_related("send").defer("send__content").order_by("-pk")
    for message in newest[:SHOWN]:
        moment = message.settled_at.astimezone(clock.shop_zone()) if message.settled_at else None
        reason = str(REASONS.get(message.reason, message.reason))
        rows.append(
            [
                message.send.name,
                f"{message.get_state_display()} ({reason})" if reason else message.get_state_display(),
                f"{date_format(moment, 'SHORT_DATETIME_FORMAT')} {moment.tzname()}" if moment else "",
            ]
        )
    if not rows:
        return [Section(_("Messages"), text=_("No messages yet."))]
    table = DataTable(
        headings=[_("Message"), _("State"), _("When")], rows=rows, caption=_("The newest messages to this person")
    )
    return [Section(_("Messages"), [table])]
