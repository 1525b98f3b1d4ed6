"""Plugs of this room: facts about a shopper that a higher capability knows.

A capability registers a provider under the name of a fact that the engine's conditions read::

    fact_providers.register("segments", segments_of)
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core.registry import Registry

#: (contact, values asked for, now) -> those of the values that hold for the contact.
FactProvider = Callable[[Contact, frozenset[str], datetime], Iterable[str]]

#: By name of the fact: ``segments``, ``tier``. What nobody provides does not hold.
fact_providers: Registry[FactProvider] = Registry("discount facts")
