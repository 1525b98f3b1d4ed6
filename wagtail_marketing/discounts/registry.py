"""Plugs of this room: facts about a shopper that a higher capability knows.

A capability registers a provider under the name of a fact that the engine's conditions read::

    fact_providers.register("segments", segments_of)
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from wagtail_marketing.contacts.models import Contact, Tag
from wagtail_marketing.core.registry import Registry

#: (contact, values asked for, now) -> those of the values that hold for the contact.
FactProvider = Callable[[Contact, frozenset[str], datetime], Iterable[str]]

#: By name of the fact: ``segments``, ``tier``. What nobody provides does not hold.
fact_providers: Registry[FactProvider] = Registry("discount facts")

#: By name of the fact: the values that staff may choose, as ``(value, label)`` pairs.
fact_choices: Registry[Callable[[], Iterable[tuple[str, str]]]] = Registry("discount fact choices")


def label_of(name: str, value: str) -> str:
    """What staff call a value of a fact; the value itself where nobody knows a name for it."""
    choices = fact_choices.get(name)
    return dict(choices()).get(value, value) if choices else value


def _tags() -> Iterable[tuple[str, str]]:
    return Tag.objects.values_list("slug", "name")


fact_choices.register("tags", _tags)
