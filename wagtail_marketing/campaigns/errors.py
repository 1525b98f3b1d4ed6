"""What can go wrong with a campaign."""

from django.utils.translation import gettext_lazy as _

from wagtail_marketing.core.errors import DomainError, WrongState


class NotEditable(WrongState):
    """Audience and content are fixed once a campaign is launched."""

    code = "not_editable"

    def __init__(self) -> None:
        super().__init__(
            str(_("This campaign is no longer a draft: its audience and content are fixed.")),
            remedy=str(_("Copy the campaign and change the copy.")),
        )


class NotReady(DomainError):
    """The review blocks the launch. ``rows`` holds the rows that do."""

    code = "not_ready"

    def __init__(self, rows) -> None:
        self.rows = tuple(rows)
        super().__init__(
            " ".join(str(row.text) for row in self.rows), remedy=str(_("Correct what the review marks and try again."))
        )
