"""What a discount gives: the kinds of benefit."""

from . import amounts, beside, bundles  # noqa: F401  they register their kinds
from .base import Benefit, Effect, Range, View

__all__ = ["Benefit", "Effect", "Range", "View"]
