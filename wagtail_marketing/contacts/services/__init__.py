"""Writes of contacts: the admin, the API, the sync and the tasks all call these."""

from .consent import (
    ConsentOutcome,
    Evidence,
    record_consent,
    unsubscribe,
)
from .people import add_tag, create_contact, remove_tag, update_contact
from .privacy import erase_person, export_person
from .reported import Report, ReportOutcome, apply_host_consent, record_consents
from .suppression import lift_suppression, suppress, suppress_many
from .upsert import UpsertResult, mark_deleted, upsert_contacts

__all__ = [
    "ConsentOutcome",
    "Evidence",
    "Report",
    "ReportOutcome",
    "UpsertResult",
    "add_tag",
    "apply_host_consent",
    "create_contact",
    "erase_person",
    "export_person",
    "lift_suppression",
    "mark_deleted",
    "record_consent",
    "record_consents",
    "remove_tag",
    "suppress",
    "suppress_many",
    "unsubscribe",
    "update_contact",
    "upsert_contacts",
]
