"""The question "did you sign up?" by e-mail: a transactional send, at least once, without tracking."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact, SignUp
from wagtail_marketing.messaging.models import EmailTemplate, Purpose

from .freeze import create_send
from .lifecycle import launch
from .starters import CONFIRMATION, template_from_starter

#: Who asked for these sends.
SOURCE = "sign-up"


def ask_by_email(sign_ups: Sequence[SignUp]) -> None:
    """One send for ``sign_ups``, which are of one site and language. Raises ``SendBlocked``."""
    site, language = sign_ups[0].site, sign_ups[0].language or translation.get_language() or "en"
    with translation.override(language):
        send = create_send(
            template=confirmation_template(site, language),
            audience=Contact.objects.filter(pk__in=[row.contact_id for row in sign_ups]),
            source_ref=SOURCE,
            name=_("Confirm a sign-up"),
            site=site,
            track=False,
        )
        launch(send)


def confirmation_template(site: Any, language: str) -> EmailTemplate:
    """The newest published e-mail for this purpose in ``language``, the site's own first; else ours, not saved."""
    for code in dict.fromkeys((language, language.partition("-")[0])):
        found = (
            EmailTemplate.objects.filter(
                Q(site=site) | Q(site=None), purpose=Purpose.CONFIRMATION, live=True, locale__language_code=code
            )
            .order_by(F("site_id").asc(nulls_last=True), "-pk")
            .first()
        )
        if found is not None and asks_to_confirm(found.body):
            return found
    return template_from_starter(key=CONFIRMATION, site=site)


def asks_to_confirm(body: Any) -> bool:
    """Whether the content has the link by which people confirm."""
    return "sign_up.confirm" in str(body.get_prep_value())
