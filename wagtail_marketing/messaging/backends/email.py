"""E-mail: the frozen content compiled once per send, filled per recipient, delivered over SMTP."""

import logging
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.links import preferences_url
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.messaging import rendering, tokens, tracking
from wagtail_marketing.messaging.brand import brand_for
from wagtail_marketing.messaging.engine import headers
from wagtail_marketing.messaging.engine.links import add_parameters
from wagtail_marketing.messaging.engine.mime import CompiledMessage, HeaderSlot
from wagtail_marketing.messaging.engine.program import Program
from wagtail_marketing.messaging.errors import RecipientError
from wagtail_marketing.messaging.models import Message, MessageClass, Send

from .base import Channel, Frozen, FrozenLink, Outcome, Prepared, Result
from .smtp import SmtpConfig, SmtpTransport

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Compiled:
    program: Program
    message: CompiledMessage
    links: dict[int, int]
    domain: str
    context: tokens.TokenContext


class EmailChannel(Channel):
    """E-mail over the site's SMTP server."""

    name = "email"
    label = gettext_lazy("E-mail")
    #: Compiled sends that one worker keeps; the oldest goes first.
    CACHE = 8

    def __init__(self) -> None:
        self._compiled: OrderedDict[Any, _Compiled] = OrderedDict()

    def freeze(self, *, template: Any, site: Any, sender: Any, utm: Mapping[str, str] | None) -> Frozen:
        brand = brand_for(site)
        content = rendering.compile_content(template, brand=brand)
        for item in content["urls"]:
            if item["tracked"] and "{{" not in item["url"] and "{%" not in item["url"]:
                item["url"] = add_parameters(item["url"], utm or {})
        content |= {
            "utm": dict(utm or {}),
            "base_url": brand.base_url,
            "from_name": sender.name or brand.sender_name,
            "from_address": sender.address or brand.sender_address,
            "reply_to": sender.reply_to or brand.reply_to,
            "postal_address": brand.postal_address,
            "list": template.topic.slug if template.topic else "news",
        }
        program = Program(content)
        return Frozen(
            content=content,
            links=[
                FrozenLink(index, url.source, url.label, url.dynamic)
                for index, url in enumerate(program.urls)
                if url.tracked
            ],
            revision_id=template.latest_revision_id if template.pk else None,
        )

    def problems(self, send: Send) -> list[str]:
        return content_problems(send.content, send.message_class)

    def open(self, send: Send) -> SmtpTransport:
        return transport(send.content["from_address"])

    def prepare(
        self, send: Send, pairs: Sequence[tuple[Message, Contact]]
    ) -> Iterator[tuple[Message, Prepared | Outcome]]:
        compiled = self._program_of(send)
        content = send.content
        date = format_datetime(clock.now())
        with translation.override(content["language"]):
            values = tokens.contexts(
                [contact for _message, contact in pairs],
                roots=compiled.program.roots,
                context=compiled.context,
            )
            for message, contact in pairs:
                try:
                    payload = self._fill(send, compiled, message, dict(values[contact.pk]), date)
                    prepared = Prepared(message.pk, headers.parse_address(message.address), payload)
                except RecipientError as error:
                    yield message, Outcome(Result.FAILED, "content", str(error)[:255])
                except Exception as error:
                    # One poisoned recipient must not stop the others; the log has the whole story.
                    logger.exception("Message %s could not be built", message.pk)
                    yield message, Outcome(Result.FAILED, "content", type(error).__name__)
                else:
                    yield message, prepared

    def _fill(self, send: Send, compiled: _Compiled, message: Message, context: dict, date: str) -> bytes:
        base_url = send.content["base_url"]
        context["links"] = message_links(base_url, message.pk, message.contact)
        program = compiled.program
        resolved = {
            index: add_parameters(address, send.content["utm"]) if program.urls[index].tracked else address
            for index, address in program.resolve(context).items()
        }
        context["wm"] = own = {}
        for index, item in enumerate(program.urls):
            if item.tracked and send.track_clicks:
                token = tracking.sign_click(compiled.links[index], message.pk)
                own[f"url_{index}"] = tracking.url(base_url, tracking.CLICK, token)
            else:
                own[f"url_{index}"] = resolved.get(index, item.source)
        if send.track_opens:
            pixel = tracking.url(base_url, tracking.OPEN, tracking.sign_message(tracking.OPEN, message.pk))
            own["pixel"] = f'<img src="{pixel}" width="1" height="1" alt="" style="border:0">'
        tracked = {str(index): address for index, address in resolved.items() if program.urls[index].tracked}
        message.urls = tracked or None
        filled = program.values(context)
        filled["unsubscribe"] = context["links"]["unsubscribe"]
        return compiled.message.fill(
            filled, to=message.address, date=date, message_id=f"{message.uuid.hex}@{compiled.domain}"
        )

    def _program_of(self, send: Send) -> _Compiled:
        found = self._compiled.get(send.uuid)
        if found is None:
            program = Program(send.content)
            domain = headers.parse_address(send.content["from_address"]).partition("@")[2]
            found = _Compiled(
                program=program,
                message=program.compile(head(send.content, send.message_class, feedback=_feedback(send, domain))),
                links=dict(send.links.values_list("position", "pk")),
                domain=domain,
                context=tokens.TokenContext(site=send.site),
            )
            self._compiled[send.uuid] = found
            while len(self._compiled) > self.CACHE:
                self._compiled.popitem(last=False)
        else:
            self._compiled.move_to_end(send.uuid)
        return found


