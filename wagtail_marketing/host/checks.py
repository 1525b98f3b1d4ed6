"""System checks of the adapter's maps: what is missing is named before the first sync, with its remedy."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from . import get_adapter
from .adapter import HostAdapter
from .errors import AdapterError
from .model_adapter import MAPS, ModelHostAdapter
from .reader import resolve


@register(Tags.models)
def check_adapter(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The adapter of the site (an import error is the settings check's)."""
    try:
        adapter = get_adapter()
    except ImportError:
        return []
    except TypeError as error:
        return [
            Error(
                f"The host adapter cannot be made: {error}",
                hint="Implement what HostAdapter leaves abstract, and take no arguments.",
                id="wagtail_marketing.E101",
            )
        ]
    if not isinstance(adapter, HostAdapter):
        return [
            Error(
                f"{type(adapter).__name__} is no HostAdapter.",
                hint="Subclass wagtail_marketing.host.ModelHostAdapter or HostAdapter.",
                id="wagtail_marketing.E101",
            )
        ]
    return check_maps(adapter) if isinstance(adapter, ModelHostAdapter) else []


def check_maps(adapter: ModelHostAdapter) -> list[CheckMessage]:
    """Every map against its models: missing models and fields, several values for one, keys that repeat."""
    found: list[CheckMessage] = []
    name = type(adapter).__name__
    for kind, mapped in adapter.maps.items():
        if not isinstance(mapped, MAPS[kind]):
            found.append(
                Error(
                    f"{name}.{kind} is a {type(mapped).__name__}.",
                    hint=f"It must be a {MAPS[kind].__name__}.",
                    id="wagtail_marketing.E102",
                )
            )
            continue
        try:
            plan = adapter.plan(kind)
            if kind == "customers":
                list(adapter.attributes())
        except AdapterError as error:
            found.append(
                Error(f"{name}.{kind}: {error.message}", hint=str(error.remedy) or None, id="wagtail_marketing.E103")
            )
            continue
        field = resolve(plan.model, mapped.key).field
        if field is not None and not field.unique and not _unique_together(plan.model, field.name):
            found.append(
                Warning(
                    f"{name}.{kind}: the key “{mapped.key}” is not unique.",
                    hint="Two rows with one key become one of ours: name a unique field, or make this one unique.",
                    id="wagtail_marketing.W104",
                )
            )
    if "customers" not in adapter.maps and type(adapter).customers is ModelHostAdapter.customers:
        found.append(
            Warning(
                f"{name} maps no customers.",
                hint="Give it “customers = CustomerMap(model=..., key=..., email=...)”.",
                id="wagtail_marketing.W105",
            )
        )
    return found


def _unique_together(model: Any, name: str) -> bool:
    return any(tuple(constraint.fields) == (name,) for constraint in model._meta.total_unique_constraints)
