"""Looking before sending: previews, and test messages that count nowhere."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from wagtail_marketing.core import clock
from wagtail_marketing.messaging import rendering, tokens
from wagtail_marketing.messaging.backends.base import Outcome, Prepared, Result
from wagtail_marketing.messaging.backends.email import head, message_links, transport
from wagtail_marketing.messaging.brand import brand_for
from wagtail_marketing.messaging.engine import headers
from wagtail_marketing.messaging.engine.program import Program
from wagtail_marketing.messaging.errors import RecipientError, SendBlocked
from wagtail_marketing.messaging.models import EmailTemplate
from wagtail_marketing.messaging.rendering import Rendered, render_for

from .freeze import Sender

__all__ = ["TestOutcome", "preview", "render_for", "send_test"]

MOST_ADDRESSES = 10


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What became of one test message."""

    __test__ = False  # not a test case of pytest

    address: str
    ok: bool
    detail: str


def preview(template: EmailTemplate, contact: Any = None) -> Rendered:
    """``template`` (also unsaved) as ``contact`` would see it; None: a made-up person. Raises ``ContentError``."""
    return render_for(template, contact)


def send_test(
    *,
    template: EmailTemplate,
    addresses: Sequence[str],
    contact: Any = None,
    sender: Sender | None = None,
    site: Any = None,
) -> list[TestOutcome]:
    """Send ``template`` with the values of ``contact`` to colleagues, at once; nothing is stored or tracked.

    Call it outside a transaction: it speaks SMTP. Raises ``ContentError``, and ``SendBlocked`` where the site has
    no sender address or too many addresses are given.
    """
    sender = sender or Sender()
    brand = brand_for(site or template.site)
    content = rendering.compile_content(template, brand=brand) | {
        "from_name": sender.name or brand.sender_name,
        "from_address": sender.address or brand.sender_address,
        "reply_to": sender.reply_to or brand.reply_to,
        "list": template.topic.slug if template.topic else "news",
    }
    if not content["from_address"]:
        raise SendBlocked([_("No sender address: enter one in the marketing settings.")])
    if not 1 <= len(addresses) <= MOST_ADDRESSES:
        raise SendBlocked([_("Give one to %(most)d addresses.") % {"most": MOST_ADDRESSES}])
    content["subject"] = f"[{_('Test')}] {content['subject']}"
    program = Program(content)
    compiled = program.compile(head(content, template.message_class, feedback=""))
    domain = headers.parse_address(content["from_address"]).partition("@")[2]
    with translation.override(content["language"]):
        context = tokens.sample_context()
        if contact is not None:
            site_context = tokens.TokenContext(site=site or template.site)
            context.update(tokens.contexts([contact], roots=program.roots, context=site_context)[contact.pk])
        context |= tokens.sample_links() | {"links": message_links(brand.base_url, 0)}
        context["wm"] = program.addresses(context)
        values = program.values(context) | {"unsubscribe": context["links"]["unsubscribe"]}
    outcomes: list[TestOutcome] = []
    prepared: list[Prepared] = []
    date = format_datetime(clock.now())
    for index, address in enumerate(dict.fromkeys(addresses)):
        try:
            address = headers.parse_address(address.strip())
            payload = compiled.fill(values, to=address, date=date, message_id=f"test-{uuid.uuid4().hex}@{domain}")
            prepared.append(Prepared(index, address, payload))
        except RecipientError as error:
            outcomes.append(TestOutcome(address, False, str(error)))
    tried: dict[str, Outcome] = {}
    with transport(content["from_address"]) as way:
        for item, outcome in way.deliver(prepared):
            tried[item.address] = outcome
    blame = next((o for o in tried.values() if o.result is not Result.SENT), Outcome(Result.RETRY, "untried"))
    for item in prepared:
        outcome = tried.get(item.address) or replace(blame)
        outcomes.append(TestOutcome(item.address, outcome.result is Result.SENT, outcome.detail))
    return outcomes