def content_problems(content: Mapping[str, Any], message_class: str) -> list[str]:
    """What the law or a mail server would not let pass, in words."""
    found = []
    if not content["from_address"]:
        found.append(_("No sender address: enter one in the marketing settings."))
    else:
        for field in ("from_address", "reply_to"):
            try:
                if content[field]:
                    headers.parse_address(content[field])
            except RecipientError as error:
                found.append(f"{content[field]}: {error}")
    if message_class == MessageClass.MARKETING and not content["postal_address"].strip():
        found.append(_("No postal address: the law asks for one in every marketing e-mail. Enter it in the settings."))
    return found


def message_links(base_url: str, message_id: int, contact: Contact | None = None) -> dict[str, str]:
    """Values of the tokens ``links.*`` of one message to ``contact`` (None: a test)."""
    digest = contact.email_hash if contact else ""
    return {
        "preferences": preferences_url(contact, address_hash=digest, base_url=base_url),
        "unsubscribe": tracking.url(
            base_url, tracking.UNSUBSCRIBE, tracking.sign_message(tracking.UNSUBSCRIBE, message_id)
        ),
        "web_version": tracking.url(base_url, tracking.VIEW, tracking.sign_message(tracking.VIEW, message_id)),
    }


def head(content: Mapping[str, Any], message_class: str, *, feedback: str) -> list[tuple[str, bytes | HeaderSlot]]:
    """The headers that are equal for all of one send, and the slots of those that are not."""
    sender = content["from_address"]
    found: list[tuple[str, bytes | HeaderSlot]] = [
        ("From", headers.encode_address(content["from_name"], sender, header="From"))
    ]
    if content["reply_to"]:
        found.append(("Reply-To", headers.encode_address("", content["reply_to"], header="Reply-To")))
    domain = headers.parse_address(sender).partition("@")[2]
    if message_class == MessageClass.MARKETING:
        found += [
            ("List-Id", f"<{content['list']}.{domain}>".encode("ascii", "replace")),
            ("List-Unsubscribe", HeaderSlot("unsubscribe", uri=True)),
            ("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click"),
        ]
    else:
        found.append(("Auto-Submitted", b"auto-generated"))
    if feedback:
        found.append(("Feedback-ID", headers.encode_text(feedback, header="Feedback-ID")))
    return found


def _feedback(send: Send, domain: str) -> str:
    """Four fields at most, the sender last, and no two sends alike (Google's rules of the header)."""
    return f"send-{send.pk}:{send.source_ref.replace(':', '-')}:{send.message_class}:{domain}"


def transport(envelope_from: str) -> SmtpTransport:
    """A connection to the site's server, not yet opened."""
    return SmtpTransport(
        SmtpConfig.from_settings(
            settings.smtp, envelope_from=headers.parse_address(envelope_from), timeout=settings.smtp_timeout
        )
    )
