"""The header of a person's page, the actions on it, and the ledger of what they agreed to."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from wagtail_marketing.admin.components import DataTable, Section
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.contacts.list_selectors import lists_of
from wagtail_marketing.contacts.masking import PERMISSION, may_see_people, shown_address
from wagtail_marketing.contacts.models import ConsentEvent, Contact, ContactMerge, ContactPreference
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.contacts.selectors import standing
from wagtail_marketing.core import clock

ROOM = "wagtail_marketing_contacts"
#: Entries of the ledger that the page shows.
SHOWN = 100


def _day(moment: Any) -> str:
    return date_format(moment.astimezone(clock.shop_zone()), "SHORT_DATE_FORMAT")


def _moment(moment: Any) -> str:
    here = moment.astimezone(clock.shop_zone())
    return f"{date_format(here, 'SHORT_DATETIME_FORMAT')} {here.tzname()}"


def channels_fact(contact: Contact, request: HttpRequest) -> str:
    """Each channel's address and consent in words: "E-mail ann@example.com: agreed on 03/01/2026"."""
    plain = may_see_people(request.user)
    lines = []
    for one in standing(contact):
        since = _day(one.changed_at) if one.changed_at else ""
        said = {
            "subscribed": _("agreed on %(day)s") % {"day": since},
            "unsubscribed": _("left on %(day)s") % {"day": since},
            "pending": _("asked to confirm on %(day)s") % {"day": since},
            "never": _("never asked"),
        }[one.state]
        if one.suppressed:
            said = _("%(said)s; on the suppression list") % {"said": said}
        elif one.state == "subscribed" and not one.deliverable:
            said = _("%(said)s, for another address") % {"said": said}
        lines.append((f"{one.label} {shown_address(one.address, plain=plain)}".strip(), said))
    items = format_html_join("", "<li>{}: {}</li>", lines)
    return format_html('<ul class="wm-person__lines">{}</ul>', items)


def since_fact(contact: Contact, request: HttpRequest) -> str:
    return _day(contact.created_at)


def tags_fact(contact: Contact, request: HttpRequest) -> str:
    return ", ".join(tag.name for tag in contact.tags.all())


def lists_fact(contact: Contact, request: HttpRequest) -> str:
    return ", ".join(lists_of(contact).order_by("name").values_list("name", flat=True)[:20])


def pause_fact(contact: Contact, request: HttpRequest) -> str:
    row = ContactPreference.objects.filter(contact=contact, paused_until__gt=clock.now()).first()
    return _("until %(moment)s") % {"moment": _moment(row.paused_until)} if row else ""


@dataclass(frozen=True)
class Action:
    """A button of the page: a link, or with ``post`` a form of its own (``name`` is its button's name)."""

    url: str
    label: Any
    post: bool = False
    name: str = ""


def actions_of(contact: Contact, user: Any) -> list[Action]:
    """What this user may do with this person."""
    if contact.source == "erased":
        return []

    def to(name: str) -> str:
        return reverse(f"marketing_contacts:{name}", args=[contact.pk])

    wanted = (
        ((f"{ROOM}.change_contact", PERMISSION), Action(to("edit"), _("Edit"))),
        ((f"{ROOM}.change_contact", PERMISSION), Action(to("history"), _("History"))),
        ((f"{ROOM}.export_contact", PERMISSION), Action(to("export_person"), _("Export"))),
        ((f"{ROOM}.change_contact",), Action(to("pause_person"), _("Pause for 30 days"), True, "pause")),
        ((f"{ROOM}.change_contact",), Action(to("pause_person"), _("End the pause"), True, "resume")),
        ((f"{ROOM}.suppress_contact",), Action(to("suppress_person"), _("Never write to"))),
        ((f"{ROOM}.erase_contact",), Action(to("erase_person"), _("Erase"))),
    )
    paused = ContactPreference.objects.filter(contact=contact, paused_until__gt=clock.now()).exists()
    passed = "pause" if paused else "resume"
    return [action for needed, action in wanted if may(user, needed) and action.name != passed]


def ledger_block(contact: Contact, request: HttpRequest) -> list[Any]:
    """Every entry of the ledger, newest first; the person's words to who may see them."""
    plain = may_see_people(request.user)
    uuids = [contact.uuid, *contact.aliases.values_list("uuid", flat=True)]
    entries = ConsentEvent.objects.filter(contact_uuid__in=uuids).select_related("topic", "evidence").order_by("-pk")
    rows = []
    for entry in entries[:SHOWN]:
        channel = channels.get(entry.channel)
        row = [
            _moment(entry.occurred_at),
            channel.label if channel else entry.channel,
            entry.topic.name if entry.topic else _("all of it"),
            entry.get_state_display(),
            f"{entry.get_strength_display()} ({entry.source})",
        ]
        if plain:
            evidence = getattr(entry, "evidence", None)
            row.append(" · ".join(part for part in (evidence.text, evidence.ip or "") if part) if evidence else "")
        rows.append(row)
    if not rows:
        return [Section(_("What was agreed to"), text=_("Nothing is on record."))]
    headings = [_("When"), _("Channel"), _("Topic"), _("State"), _("By")]
    if plain:
        headings.append(_("Words that the person saw"))
    table = DataTable(headings, rows, caption=_("Entries of the consent ledger"), quiet_caption=True)
    text = _("The latest %(count)d.") % {"count": SHOWN} if len(rows) == SHOWN else ""
    return [Section(_("What was agreed to"), [table], text=text)]


def merges_of(contact: Contact, user: Any) -> list[ContactMerge]:
    """Merges into this contact that may still be undone by ``user``."""
    if not may(user, (f"{ROOM}.merge_contact", PERMISSION)):
        return []
    found = ContactMerge.objects.filter(keep=contact, undone_at=None).select_related("user").defer("undo")
    return list(found.order_by("-pk")[:10])
