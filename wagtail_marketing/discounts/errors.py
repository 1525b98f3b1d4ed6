"""What a write of this room may refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from wagtail_marketing.core.errors import DomainError

if TYPE_CHECKING:
    from .engine import Evaluation


class PriceChanged(DomainError):
    """The order would no longer cost what the shopper was shown; ``evaluation`` is the new price."""

    code = "price_changed"

    def __init__(self, evaluation: Evaluation, message: str = ""):
        super().__init__(
            message or _("The price of this order has changed."), remedy=_("Show the new price and ask again.")
        )
        self.evaluation = evaluation


class LimitExhausted(PriceChanged):
    """A discount ran out. Nothing was changed; ``evaluation`` prices the order without it.

    ``codes`` are the codes that ran out, as they were typed, ``discounts`` the ids of all discounts that did.
    """

    code = "limit_exhausted"

    def __init__(self, evaluation: Evaluation, *, codes: tuple[str, ...], discounts: tuple[str, ...]):
        names = ", ".join(codes)
        message = _("The code %(codes)s just ran out.") % {"codes": names} if codes else _("A discount just ran out.")
        super().__init__(evaluation, message)
        self.codes = codes
        self.discounts = discounts


class CodeTaken(DomainError):
    code = "code_taken"


class NotInTransaction(RuntimeError):
    """``commit`` was called outside the order's transaction: the two could then be committed apart."""
