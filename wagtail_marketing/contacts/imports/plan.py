"""What somebody decided about a file, in the form in which the engine uses it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .targets import attribute_types

UPDATE, FILL, SKIP = "update", "fill", "skip"
KNOWN = (UPDATE, FILL, SKIP)
#: What a file may say of everybody in it; empty: nothing.
STATUSES = ("", "subscribed", "unsubscribed", "bounce", "complaint", "manual")


@dataclass
class Plan:
    """``columns`` has one target per column of the file, ``names`` their headings.

    ``agreed_at`` dates a consent whose row has no date; ``agreed_by`` says in words how it was given. Without
    ``may_agree`` (no source, or no date to be had) no consent is added.
    """

    columns: list[str]
    names: list[str]
    known: str = UPDATE
    tag: str = ""
    status: str = ""
    channel: str = "email"
    topic_id: int | None = None
    agreed_by: str = ""
    agreed_at: datetime | None = None
    date_order: str = ""
    utc: bool = False
    ours: bool = False
    types: dict[str, str] = field(default_factory=dict)

    @property
    def may_agree(self) -> bool:
        return bool(self.agreed_by)

    @classmethod
    def of(cls, source: Any) -> "Plan":
        """The plan of a ``ContactImport``."""
        options = dict(source.options)
        moment = options.get("agreed_at")
        return cls(
            columns=list(source.columns),
            names=list(source.names),
            known=options.get("known", UPDATE),
            tag=options.get("tag", ""),
            status=options.get("status", ""),
            channel=options.get("channel") or "email",
            topic_id=options.get("topic"),
            agreed_by=options.get("agreed_by", ""),
            agreed_at=datetime.fromisoformat(moment) if moment else None,
            date_order=options.get("date_order", ""),
            utc=bool(options.get("utc")),
            ours=bool(options.get("ours")),
            types=attribute_types(),
        )


def adds_consent(columns: list[str], status: str) -> bool:
    """Whether a mapping can add consent at all, so that its source, channel and date must be named."""
    said = any(key.startswith("consent.") and not key.endswith(".at") for key in columns)
    return status == "subscribed" or said
