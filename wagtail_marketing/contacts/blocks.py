"""The sign-up form as a block for any StreamField of a site's pages.

::

    from wagtail_marketing.contacts.blocks import SignUpBlock

    body = StreamField([("sign_up", SignUpBlock()), ...])
"""

from secrets import token_hex
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.models import Site

from .models import Topic
from .services.sign_up import topics_of
from .views import offers
from .views.forms import TRAP, SignUpForm
from .views.offers import Offer


def topic_choices() -> list[tuple[str, str]]:
    """Every topic that people may choose; by slug, so that content can be moved between databases."""
    return list(Topic.objects.filter(is_active=True, is_public=True).values_list("slug", "name").distinct())


class SignUpBlock(blocks.StructBlock):
    """Works without scripts and on cached pages; the words that it shows are signed into it and kept as evidence."""

    heading = blocks.CharBlock(label=_("Heading"), default=_("News from us"), max_length=120)
    intro = blocks.TextBlock(label=_("Text"), required=False)
    topics = blocks.MultipleChoiceBlock(
        label=_("Topics"),
        choices=topic_choices,
        required=False,
        help_text=_("People choose among them. One: they sign up for it. None: they sign up for e-mail as such."),
    )
    consent_text = blocks.TextBlock(
        label=_("What people agree to"),
        required=False,
        help_text=_("Stands above the button and is kept word by word. Empty: our own sentence."),
    )
    ask_name = blocks.BooleanBlock(label=_("Ask for the first name"), required=False)
    ask_phone = blocks.BooleanBlock(
        label=_("Ask for a mobile number, for text messages"),
        required=False,
        help_text=_("Only shown where the site sends text messages."),
    )
    button = blocks.CharBlock(label=_("Button"), required=False, max_length=60)

    class Meta:
        icon = "mail"
        label = _("Sign-up form")
        template = "wagtail_marketing/contacts/blocks/sign_up.html"

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        request, shown_on = context.get("request"), context.get("page")
        site = Site.find_for_request(request) if request else shown_on.get_site() if shown_on else None
        wanted = set(value["topics"] or ())
        topics = [topic for topic in topics_of(site) if topic.slug in wanted] if wanted else []
        offer = Offer(
            text=(value["consent_text"] or "").strip() or offers.default_text(site.site_name if site else ""),
            topics=[topic.pk for topic in topics],
            channels=offers.open_channels(["email", "sms"] if value["ask_phone"] else ["email"]),
            ask_name=bool(value["ask_name"]),
            site=site.pk if site else None,
            language=offers.language(),
            heading=str(value["heading"]),
            intro=value["intro"],
            button=value["button"],
            origin=request.path[:200] if request else "",
        )
        return context | {
            # Nothing is shown where nothing of it is offered any more.
            "offered": bool(offer.channels) and bool(topics or not wanted),
            "offer": offer,
            "form": SignUpForm(offer, topics, auto_id=f"wm-{token_hex(4)}-%s"),
            "signed": offer.signed(),
            "trap": TRAP,
            "action": reverse("wagtail_marketing:sign_up"),
        }
