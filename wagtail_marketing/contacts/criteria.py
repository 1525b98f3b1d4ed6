"""Which contacts: the one reading of a filter, for the list, for REST and for work in the background.

A filter is kept as it is asked for, names and texts as in a query string, so that a job that runs later means
exactly what the screen showed::

    criteria = Criteria.read(request.GET, plain=may_see_people(request.user))
    criteria.contacts()                  # a queryset: one condition per filter, each carried by an index
    Criteria.load(job.params["criteria"])
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks

from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.identity import normalise_email

from .models import ConsentChoice, ConsentState, Contact, ContactList, ListMembership, Tag
from .registry import ListFilter, channels, list_filters
from .selectors import deliverable_q, jump_values, search_q, suppressed_q

#: The name under which free text is searched for.
SEARCH = "q"
#: The name under which single rows are named, and how many at once.
IDS, MOST_IDS = "ids", 1000
#: Seconds for which the choices of a filter are remembered: reading them walks an index.
REMEMBERED = 300

STANDINGS = (
    ("deliverable", gettext_lazy("may be written to")),
    ("subscribed", ConsentChoice.SUBSCRIBED.label),
    ("pending", ConsentChoice.PENDING.label),
    ("unsubscribed", ConsentChoice.UNSUBSCRIBED.label),
    ("never", gettext_lazy("never asked")),
    ("suppressed", gettext_lazy("on the suppression list")),
)


@dataclass(frozen=True)
class Criteria:
    """Names of filters and what they ask for; ``plain`` says whether the asker may see people."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plain: bool = True

    @classmethod
    def read(cls, query: Any, *, plain: bool) -> "Criteria":
        """From a ``QueryDict``, or any mapping of texts or lists of them; names that are no filter are left out.

        Raises ``InvalidInput`` naming the filter for a value that it does not take.
        """
        wanted: dict[str, tuple[str, ...]] = {}
        known = parameters()
        for name in query:
            if name not in known:
                continue
            given = query.getlist(name) if hasattr(query, "getlist") else query[name]
            if not isinstance(given, str | int | list | tuple):
                raise InvalidInput(_("“%(value)s” is not a choice.") % {"value": given}, field=name)
            texts = [given] if isinstance(given, str | int) else list(given)
            if kept := tuple(text for text in (str(text).strip() for text in texts) if text):
                wanted[name] = kept
        found = cls(wanted, plain)
        found.condition()
        return found

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> "Criteria":
        """What ``dump`` gave. In a worker the rooms' hooks have not been read yet: they bring filters too."""
        hooks.search_for_hooks()
        return cls({name: tuple(texts) for name, texts in kept["values"].items()}, bool(kept["plain"]))

    @staticmethod
    def names() -> tuple[str, ...]:
        """Every name that can be asked for."""
        return tuple(parameters())

    def dump(self) -> dict[str, Any]:
        """As JSON, for the parameters of a job."""
        return {"values": {name: list(texts) for name, texts in self.values.items()}, "plain": self.plain}

    def __bool__(self) -> bool:
        return bool(self.values)

    def condition(self) -> Q:
        """All filters as one condition. Raises ``InvalidInput``.

        A name that is no filter (its room is gone since) is refused, never passed over: without it everybody
        would be meant.
        """
        if unknown := sorted(set(self.values) - set(parameters())):
            raise InvalidInput(_("“%(name)s” is not a filter.") % {"name": unknown[0]}, field=unknown[0])
        found = Q()
        if IDS in self.values:
            found &= Q(pk__in=_ids(self.values[IDS]))
        if SEARCH in self.values:
            found &= search_q(self.values[SEARCH][0], plain=self.plain)
        for name, spec in every_filter().items():
            value = self._value(name, spec)
            if value is None:
                continue
            if spec.personal and not self.plain:
                raise InvalidInput(_("Only who may see people can look for this."), field=name)
            found &= spec.q(value)
        return found

    def contacts(self) -> "QuerySet[Contact]":
        """Who fits, in no order."""
        return Contact.objects.filter(self.condition())

    def words(self) -> list[tuple[str, str]]:
        """Each filter as ``(label, value)`` for people."""
        found = []
        if IDS in self.values:
            found.append((_("Chosen rows"), str(len(_ids(self.values[IDS])))))
        if SEARCH in self.values:
            found.append((_("Search"), self.values[SEARCH][0]))
        for name, spec in every_filter().items():
            value = self._value(name, spec)
            if value is None:
                continue
            if spec.kind == "period":
                start, end = value
                text = " – ".join(
                    date_format(clock_day(moment), "SHORT_DATE_FORMAT") if moment else "…"
                    for moment in (start, end and end - timedelta(microseconds=1))
                )
            else:
                labels = {str(key): str(label) for key, label in (spec.choices() if spec.choices else ())}
                text = ", ".join(labels.get(one, one) for one in self.values[name])
            found.append((str(spec.label), text))
        return found

    def _value(self, name: str, spec: ListFilter) -> Any:
        if spec.kind == "period":
            start, end = (_day(self.values, f"{name}_{side}") for side in ("from", "to"))
            if start is None and end is None:
                return None
            return (
                clock.start_of_day(start) if start else None,
                clock.start_of_day(end + timedelta(days=1)) if end else None,
            )
        texts = self.values.get(name)
        if not texts:
            return None
        if spec.choices and not spec.open_choices:
            allowed = {str(key) for key, _label in spec.choices()}
            for text in texts:
                if text not in allowed:
                    raise InvalidInput(_("“%(value)s” is not a choice.") % {"value": text}, field=name)
        return list(texts) if spec.kind == "several" else texts[0]


