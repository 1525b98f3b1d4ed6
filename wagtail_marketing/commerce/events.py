"""What the mirror tells the rooms above, on commit: it only wakes, the facts are in the tables."""

from dataclasses import dataclass

from wagtail_marketing.core.events import Event


@dataclass(frozen=True)
class OrderMirrored(Event):
    """An order was placed or changed in the shop, and stands in the mirror."""

    order_id: int
    contact_id: int | None
    event: str


@dataclass(frozen=True)
class SyncFinished(Event):
    """A sync came to its end; ``changed`` counts the rows that it wrote."""

    changed: int
