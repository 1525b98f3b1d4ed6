"""Errors of the domain: each names the field and the remedy, and the edges turn them into answers."""


class DomainError(Exception):
    """Something that the caller asked for cannot be done.

    ``message`` is for people (translated), ``field`` names the input at fault, ``code`` is stable for
    programs, ``remedy`` says what to do next.
    """

    code = "error"

    def __init__(self, message: str, *, field: str = "", code: str = "", remedy: str = ""):
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or self.code
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class InvalidInput(DomainError):
    """A value is missing, malformed or out of range."""

    code = "invalid"


class WrongState(DomainError):
    """The object's state does not allow this transition."""

    code = "wrong_state"


class NotConfigured(DomainError):
    """The site lacks a setting that this needs."""

    code = "not_configured"