def clock_day(moment: datetime) -> date:
    """The day of ``moment`` in the shop's zone."""
    return moment.astimezone(clock.shop_zone()).date()


def _day(values: Mapping[str, tuple[str, ...]], name: str) -> date | None:
    if not values.get(name):
        return None
    try:
        found = date.fromisoformat(values[name][0])
    except ValueError as error:
        raise InvalidInput(
            _("“%(value)s” is not a day.") % {"value": values[name][0]},
            field=name,
            remedy=_("Write it as 2026-01-31."),
        ) from error
    if not 1 < found.year < 9999:
        raise InvalidInput(_("“%(value)s” is not a day.") % {"value": values[name][0]}, field=name)
    return found


def _ids(texts: Iterable[str]) -> list[int]:
    texts = list(texts)
    if len(texts) > MOST_IDS or not all(text.isdecimal() and len(text) < 19 for text in texts):
        raise InvalidInput(_("At most %(most)s rows can be named at once.") % {"most": MOST_IDS}, field=IDS)
    return sorted({int(text) for text in texts})


def every_filter() -> dict[str, ListFilter]:
    """Every filter by name, in the order in which it is offered: ours, one per channel, the registered ones."""
    consent = {
        f"consent_{channel.channel}": ListFilter(
            label=format_lazy(gettext_lazy("Consent, {channel}"), channel=channel.label),
            kind="choice",
            q=_standing_of(channel.channel),
            choices=lambda: STANDINGS,
            order=200,
        )
        for channel in channels
    }
    found = {**OURS, **consent, **dict(list_filters.items())}
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def parameters() -> dict[str, ListFilter | None]:
    """Every name that may stand in a query string."""
    names: dict[str, ListFilter | None] = {SEARCH: None, IDS: None}
    for name, spec in every_filter().items():
        names |= {f"{name}_from": spec, f"{name}_to": spec} if spec.kind == "period" else {name: spec}
    return names


# Our own ------------------------------------------------------------------------------------------


def standing_q(channel: str, standing: str) -> Q:
    """Contacts who stand at one of ``STANDINGS`` on ``channel``."""
    if standing == "deliverable":
        return deliverable_q(channel)
    if standing == "suppressed":
        return suppressed_q(channel)
    states: Any = ConsentState.objects.filter(channel=channel, topic__isnull=True)
    if standing == "never":
        # NOT EXISTS, not NOT IN: PostgreSQL makes a join of the one and a list in memory of the other.
        return ~Q(Exists(states.filter(contact=OuterRef("pk"))))
    return Q(pk__in=states.filter(state=standing).values("contact"))


def _standing_of(channel: str) -> Any:
    return lambda standing: standing_q(channel, standing)


def period_q(column: str) -> Any:
    """A filter's ``q`` for a moment in ``column``: from the start, up to and without the end."""

    def condition(value: tuple[datetime | None, datetime | None]) -> Q:
        start, end = value
        found = Q(**{f"{column}__gte": start}) if start else Q()
        return found & Q(**{f"{column}__lt": end}) if end else found

    return condition


def known_values(field: str) -> list[tuple[str, str]]:
    """The values that a column of contacts has, as choices."""
    key = f"wm-contact-choices-{field}"
    found = cache.get(key)
    if found is None:
        found = [(value, value) for value in jump_values(Contact, field, 300)]
        cache.set(key, found, REMEMBERED)
    return found


def _tagged(slugs: list[str]) -> Q:
    # The ids are read first: by them the planner knows how common each tag is.
    tags = list(Tag.objects.filter(Q(slug__in=slugs) | Q(name__in=slugs)).values_list("pk", flat=True))
    return Q(pk__in=Contact.tags.through.objects.filter(tag__in=tags).values("contact_id") if tags else ())


def _listed(ids: list[str]) -> Q:
    known = [int(text) for text in ids if text.isdecimal() and len(text) < 19]
    return Q(pk__in=ListMembership.objects.filter(contact_list__in=known).values("contact_id") if known else ())


OURS = {
    "tag": ListFilter(
        gettext_lazy("Tag"),
        "several",
        _tagged,
        choices=lambda: list(Tag.objects.values_list("slug", "name")[:500]),
        order=100,
        open_choices=True,
    ),
    "list": ListFilter(
        gettext_lazy("List"),
        "several",
        _listed,
        choices=lambda: list(ContactList.objects.values_list("pk", "name")[:500]),
        order=110,
        open_choices=True,
    ),
    "country": ListFilter(
        gettext_lazy("Country"),
        "choice",
        lambda code: Q(country=code.upper()),
        choices=lambda: known_values("country"),
        order=300,
        open_choices=True,
    ),
    "source": ListFilter(
        gettext_lazy("Source"),
        "choice",
        lambda source: Q(source=source),
        choices=lambda: known_values("source"),
        order=310,
        open_choices=True,
    ),
    "created": ListFilter(gettext_lazy("Customer since"), "period", period_q("created_at"), order=320),
    "gone": ListFilter(
        gettext_lazy("Deleted in the shop"),
        "choice",
        lambda answer: Q(host_deleted_at__isnull=answer == "no"),
        choices=lambda: YES_NO,
        order=600,
    ),
    "email": ListFilter(
        gettext_lazy("E-mail"),
        "text",
        lambda address: Q(email_normalised=normalise_email(address) or address),
        shown=False,
        personal=True,
    ),
    "external_key": ListFilter(gettext_lazy("Customer key"), "text", lambda key: Q(external_key=key), shown=False),
}

YES_NO = (("yes", gettext_lazy("yes")), ("no", gettext_lazy("no")))
