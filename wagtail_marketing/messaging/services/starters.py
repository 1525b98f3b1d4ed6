"""Ready-made e-mails to begin with: content only, no layout to learn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.messaging.models import EmailTemplate, MessageClass, Purpose

CONFIRMATION = "confirmation"


@dataclass(frozen=True, slots=True)
class Starter:
    """One entry of the library; ``content`` gives subject, preheader and raw blocks in the active language."""

    key: str
    label: Any
    description: Any
    content: Callable[[], dict[str, Any]]
    message_class: str = MessageClass.MARKETING
    purpose: str = ""


def _weekly() -> dict[str, Any]:
    return {
        "subject": _('This week’s specials, {{ contact.first_name | default: "dear customer" }}'),
        "preheader": _("Fresh prices until Sunday"),
        "body": [
            ("heading", {"text": _("This week’s specials"), "level": "h1"}),
            (
                "text",
                "<p>"
                + _('Hello {{ contact.first_name | default: "there" }}, these are our prices until Sunday.')
                + "</p>",
            ),
            ("button", {"label": _("See all specials"), "url": "/"}),
            ("divider", None),
            ("text", "<p>" + _("See you soon, {{ shop.name }}") + "</p>"),
        ],
    }


def _win_back() -> dict[str, Any]:
    return {
        "subject": _('We have missed you, {{ contact.first_name | default: "dear customer" }}'),
        "preheader": _("Something to come back for"),
        "body": [
            ("heading", {"text": _("It has been a while"), "level": "h1"}),
            (
                "text",
                "<p>"
                + _(
                    'Hello {{ contact.first_name | default: "there" }},'
                    "{% if order.last.date %} your last order was on {{ order.last.date }}.{% endif %}"
                    " Here is a reason to come back."
                )
                + "</p>",
            ),
            ("discount_code", {"text": _("Your discount on the next order"), "code": "WELCOME-BACK", "url": "/"}),
        ],
    }


def _welcome() -> dict[str, Any]:
    return {
        "subject": _("Welcome to {{ shop.name }}"),
        "preheader": _("Good to have you with us"),
        "body": [
            ("heading", {"text": _('Welcome, {{ contact.first_name | default: "and hello" }}'), "level": "h1"}),
            ("text", "<p>" + _("From now on you hear first what is new in the shop.") + "</p>"),
            ("button", {"label": _("Look around"), "url": "/"}),
        ],
    }


def _confirmation() -> dict[str, Any]:
    return {
        "subject": _("Please confirm: news from {{ shop.name }}"),
        "preheader": _("One click, and you are on the list"),
        "body": [
            ("heading", {"text": _("Is this you?"), "level": "h1"}),
            (
                "text",
                "<p>"
                + _("Somebody, you we hope, asked us to send news to this address.")
                + "{% if sign_up.topics %} "
                + _("What was chosen: {{ sign_up.topics }}.")
                + "{% endif %} "
                + _("Please confirm it on our page.")
                + "</p>",
            ),
            ("button", {"label": _("Yes, that was me"), "url": "{{ sign_up.confirm }}"}),
            (
                "text",
                "<p>" + _("It was not you? Then do nothing: you get no news, and we forget the request.") + "</p>",
            ),
        ],
    }


_STARTERS = (
    Starter(
        "weekly-specials", gettext_lazy("Weekly specials"), gettext_lazy("Offers of the week with one button."), _weekly
    ),
    Starter(
        "win-back",
        gettext_lazy("Win back"),
        gettext_lazy("For people who have not bought for a while, with a code."),
        _win_back,
    ),
    Starter("welcome", gettext_lazy("Welcome"), gettext_lazy("The first e-mail after signing up."), _welcome),
    Starter(
        CONFIRMATION,
        gettext_lazy("Confirm a sign-up"),
        gettext_lazy("Asks whether it was them; replaces ours once it is published."),
        _confirmation,
        MessageClass.TRANSACTIONAL,
        Purpose.CONFIRMATION,
    ),
)


def starter_templates() -> tuple[Starter, ...]:
    """The library, in the order in which it is shown."""
    return _STARTERS


def create_from_starter(*, key: str, name: str = "", user: Any = None, site: Any = None) -> EmailTemplate:
    """A new draft from the starter ``key``. Raises ``KeyError`` for a key that is not in the library."""
    template = template_from_starter(key=key, name=name, site=site)
    template.live = False
    template.save()
    template.save_revision(user=user)
    return template


def template_from_starter(*, key: str, name: str = "", site: Any = None) -> EmailTemplate:
    """The starter ``key`` in the active language, not saved."""
    starter = {entry.key: entry for entry in _STARTERS}[key]
    content = starter.content()
    return EmailTemplate(
        name=name or str(starter.label),
        subject=content["subject"],
        preheader=content["preheader"],
        body=_stream(content["body"]),
        message_class=starter.message_class,
        purpose=starter.purpose,
        site=site,
    )


def _stream(blocks: list[tuple[str, Any]]) -> Any:
    field = EmailTemplate._meta.get_field("body")
    return field.stream_block.to_python([{"type": kind, "value": value} for kind, value in blocks])
