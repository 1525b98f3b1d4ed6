"""``consent``: where they stand on a channel. ``{"channel": "email", "topic": null, "state": "subscribed"}``

A yes counts for the address that it was given for; leaving counts whatever the address, and leaving the
channel beats its topics (``contacts.selectors``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.contacts.models import ConsentChoice, ConsentState, Contact, Topic
from wagtail_marketing.contacts.registry import channel_address, channels
from wagtail_marketing.contacts.selectors import consented_q
from wagtail_marketing.segments.engine.values import Reader
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope

NEVER = "never"
STATES = ("subscribed", "unsubscribed", "pending", NEVER)


@dataclass(frozen=True, slots=True)
class ConsentParams:
    channel: str
    topic: Topic | None
    state: str


def _states(contact: Contact) -> list[ConsentState]:
    return list(contact.consent_states.all())


def _topic(raw: Any, path: str) -> Topic:
    """A topic by id or by slug."""
    found = None
    if isinstance(raw, int) and not isinstance(raw, bool):
        found = Topic.objects.filter(pk=raw).first()
    elif isinstance(raw, str):
        found = Topic.objects.filter(slug=raw).order_by("site_id", "pk").first()
        if found is None and raw.isdigit():
            found = Topic.objects.filter(pk=int(raw)).first()
    if found is None:
        raise InvalidRules(
            _("There is no topic “%(topic)s”.") % {"topic": raw}, path=path, remedy=_("Choose one that exists.")
        )
    return found


class ConsentCondition(Condition):
    key = "consent"
    label = gettext_lazy("What they agreed to")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> ConsentParams:
        reader = Reader(params, path)
        found = ConsentParams(
            reader.choice("channel", channels.keys()), reader.get("topic", _topic), reader.choice("state", STATES)
        )
        reader.finish()
        return found

    def reads(self, params: ConsentParams) -> frozenset[str]:
        # A yes counts for one address: with another one it is no yes any more.
        return frozenset({"consent", "contact"})

    def q(self, params: ConsentParams, scope: Scope) -> Q:
        channel, topic = params.channel, params.topic
        if params.state == ConsentChoice.SUBSCRIBED:
            return consented_q(channel, topic)
        rows = scope.narrow(ConsentState.objects.filter(channel=channel))
        of_topic = Q(topic__isnull=True) if topic is None else Q(topic__isnull=True) | Q(topic=topic)
        gone = Q(pk__in=rows.filter(of_topic, state=ConsentChoice.UNSUBSCRIBED).values("contact_id"))
        if params.state == ConsentChoice.UNSUBSCRIBED:
            return gone
        asked = Q(
            Exists(
                ConsentState.objects.filter(
                    contact=OuterRef("pk"),
                    channel=channel,
                    topic__isnull=True,
                    state=ConsentChoice.PENDING,
                    address_hash=OuterRef(channel_address(channel).hash_field),
                )
            )
        )
        if params.state == ConsentChoice.PENDING:
            return asked & ~gone
        return ~(consented_q(channel, topic) | gone | asked)

    def check(self, params: ConsentParams, facts: Facts, moment: Moment) -> Answer:
        state = self._state(params, facts)
        return Answer(state == params.state, state, str(self._words()[state]))

    def _state(self, params: ConsentParams, facts: Facts) -> str:
        address = getattr(facts.contact, channel_address(params.channel).hash_field)
        topics = (None,) if params.topic is None else (None, params.topic.pk)
        rows = [
            row for row in facts.load("consent", _states) if row.channel == params.channel and row.topic_id in topics
        ]
        if any(row.state == ConsentChoice.UNSUBSCRIBED for row in rows):
            return ConsentChoice.UNSUBSCRIBED.value
        for row in rows:
            if row.topic_id is None and row.address_hash == address:
                return row.state
        return NEVER

    def _words(self) -> dict[str, str]:
        return {
            "subscribed": _("subscribed"),
            "unsubscribed": _("unsubscribed"),
            "pending": _("asked, not confirmed"),
            NEVER: _("never asked or never agreed"),
        }

    def text(self, params: ConsentParams) -> str:
        channel = str(channels[params.channel].label)
        if params.topic:
            channel = _("%(channel)s about %(topic)s") % {"channel": channel, "topic": params.topic.name}
        return _("%(channel)s: %(state)s") % {"channel": channel, "state": self._words()[params.state]}

    def descriptor(self) -> Descriptor:
        words = self._words()
        return Descriptor(
            self.key,
            str(self.label),
            inputs=[
                {
                    "name": "channel",
                    "label": _("channel"),
                    "type": "select",
                    "choices": [[key, str(item.label)] for key, item in channels.items()],
                },
                {
                    "name": "state",
                    "label": _("state"),
                    "type": "select",
                    "choices": [[state, words[state]] for state in STATES],
                },
            ],
            extras=[
                {
                    "name": "topic",
                    "label": _("about"),
                    "type": "select",
                    "choices": [[slug, name] for slug, name in Topic.objects.values_list("slug", "name")],
                }
            ],
        )
