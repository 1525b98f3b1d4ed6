"""What a room says of a merge: which of its rows change their owner, which of them go.

::

    # wagtail_marketing/commerce/privacy.py
    mergers.register(
        "commerce",
        Merger(
            Moved(Order, label=_("orders")),
            Moved(Membership, unique=("segment",), where=Q(left_at=None), label=_("segments")),
            Derived(ContactTotals),
            after=lambda contacts: refresh_totals(contacts=contacts),
        ),
    )

Each is a fixed number of statements, whatever the person's history, and gives what it takes to undo it.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet

from .facts import runs
from .models import Contact

#: Ranges of ids that one statement of an undo names.
STEP = 200


class _Exact(DjangoJSONEncoder):
    """Moments to the microsecond, which Django's own cuts off."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def as_json(rows: Iterable[Model]) -> list[dict[str, Any]]:
    """Rows as ``serializers.deserialize("python", ...)`` reads them back, JSON-serialisable."""
    return json.loads(json.dumps(serializers.serialize("python", rows), cls=_Exact))


class Moved:
    """The rows of ``model`` that point at a contact by ``field`` go to the survivor in one statement.

    ``unique`` names the other columns of a unique constraint over the contact, ``where`` the rows for which
    it holds: where the survivor has such a row already, it stays and the other's goes. A model with one row
    a contact takes no ``unique``. ``label`` is what people call the rows; without one they are not shown.
    """

    def __init__(
        self,
        model: type[Model],
        field: str = "contact",
        *,
        unique: Sequence[str] | None = None,
        where: Q | None = None,
        label: Any = "",
    ):
        self.model, self.field, self.label = model, field, label
        column = model._meta.get_field(field)
        self.unique = tuple(unique) if unique is not None else (() if column.unique else None)
        self.where = where or Q()
        self.is_key = column.primary_key

    @property
    def name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.field}"

    def rows(self, contact: Contact) -> QuerySet:
        return self.model._base_manager.filter(**{self.field: contact.pk})

    def count(self, contact: Contact) -> int:
        return self.rows(contact).count()

    def merge(self, keep: Contact, gone: Contact) -> dict[str, Any]:
        dropped = self._doubled(keep, gone)
        rows = as_json(dropped) if dropped is not None else []
        if rows:
            self.model._base_manager.filter(pk__in=[row["pk"] for row in rows]).delete()
        ids = [gone.pk] if self.is_key else list(self.rows(gone).values_list("pk", flat=True))
        moved = self.rows(gone).update(**{self.field: keep.pk})
        return {"moved": moved, "ids": runs(ids) if moved else [], "dropped": rows}

    def _doubled(self, keep: Contact, gone: Contact) -> QuerySet | None:
        """Those of ``gone`` that would meet one of ``keep`` under the unique constraint."""
        if self.unique is None:
            return None
        mine = self.rows(keep).filter(self.where)
        doubled = self.rows(gone).filter(self.where)
        if not self.unique:
            return doubled if mine.exists() else doubled.none()
        (column,) = self.unique
        return doubled.filter(**{f"{column}__in": mine.values(column)})

    def undo(self, keep: Contact, gone: Contact, data: dict[str, Any]) -> None:
        """What is still the survivor's of what was moved goes back, and what was doubled stands again."""
        if self.is_key:
            if data["moved"]:
                self.rows(keep).update(**{self.field: gone.pk})
        else:
            for start in range(0, len(data["ids"]), STEP):
                ways = Q()
                for first, last in data["ids"][start : start + STEP]:
                    ways |= Q(pk__range=(first, last))
                self.rows(keep).filter(ways).update(**{self.field: gone.pk})
        for row in serializers.deserialize("python", data["dropped"], ignorenonexistent=True):
            if self._has_its_other_end(row.object):
                row.save()

    def _has_its_other_end(self, row: Model) -> bool:
        """Whether the tag, list or segment that a doubled row was about still stands."""
        for name in self.unique or ():
            column = row._meta.get_field(name)
            if column.is_relation:
                other = column.related_model._base_manager.filter(pk=getattr(row, column.attname))
                if not other.exists():
                    return False
        return True


class Derived(Moved):
    """Rows that are computed from others: the lost contact's go, and ``Merger.after`` computes anew."""

    def merge(self, keep: Contact, gone: Contact) -> dict[str, Any]:
        self.rows(gone).delete()
        return {"moved": 0, "ids": [], "dropped": []}


class Merger:
    """What one room does when ``gone`` becomes ``keep``. ``after`` gets the ids of the contacts whose rows
    changed, after the merge and after its undoing."""

    def __init__(self, *rows: Moved, after: Callable[[Collection[int]], Any] | None = None):
        self.rows_of, self.after = rows, after

    @property
    def relations(self) -> frozenset[str]:
        """``app.model.field`` of every foreign key to a contact that it speaks for."""
        return frozenset(row.name for row in self.rows_of)

    def counts(self, contact: Contact) -> list[tuple[Any, int]]:
        """What of the contact's there is, for people: a statement per table that has a label."""
        return [(row.label, row.count(contact)) for row in self.rows_of if row.label]

    def merge(self, keep: Contact, gone: Contact) -> dict[str, Any]:
        """Move everything; returns what it takes to undo it, JSON-serialisable."""
        undo = {row.name: row.merge(keep, gone) for row in self.rows_of}
        if self.after:
            self.after([keep.pk])
        return undo

    def undo(self, keep: Contact, gone: Contact, data: dict[str, Any]) -> None:
        for row in self.rows_of:
            if row.name in data:
                row.undo(keep, gone, data[row.name])
        if self.after:
            self.after(sorted([keep.pk, gone.pk]))
