"""What contacts refuse."""

from wagtail_marketing.core.errors import DomainError


class ContactExists(DomainError):
    """Another contact has this customer key."""

    code = "contact_exists"


class LedgerIsAppendOnly(DomainError):
    """Nobody changes or deletes an entry of the consent ledger."""

    code = "append_only"
