"""The kinds of condition: rooms above (and hosts) register theirs here, in ``AppConfig.ready``.

A kind is one class. It says which params are possible, turns them into SQL and into a check of one
person, and puts them into words; the builder draws its row from ``descriptor``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from wagtail_marketing.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Moment:
    """When a rule is judged, and in which zone its bare dates lie."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The beginning of ``day`` in the shop's zone, in UTC."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)


@dataclass(slots=True)
class Trace:
    """What a condition was compiled from, for who keeps the SQL."""

    #: Segments that were looked at, as they were in force (None: not published).
    segments: dict[int, Any] = field(default_factory=dict)
    #: Whether every kind says so of itself (``Condition.reusable``).
    reusable: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """What a compiled condition needs to know: the moment, and whose rows may be looked at.

    ``contact_ids`` pushes a handful of contacts down into every subquery (a new order re-checks one);
    ``inside`` are the segments that are being compiled, so that a circle is seen; ``trace`` is filled for who
    keeps the SQL.
    """

    moment: Moment
    contact_ids: Sequence[int] | None = None
    inside: tuple[int, ...] = ()
    trace: Trace | None = None

    def narrow(self, rows: QuerySet, path: str = "contact") -> QuerySet:
        """``rows`` of the contacts in question only."""
        return rows if self.contact_ids is None else rows.filter(**{f"{path}__in": tuple(self.contact_ids)})


class Facts:
    """What is known of one contact, loaded once per kind of fact however many rules ask."""

    def __init__(self, contact: Any):
        self.contact = contact
        self._loaded: dict[str, Any] = {}

    def load(self, name: str, loader: Callable[[Any], Any]) -> Any:
        """``loader(contact)``, called at most once under ``name``."""
        if name not in self._loaded:
            self._loaded[name] = loader(self.contact)
        return self._loaded[name]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a condition holds for one contact, and by which actual value (None: unset)."""

    holds: bool
    actual: Any = None
    #: The actual value in words, for "why".
    said: str = ""


@dataclass(frozen=True)
class Descriptor:
    """How the builder draws a row of this kind; everything is JSON (see ``docs/how-to/add-a-condition.md``).

    ``subject``: name of the param that ``subjects`` choose (such as ``field``), empty for none;
    ``subjects``: ``{"key", "label", "ops", "type", "choices"?}``;
    ``inputs``: params that are always shown; ``extras``: params that a button adds.
    """

    key: str
    label: str
    subject: str = ""
    subjects: list[dict] = field(default_factory=list)
    inputs: list[dict] = field(default_factory=list)
    extras: list[dict] = field(default_factory=list)


class Condition(ABC):
    """One kind of condition. ``params`` below is what ``clean`` returned, never raw JSON."""

    #: The ``kind`` of a rule in JSON.
    key: str
    #: Heading in the builder's menu.
    label: Any
    #: True: ``q`` follows the moment only through ``now`` plus or minus a fixed time and through ``today``, so
    #: that its SQL can be kept for the day and asked again with another ``now``.
    reusable = False

    @abstractmethod
    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> Any:
        """Check raw params; return them typed. Raise ``InvalidRules`` with the path and the remedy."""

    @abstractmethod
    def reads(self, params: Any) -> frozenset[str]:
        """Names of the facts that decide it (``contact``, ``orders``, ``consent`` ...)."""

    def due(self, params: Any, since: Moment, moment: Moment) -> QuerySet | None:
        """Contact ids whose answer the passing of time alone may have turned in ``(since, moment]``.

        One column of ids, found by an index; too many do no harm, each is judged anew. ``None`` (as here):
        time does not matter, or only the scheduled refresh looks after it.
        """
        return None

    @abstractmethod
    def q(self, params: Any, scope: Scope) -> Q:
        """A condition on ``Contact`` that is true or false for every row, never NULL: groups negate it."""

    @abstractmethod
    def check(self, params: Any, facts: Facts, moment: Moment) -> Answer:
        """The same for one contact, in memory."""

    @abstractmethod
    def text(self, params: Any) -> str:
        """The condition in words, as the end of a sentence: ``has placed at least 3 orders``."""

    @abstractmethod
    def descriptor(self) -> Descriptor:
        """For the builder."""


conditions: Registry[Condition] = Registry("conditions")

#: room -> ``names of what uses the segment (by id)``: a segment in use is not deleted, and switching it off warns
usages: Registry[Callable[[int], Iterable[str]]] = Registry("uses of a segment")

#: By the name that an input's ``suggest`` gives: ``find(typed) -> (value, label)``, a few, the best first.
suggesters: Registry[Callable[[str], Iterable[tuple[str, str]]]] = Registry("suggestions")


@dataclass(frozen=True)
class PageSection:
    """A part of a segment's performance page. ``build(segment, request)`` returns components, in order."""

    key: str
    title: Any
    order: int
    build: Callable[[Any, Any], Iterable[Any]]


#: Rooms above add their figures of a segment's members here.
performance_sections: Registry[PageSection] = Registry("sections of a segment's performance")

#: room -> ``by how many things each of these segments is used``: one statement for a whole list.
usage_counts: Registry[Callable[[Sequence[int]], Mapping[int, int]]] = Registry("counts of uses of segments")
