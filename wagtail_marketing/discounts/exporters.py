"""What this room knows of a person, for the exporters and erasers of contacts."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.merging import Merger, Moved
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import erasers, exporters, mergers

from . import engine
from .models import Code, Redemption


def export_contact(contact: Contact) -> dict[str, Any]:
    redemptions = Redemption.objects.filter(contact=contact).select_related("discount", "code").order_by("pk")
    return {
        "redemptions": [
            {
                "order": one.order_ref,
                "discount": one.discount.title,
                "code": one.code.code if one.code else None,
                "amount": engine.format_amount(one.amount_minor, engine.digits(one.currency)),
                "currency": one.currency,
                "state": one.state,
                "redeemed_at": one.redeemed_at.isoformat(),
            }
            for one in redemptions
        ],
        "codes": list(Code.objects.filter(contact=contact).order_by("pk").values_list("code", flat=True)),
    }


def erase_contact(contact: Contact) -> None:
    """Redemptions stay as figures without a person; codes made for the person stop; and the counters under
    hashes of the person's addresses keep counting, so that erasure is no way to use a discount twice."""
    Redemption.objects.filter(contact=contact).update(contact=None)
    Code.objects.filter(contact=contact).update(contact=None, active=False)


MERGER = Merger(Moved(Redemption, label=_("redemptions")), Moved(Code, label=_("codes")))


def register() -> None:
    mergers.register("discounts", MERGER)
    exporters.register("discounts", export_contact)
    erasers.register("discounts", erase_contact)
