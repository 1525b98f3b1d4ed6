"""What the mirror refuses."""

from wagtail_marketing.core.errors import DomainError, WrongState


class SyncBusy(WrongState):
    """Another sync of the same kind is at work."""

    code = "sync_busy"


class ImplausibleDeletion(DomainError):
    """The shop suddenly lacks most of what we know: more likely a fault of the adapter than the truth."""

    code = "implausible_deletion"
