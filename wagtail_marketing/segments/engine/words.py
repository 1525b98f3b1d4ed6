"""A tree in words: one sentence for lists, the review page and the history."""

from django.utils.translation import gettext as _

from .tree import Group, Rule


def sentence(tree: Group) -> str:
    """Such as "has placed at least 3 orders, and (E-mail: subscribed or Language is de)"."""
    text = _joined(tree)
    return text[:1].upper() + text[1:]


def _joined(tree: Group | Rule, inner: bool = False) -> str:
    if isinstance(tree, Rule):
        return tree.condition.text(tree.params)
    parts = [_joined(rule, inner=True) for rule in tree.rules]
    if tree.match == "none":
        return _("none of these: (%(parts)s)") % {"parts": "; ".join(parts)}
    if len(parts) == 1:
        return parts[0]
    text = (_(", and ") if tree.match == "all" else _(", or ")).join(parts)
    return f"({text})" if inner else text
