"""Who: the people, what they agreed to, and the addresses that must not be written to."""

from .changes import ContactChange, FactRange
from .consent import (
    Channel,
    ConsentChoice,
    ConsentEvent,
    ConsentEvidence,
    ConsentState,
    Strength,
    Suppression,
    SuppressionReason,
    Topic,
    TopicText,
)
from .imports import IMPORT_TRANSITIONS, ContactImport, ImportedContact, ImportFault, ImportState
from .lists import ContactList, ListMembership
from .merges import ContactAlias, ContactMerge, LeftAddress
from .people import Contact, ContactAttribute, Tag
from .sign_up import ConfirmationSent, ContactPreference, SignUp

__all__ = [
    "IMPORT_TRANSITIONS",
    "Channel",
    "ConfirmationSent",
    "ConsentChoice",
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentState",
    "Contact",
    "ContactAlias",
    "ContactAttribute",
    "ContactChange",
    "ContactImport",
    "ContactList",
    "ContactMerge",
    "ContactPreference",
    "FactRange",
    "ImportFault",
    "ImportState",
    "ImportedContact",
    "LeftAddress",
    "ListMembership",
    "SignUp",
    "Strength",
    "Suppression",
    "SuppressionReason",
    "Tag",
    "Topic",
    "TopicText",
]
