"""Writes of contacts: the admin, the API, the sync and the tasks all call these."""

from .confirm import confirm
from .consent import (
    ConsentOutcome,
    Evidence,
    record_consent,
    unsubscribe,
)
from .lists import add_to_list, create_list, delete_list, remove_from_list, update_list
from .merge import merge_contacts, suggested_values, undo_merge, why_not
from .people import create_contact, update_contact
from .preferences import apply_wishes, save_preferences
from .privacy import erase_person, export_person
from .reported import Report, ReportOutcome, apply_host_consent, record_consents
from .sign_up import sign_up
from .suppression import lift_suppression, suppress, suppress_many
from .tags import add_tag, remove_tag, tag_contacts, untag_contacts
from .upsert import UpsertResult, mark_deleted, upsert_contacts

__all__ = [
    "ConsentOutcome",
    "Evidence",
    "Report",
    "ReportOutcome",
    "UpsertResult",
    "add_tag",
    "add_to_list",
    "apply_host_consent",
    "apply_wishes",
    "confirm",
    "create_contact",
    "create_list",
    "delete_list",
    "erase_person",
    "export_person",
    "lift_suppression",
    "mark_deleted",
    "merge_contacts",
    "record_consent",
    "record_consents",
    "remove_from_list",
    "remove_tag",
    "suggested_values",
    "save_preferences",
    "sign_up",
    "suppress",
    "suppress_many",
    "tag_contacts",
    "undo_merge",
    "unsubscribe",
    "untag_contacts",
    "update_contact",
    "update_list",
    "upsert_contacts",
    "why_not",
]
