"""Reading a model through a map: by columns where it can, by objects where a callable wants one.

Columns (``values_list``) cost a fraction of objects; a path to several values costs one more statement
per batch, not one per row.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model, QuerySet

from .errors import AdapterError
from .maps import Constant, Source

Getter = Callable[[Any], Any]


@dataclass(frozen=True)
class Resolved:
    """What a path leads to: columns all the way, or through a relation to many, or to an attribute."""

    is_column: bool
    several: bool
    field: Field | None
    relations: tuple[str, ...]


def resolve(model: type[Model], path: str) -> Resolved:
    """Follow ``path`` from ``model``. Raises ``AdapterError`` that names the part which does not exist."""
    current: type[Model] | None = model
    relations: list[str] = []
    several = False
    parts = path.split("__")
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        try:
            field = current._meta.pk if part == "pk" else current._meta.get_field(part)  # type: ignore[union-attr]
        except FieldDoesNotExist:
            if last and (hasattr(current, part) or part in getattr(current, "__annotations__", {})):
                return Resolved(False, several, None, tuple(relations))
            names = sorted(field.name for field in current._meta.get_fields())  # type: ignore[union-attr]
            raise AdapterError(
                f"{current.__name__} has no field “{part}” (in “{path}”).",  # type: ignore[union-attr]
                field=path,
                remedy=f"Its fields are: {', '.join(names)}.",
            ) from None
        if field.is_relation and not last:
            several = several or bool(field.one_to_many or field.many_to_many)
            if not several:
                relations.append(part)
            current = field.related_model
        elif not last:
            raise AdapterError(
                f"“{part}” of {current.__name__} is no relation (in “{path}”).",  # type: ignore[union-attr]
                field=path,
                remedy="Only relations can be followed by “__”.",
            )
        else:
            several = several or bool(field.one_to_many or field.many_to_many)
            return Resolved(True, several, field if isinstance(field, Field) else None, tuple(relations))
    raise AssertionError("a path has at least one part")


class Reader:
    """Rows of one model, and a getter for each mapped field; every row knows its ``pk``."""

    def __init__(
        self,
        model: type[Model],
        sources: Mapping[str, Source],
        *,
        several: Iterable[str] = (),
        prefetch: Sequence[str] = (),
        owner: str = "",
    ):
        self.model = model
        self.prefetch = prefetch
        self._several: dict[str, str] = {}
        self._paths: list[str] = ["pk", *([owner] if owner else [])]
        self.owner: Getter | None = None
        single: dict[str, Source] = {}
        by_columns = True
        for name, source in sources.items():
            if isinstance(source, str):
                resolved = resolve(model, source)
                if resolved.several:
                    if name not in several:
                        raise AdapterError(
                            f"“{source}” leads to several values, and “{name}” takes one.",
                            field=name,
                            remedy="Map a callable that chooses one.",
                        )
                    self._several[name] = source
                    continue
                by_columns = by_columns and resolved.is_column
            elif not isinstance(source, Constant):
                by_columns = False
            single[name] = source
        self.by_columns = by_columns
        self.getters: dict[str, Getter] = {}
        relations: set[str] = set()
        for name, source in single.items():
            self.getters[name] = self._column(source) if by_columns else _attribute(source)
            if isinstance(source, str):
                relations.update("__".join(part) for part in [resolve(model, source).relations] if part)
        self.relations = sorted(relations)
        self.pk: Getter = itemgetter(0) if by_columns else (lambda row: row.pk)
        if owner:
            attname = model._meta.get_field(owner).attname  # type: ignore[union-attr]
            self.owner = itemgetter(1) if by_columns else (lambda row: getattr(row, attname))

    def _column(self, source: Source) -> Getter:
        if isinstance(source, Constant):
            return lambda row: source.value
        if source not in self._paths:
            self._paths.append(str(source))
        return itemgetter(self._paths.index(str(source)))

    def rows(self, queryset: QuerySet) -> Iterable[Any]:
        """The rows of ``queryset``, as columns or as objects with what their getters need."""
        if self.by_columns:
            return queryset.values_list(*self._paths)
        if self.relations:
            queryset = queryset.select_related(*self.relations)
        return queryset.prefetch_related(*self.prefetch) if self.prefetch else queryset

    def several(self, rows: Sequence[Any]) -> dict[str, dict[Any, list[Any]]]:
        """For each field of several values: pk of the row -> its values, in their own order."""
        found: dict[str, dict[Any, list[Any]]] = {}
        for name, path in self._several.items():
            values: dict[Any, list[Any]] = defaultdict(list)
            query = self.model._default_manager.filter(pk__in=[self.pk(row) for row in rows]).order_by("pk", path)
            for pk, value in query.values_list("pk", path):
                if value is not None:
                    values[pk].append(value)
            found[name] = values
        return found


def _attribute(source: Source) -> Getter:
    if isinstance(source, Constant):
        return lambda row: source.value
    if callable(source):
        return source
    parts = source.split("__")

    def get(row: Any) -> Any:
        for part in parts:
            if row is None:
                return None
            row = getattr(row, part)
        return row() if callable(row) else row

    return get
