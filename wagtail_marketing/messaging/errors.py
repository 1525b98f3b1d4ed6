"""What can go wrong in this room. Each error says it in words that an editor can act on."""

from wagtail_marketing.core.errors import DomainError, WrongState


class ContentError(DomainError):
    """The content of a template cannot be compiled.

    ``line`` is the 1-based line of the faulty text inside ``field``, where it is known.
    """

    code = "content"

    def __init__(self, message: str, *, line: int | None = None, field: str = ""):
        super().__init__(message, field=field)
        self.line = line


class RecipientError(DomainError):
    """This one message cannot be built (a header or an address that must be refused); the others go on."""

    code = "recipient"


class InvalidTransition(WrongState):
    """The send is not in a state from which the asked step is allowed."""


class SendBlocked(DomainError):
    """The send may not start; ``reasons`` lists what is missing, in words."""

    code = "blocked"

    def __init__(self, reasons):
        self.reasons = [str(reason) for reason in reasons]
        super().__init__(" ".join(self.reasons))


class UnknownChannel(DomainError):
    """No channel of that name is registered."""

    code = "unknown_channel"
