import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wagtail_marketing.core.identity import normalise_email, normalise_phone
from wagtail_marketing.core.money import to_minor
from wagtail_marketing.host import ModelHostAdapter, get_adapter
from wagtail_marketing.host.adapter import HostAdapter
from wagtail_marketing.host.checks import check_adapter
from wagtail_marketing.host.errors import RowError
from wagtail_marketing.host.types import HostOrder

KINDS = ("customers", "products", "orders", "carts")


class Command(BaseCommand):
    help = (
        "Show how the adapter reads the shop: a few mapped customers, products, orders and carts, and every "
        "fault with its remedy. Changes nothing. Exit code 1 where there are faults."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--samples", type=int, default=2, help="Rows shown of each kind (%(default)s).")
        parser.add_argument("--rows", type=int, default=500, help="Rows examined of each kind (%(default)s).")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args, **options) -> None:
        maps = [
            {"where": "adapter", "message": str(message.msg), "remedy": str(message.hint or ""), "level": message.level}
            for message in check_adapter(None)
        ]
        broken = any(found["level"] >= 40 for found in maps)
        adapter = get_adapter()
        kinds = {} if broken else {kind: self.examine(adapter, kind, options) for kind in KINDS}
        faults = maps + [fault for found in kinds.values() for fault in found["faults"]]
        report = {
            "adapter": f"{type(adapter).__module__}.{type(adapter).__qualname__}",
            "order_total_includes": str(adapter.order_total_includes),
            "attributes": [] if broken else [plain(spec) for spec in adapter.attributes()],
            "consent_channels": [] if broken else list(adapter.consent_channels()),
            "kinds": kinds,
            "faults": faults,
        }
        self.stdout.write(json.dumps(report)) if options["json"] else self.tell(report)
        if any(fault["level"] >= 40 for fault in faults):
            raise SystemExit(1)

    def examine(self, adapter: HostAdapter, kind: str, options: dict) -> dict[str, Any]:
        """Samples, count and faults of one kind; a fault of a row is shown once per field."""
        seen: dict[tuple[str, str], dict[str, Any]] = {}
        samples = []
        with adapter.collecting() as errors:
            examined = 0
            try:
                for row in islice(getattr(adapter, kind)(), options["rows"]):
                    examined += 1
                    if len(samples) < options["samples"]:
                        samples.append(plain(row))
                    errors.extend(doubts(adapter, kind, row))
                count = adapter.count(kind)
            except Exception as error:
                count = None
                errors.append(RowError(kind, "", "", f"{type(error).__name__}: {error}", "Look at the adapter."))
        for error in errors:
            fault = seen.setdefault(
                (error.field, error.remedy),
                {"where": kind, "message": str(error), "remedy": error.remedy, "level": level(error), "rows": 0},
            )
            fault["rows"] += 1
        incremental = not isinstance(adapter, ModelHostAdapter) or bool(
            kind not in adapter.maps or adapter.maps[kind].updated_at
        )
        return {
            "count": count,
            "examined": examined,
            "incremental": incremental,
            "samples": samples,
            "faults": list(seen.values()),
        }

    def tell(self, report: dict) -> None:
        self.stdout.write(f"Adapter {report['adapter']}")
        self.stdout.write(f"An order's total includes {report['order_total_includes']}.")
        names = ", ".join(f"{spec['name']} ({spec['type']})" for spec in report["attributes"])
        self.stdout.write(f"Attributes: {names or 'none'}")
        self.stdout.write(f"Consent: {', '.join(report['consent_channels']) or 'the shop does not know it'}")
        for kind, found in report["kinds"].items():
            how = "" if found["incremental"] else ", read whole by every sync (no updated_at)"
            self.stdout.write(self.style.MIGRATE_HEADING(f"{kind}: {found['count']} rows{how}"))
            for sample in found["samples"]:
                self.stdout.write(json.dumps(sample, indent=2, ensure_ascii=False))
        for fault in report["faults"]:
            style = self.style.ERROR if fault["level"] >= 40 else self.style.WARNING
            rows = f" ({fault['rows']} rows)" if fault.get("rows", 1) > 1 else ""
            self.stdout.write(style(f"{fault['where']}: {fault['message']}{rows}"))
            if fault["remedy"] and fault["remedy"] not in fault["message"]:
                self.stdout.write(f"  {fault['remedy']}")
        if not report["faults"]:
            self.stdout.write(self.style.SUCCESS("No faults."))


#: Lines, choices and codes that a sample shows.
MOST_SHOWN = 4
#: Doubts that are no fault of the map: the row is synced all the same.
DOUBTS = frozenset({"email", "phone", "lines", "total"})


def level(error: RowError) -> int:
    """As in Django's checks: 30 a warning, 40 an error."""
    return 30 if error.field in DOUBTS else 40


def doubts(adapter: HostAdapter, kind: str, row: Any) -> Iterator[RowError]:
    """What can be read and still looks wrong."""
    if kind == "customers":
        if row.email and not normalise_email(row.email):
            yield RowError(kind, row.key, "email", f"“{row.email}” is no e-mail address.", "It gets no mail.")
        if row.phone and not normalise_phone(row.phone):
            remedy = "Store numbers with +country code, or set WAGTAIL_MARKETING['DEFAULT_PHONE_REGION']."
            yield RowError(kind, row.key, "phone", f"“{row.phone}” is no phone number.", remedy)
    elif kind == "orders":
        yield from _order_doubts(adapter, row)


def _order_doubts(adapter: HostAdapter, row: HostOrder) -> Iterator[RowError]:
    try:
        to_minor(row.total, row.currency)
        adapter.to_base(row.total, row.currency, row.placed_at)
    except Exception as error:
        yield RowError("orders", row.ref, "currency", str(error), "")
    if not row.lines:
        yield RowError("orders", row.ref, "lines", "has no lines.", "Look at the related name of the lines.")
    refs = [line.ref for line in row.lines]
    if len(refs) != len(set(refs)):
        yield RowError("orders", row.ref, "lines.ref", "two lines have one ref.", "Map a field unique in the order.")
    net = sum((line.total for line in row.lines), start=row.shipping)
    if row.lines and abs(net - row.total) > max(row.discount, row.total * 30 / 100):
        remedy = f"Lines are net of discounts; the total includes {adapter.order_total_includes}."
        yield RowError("orders", row.ref, "total", f"is {row.total}, its lines and shipping are {net}.", remedy)


def plain(value: Any) -> Any:
    """A dataclass as JSON, without what is empty, long lists cut short."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {name: inner for name, inner in pairs.items() if inner not in ("", None, [], {})}
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        shown = [plain(inner) for inner in value[:MOST_SHOWN]]
        return [*shown, f"and {len(value) - MOST_SHOWN} more"] if len(value) > MOST_SHOWN else shown
    return value if isinstance(value, int | float | bool | str | None) else str(value)
