"""Writes of contacts: the admin, the API, the sync and the tasks all call these."""

from .consent import (
    ConsentOutcome,
    Evidence,
    record_consent,
    suppress,
    unsubscribe,
)
from .host_consent import apply_host_consent
from .people import add_tag, create_contact, remove_tag, update_contact
from .privacy import erase_person, export_person
from .upsert import UpsertResult, mark_deleted, upsert_contacts

__all__ = [
    "ConsentOutcome",
    "Evidence",
    "UpsertResult",
    "add_tag",
    "apply_host_consent",
    "create_contact",
    "erase_person",
    "export_person",
    "mark_deleted",
    "record_consent",
    "remove_tag",
    "suppress",
    "unsubscribe",
    "update_contact",
    "upsert_contacts",
]
