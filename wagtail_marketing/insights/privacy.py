"""What this room knows of a person, and forgets of them."""

from typing import Any

from wagtail_marketing.contacts.merging import Derived, Merger
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import erasers, exporters, mergers

from .models import EngagementScore, RfmScore


def export_scores(contact: Contact) -> dict[str, Any]:
    """How good a customer the person is, as we see it."""
    row = RfmScore.objects.filter(contact=contact).first()
    engagement = EngagementScore.objects.filter(contact=contact).first()
    return {
        "rfm": row
        and {
            "recency": row.recency,
            "frequency": row.frequency,
            "monetary": row.monetary,
            "group": row.cell,
            "computed_at": row.computed_at.isoformat(),
        },
        "engagement": engagement and {"score": engagement.score, "computed_at": engagement.computed_at.isoformat()},
    }


def erase_scores(contact: Contact) -> None:
    """A score is a judgement of a person. The orders stay, so the next night may judge the pseudonym again."""
    RfmScore.objects.filter(contact=contact).delete()
    EngagementScore.objects.filter(contact=contact).delete()


#: Computed from others' rows: what the survivor is worth is known after the next night.
MERGER = Merger(Derived(RfmScore), Derived(EngagementScore))


def register() -> None:
    mergers.register("scores", MERGER)
    exporters.register("scores", export_scores)
    erasers.register("scores", erase_scores)
