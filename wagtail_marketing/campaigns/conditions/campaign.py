"""``campaign``: who received, opened or clicked it, or bought after it. Machine opens and clicks never count.

``{"did": "opened", "id": 3, "within": {"last_days": 30}}``; without ``id`` any campaign. ``bought`` is an order,
not cancelled, placed within ``days`` (7) of the message; which campaign earned the order is attribution's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.messaging.models import EventType, Message, MessageEvent, MessageState
from wagtail_marketing.segments.engine import values
from wagtail_marketing.segments.engine.period import Period, passed, read_period
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope

RECEIVED, OPENED, CLICKED, BOUGHT = "received", "opened", "clicked", "bought"
EVENTS = {OPENED: EventType.OPEN, CLICKED: EventType.CLICK}
#: Days after a message in which an order counts as bought after it, and the most that may be asked for.
DAYS, MOST_DAYS = 7, 400
REF = "campaign:"


@dataclass(frozen=True, slots=True)
class CampaignParams:
    did: str
    pk: int | None
    name: str
    days: int
    within: Period | None

    @property
    def ref(self) -> str:
        return f"{REF}{self.pk}"


@dataclass(frozen=True, slots=True)
class History:
    """What one contact did with messages of campaigns: ``(campaign's ref, when)``."""

    received: tuple[tuple[str, datetime], ...]
    opened: tuple[tuple[str, datetime], ...]
    clicked: tuple[tuple[str, datetime], ...]
    ordered: tuple[datetime, ...]


def _sent() -> QuerySet[Message]:
    found = Message.objects.filter(contact__isnull=False, state=MessageState.SENT, settled_at__isnull=False)
    return found.order_by()


def _events(did: str) -> QuerySet[MessageEvent]:
    found = MessageEvent.objects.filter(type=EVENTS[did], machine=False, message__contact__isnull=False)
    return found.order_by()


def _orders() -> QuerySet[Order]:
    return Order.objects.filter(contact__isnull=False, cancelled_at__isnull=True).order_by()


def _history(contact: Contact) -> History:
    def events(did: str) -> tuple[tuple[str, datetime], ...]:
        mine = _events(did).filter(message__contact=contact, send__source_ref__startswith=REF)
        return tuple(mine.values_list("send__source_ref", "occurred_at"))

    received = _sent().filter(contact=contact, send__source_ref__startswith=REF)
    return History(
        tuple(received.values_list("send__source_ref", "settled_at")),
        events(OPENED),
        events(CLICKED),
        tuple(_orders().filter(contact=contact).values_list("placed_at", flat=True)),
    )


class CampaignCondition(Condition):
    key = "campaign"
    label = gettext_lazy("What they did with a campaign")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> CampaignParams:
        reader = values.Reader(params, path)
        did = reader.choice("did", (RECEIVED, OPENED, CLICKED, BOUGHT))
        pk = reader.get("id", values.whole(1, 2**31 - 1))
        name = ""
        if pk is not None:
            name = Campaign.objects.filter(pk=pk).values_list("name", flat=True).first()
            if name is None:
                raise InvalidRules(
                    _("There is no campaign %(pk)s.") % {"pk": pk},
                    path=reader.at("id"),
                    remedy=_("Choose one that exists."),
                )
        days = reader.get("days", values.whole(1, MOST_DAYS), DAYS) if did == BOUGHT else DAYS
        within = reader.get("within", lambda raw, at: read_period(raw, at, moment))
        reader.finish()
        return CampaignParams(did, pk, name, days, within)

    def reads(self, params: CampaignParams) -> frozenset[str]:
        # The log of activities is told of every message, open and click.
        return frozenset({"activity", "orders"}) if params.did == BOUGHT else frozenset({"activity"})

    def due(self, params: CampaignParams, since: Moment, moment: Moment) -> QuerySet | None:
        if not params.within or params.within.last is None:
            return None
        rows, column, contact = self._rows(params)
        passing = passed(column, [params.within.last], since, moment)
        return None if passing is None else rows.filter(passing).values_list(contact, flat=True)

    def _rows(self, params: CampaignParams) -> tuple[QuerySet, str, str]:
        """What happened, the column of its moment, and the path to the contact."""
        mine = Q(send__source_ref=params.ref) if params.pk else Q(send__source_ref__startswith=REF)
        if params.did in EVENTS:
            return _events(params.did).filter(mine), "occurred_at", "message__contact_id"
        if params.did == RECEIVED:
            return _sent().filter(mine), "settled_at", "contact_id"
        until = ExpressionWrapper(
            F("settled_at") + Value(timedelta(days=params.days), output_field=DurationField()),
            output_field=DateTimeField(),
        )
        before = (
            _sent()
            .filter(mine, contact=OuterRef("contact"), settled_at__lte=OuterRef("placed_at"))
            .annotate(wm_until=until)
            .filter(wm_until__gte=OuterRef("placed_at"))
        )
        return _orders().filter(Exists(before)), "placed_at", "contact_id"

    def q(self, params: CampaignParams, scope: Scope) -> Q:
        rows, column, contact = self._rows(params)
        if params.within:
            rows = rows.filter(**params.within.lookups(column, scope.moment))
        return Q(pk__in=scope.narrow(rows, contact.removesuffix("_id")).values(contact))

    def check(self, params: CampaignParams, facts: Facts, moment: Moment) -> Answer:
        history: History = facts.load("campaigns", _history)
        if params.did == BOUGHT:
            sent = [at for ref, at in history.received if self._is(params, ref)]
            after = timedelta(days=params.days)
            times = [at for at in history.ordered if any(start <= at <= start + after for start in sent)]
        else:
            rows = {RECEIVED: history.received, OPENED: history.opened, CLICKED: history.clicked}[params.did]
            times = [at for ref, at in rows if self._is(params, ref)]
        if params.within:
            times = [at for at in times if params.within.contains(at, moment)]
        said = _("never")
        if times:
            said = date_format(max(times).astimezone(moment.zone), "SHORT_DATE_FORMAT")
        return Answer(bool(times), len(times), said)

    def _is(self, params: CampaignParams, ref: str) -> bool:
        return params.pk is None or ref == params.ref

    def text(self, params: CampaignParams) -> str:
        what = {
            RECEIVED: _("received the campaign “%(name)s”") if params.pk else _("received any campaign"),
            OPENED: _("opened the campaign “%(name)s”") if params.pk else _("opened any campaign"),
            CLICKED: _("clicked in the campaign “%(name)s”") if params.pk else _("clicked in any campaign"),
            BOUGHT: _("bought after the campaign “%(name)s”") if params.pk else _("bought after any campaign"),
        }[params.did] % {"name": params.name}
        if params.did == BOUGHT:
            days = ngettext("within %(n)s day of it", "within %(n)s days of it", params.days)
            what = f"{what} {days % {'n': params.days}}"
        return f"{what}, {params.within.text()}" if params.within else what

    def descriptor(self) -> Descriptor:
        campaigns = Campaign.objects.order_by("-pk").values_list("pk", "name")[:500]
        return Descriptor(
            self.key,
            str(self.label),
            inputs=[
                {
                    "name": "did",
                    "label": _("what"),
                    "type": "select",
                    "choices": [
                        [RECEIVED, _("received")],
                        [OPENED, _("opened")],
                        [CLICKED, _("clicked")],
                        [BOUGHT, _("bought after")],
                    ],
                }
            ],
            extras=[
                {
                    "name": "id",
                    "label": _("the campaign"),
                    "type": "select",
                    "number": True,
                    "choices": [[pk, name] for pk, name in campaigns],
                },
                {"name": "days", "label": _("days after it (bought)"), "type": "number"},
                {"name": "within", "label": _("in a period"), "type": "period"},
            ],
        )
