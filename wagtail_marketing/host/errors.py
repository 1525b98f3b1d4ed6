"""What the port reports of a shop's data."""

from dataclasses import dataclass

from wagtail_marketing.core.errors import DomainError


class AdapterError(DomainError):
    """The adapter's map does not fit the shop's models."""

    code = "adapter"


class NoSuchRow(DomainError):
    """The shop's object is not among those that the map lets through."""

    code = "not_mapped"


@dataclass(frozen=True)
class RowError(Exception):
    """One row of the shop that cannot be read: which, why, and what to do."""

    kind: str
    key: str
    field: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.kind} {self.key}" + (f", {self.field}" if self.field else "")
        return f"{where}: {self.message} {self.remedy}".strip()
