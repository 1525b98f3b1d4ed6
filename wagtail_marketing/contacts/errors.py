"""What contacts refuse."""

from wagtail_marketing.core.errors import DomainError


class ContactExists(DomainError):
    """Another contact has this customer key."""

    code = "contact_exists"


class LedgerIsAppendOnly(DomainError):
    """Nobody changes or deletes an entry of the consent ledger."""

    code = "append_only"


class ListExists(DomainError):
    """The site has a list of this name."""

    code = "list_exists"


class ListGone(DomainError):
    """The list was deleted meanwhile."""

    code = "list_gone"


class ListInUse(DomainError):
    """Something chooses people by this list; what, is in the message."""

    code = "list_in_use"


class CannotMerge(DomainError):
    """These two contacts cannot become one, or not be parted again."""

    code = "cannot_merge"
