"""When a discount applies: the kinds of condition and the tree that joins them."""

from . import cart, shopper  # noqa: F401  they register their kinds
from .tree import MAX_DEPTH, Condition, Context, Failure, Group

__all__ = ["MAX_DEPTH", "Condition", "Context", "Failure", "Group"]
