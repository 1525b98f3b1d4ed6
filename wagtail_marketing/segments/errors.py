"""What segments refuse."""

from typing import Any

from wagtail_marketing.core.errors import DomainError, WrongState


class InvalidRules(DomainError):
    """A rule tree that cannot be: ``path`` leads to the part at fault (``rules.0.params.value``)."""

    code = "invalid_rules"

    def __init__(self, message: Any, *, path: str = "", remedy: Any = ""):
        super().__init__(str(message), field=path, remedy=str(remedy))
        self.path = path

    def as_dict(self) -> dict[str, str]:
        """``{"path", "message"}``, the form of the command, the API and the builder."""
        return {"path": self.path, "message": str(self)}


class TooSlow(DomainError):
    """The database stopped the query at ``SEGMENT_STATEMENT_TIMEOUT_MS``."""

    code = "too_slow"


class NotPublished(WrongState):
    """The segment has no published rules yet."""

    code = "not_published"


class SegmentInUse(WrongState):
    """Something refers to the segment, so it cannot go."""

    code = "in_use"


class Deactivated(WrongState):
    """The segment is deactivated: it is not refreshed."""

    code = "deactivated"
