"""Filters of the contact list, each answered by an index."""

from typing import Any

import django_filters
from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet

from wagtail_marketing.contacts.models import ConsentChoice, ConsentState, Contact, Tag
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.contacts.selectors import deliverable_q, suppressed_q

#: Seconds for which the choices of a filter are remembered: reading them walks an index.
REMEMBERED = 300

STANDINGS = (
    ("deliverable", _("may be written to")),
    ("subscribed", ConsentChoice.SUBSCRIBED.label),
    ("pending", ConsentChoice.PENDING.label),
    ("unsubscribed", ConsentChoice.UNSUBSCRIBED.label),
    ("never", _("never asked")),
    ("suppressed", _("on the suppression list")),
)


def _known(field: str) -> list[tuple[str, str]]:
    """The values that a column has, as choices."""
    key = f"wm-contact-choices-{field}"
    found = cache.get(key)
    if found is None:
        values = Contact.objects.exclude(**{field: ""}).order_by(field).values_list(field, flat=True).distinct()[:300]
        found = [(value, value) for value in values]
        cache.set(key, found, REMEMBERED)
    return found


def _consent_choices() -> list[tuple[str, str]]:
    return [
        (f"{channel.channel}.{standing}", f"{channel.label}: {label}")
        for channel in channels
        for standing, label in STANDINGS
    ]


class ContactFilterSet(WagtailFilterSet):
    tags = django_filters.ModelMultipleChoiceFilter(label=_("Tag"), queryset=Tag.objects.all())
    consent = django_filters.ChoiceFilter(label=_("Consent"), choices=_consent_choices, method="with_consent")
    country = django_filters.ChoiceFilter(label=_("Country"), choices=lambda: _known("country"))
    source = django_filters.ChoiceFilter(label=_("Source"), choices=lambda: _known("source"))

    class Meta:
        model = Contact
        fields: list[str] = []

    def with_consent(self, queryset: "QuerySet[Contact]", name: str, value: str) -> "QuerySet[Contact]":
        channel, _dot, standing = value.partition(".")
        return queryset.filter(standing_q(channel, standing))


def standing_q(channel: str, standing: str) -> Q:
    """Contacts who stand at one of ``STANDINGS`` on ``channel``."""
    if standing == "deliverable":
        return deliverable_q(channel)
    if standing == "suppressed":
        return suppressed_q(channel)
    states: Any = ConsentState.objects.filter(channel=channel, topic__isnull=True)
    if standing == "never":
        return ~Q(pk__in=states.values("contact"))
    return Q(pk__in=states.filter(state=standing).values("contact"))
