"""What the rooms above write into the log themselves: sends, opens, clicks, notes."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput


@dataclass(frozen=True)
class Happening:
    """One fact about one contact. ``dedupe`` is unique to the fact: writing it again writes nothing."""

    contact_id: int
    type: str
    occurred_at: datetime
    dedupe: str
    ref: str = ""
    campaign_ref: str = ""
    subject: str = ""
    url: str = ""
    machine: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    user_id: str = ""


@transaction.atomic
def record_many(*, happenings: Iterable[Happening]) -> None:
    """Write facts in one statement per thousand; those that stand already are passed over."""
    happenings = list(happenings)
    # Nobody asks for what machines did.
    facts.touch("activity", [one.contact_id for one in happenings if not one.machine])
    Activity.objects.bulk_create(
        [
            Activity(
                contact_id=one.contact_id,
                type=one.type,
                occurred_at=one.occurred_at,
                dedupe=one.dedupe[:190],
                ref=one.ref[:190],
                campaign_ref=one.campaign_ref[:60],
                subject=one.subject[:255],
                url=one.url[:500],
                machine=one.machine,
                data=dict(one.data),
                user_id=one.user_id[:60],
            )
            for one in happenings
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )


def record(
    *,
    contact: Contact,
    type: str,
    occurred_at: datetime | None = None,
    dedupe: str = "",
    ref: str = "",
    campaign_ref: str = "",
    subject: str = "",
    url: str = "",
    machine: bool = False,
    data: Mapping[str, Any] | None = None,
    user_id: str = "",
) -> None:
    """Write one fact. Without ``dedupe`` it is written each time it is called."""
    happening = Happening(
        contact_id=contact.pk,
        type=type,
        occurred_at=occurred_at or clock.now(),
        dedupe=dedupe or f"{type}:{uuid.uuid4()}",
        ref=ref,
        campaign_ref=campaign_ref,
        subject=subject,
        url=url,
        machine=machine,
        data=data or {},
        user_id=user_id,
    )
    record_many(happenings=[happening])


#: A note's text stands in ``data``; longer ones belong in a document.
MOST_NOTE = 5000


def record_note(*, contact: Contact, text: str, user_id: str) -> None:
    """A staff member's note on a contact. Raises ``InvalidInput`` for an empty or endless one."""
    text = _note_text(text)
    record(contact=contact, type="note.added", subject=text.splitlines()[0], data={"text": text}, user_id=user_id)


def change_note(*, note: Activity, text: str) -> None:
    """Other words for a note; when and by whom it was written stays. Raises ``InvalidInput``."""
    text = _note_text(text)
    Activity.objects.filter(pk=note.pk, type="note.added").update(
        subject=text.splitlines()[0][:255], data={**note.data, "text": text}
    )


def delete_note(*, note: Activity) -> None:
    """Take a note away; facts of other kinds stay whatever is asked."""
    Activity.objects.filter(pk=note.pk, type="note.added").delete()


def _note_text(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text or len(text) > MOST_NOTE:
        raise InvalidInput(_("A note has between 1 and %(most)d characters.") % {"most": MOST_NOTE}, field="text")
    return text
