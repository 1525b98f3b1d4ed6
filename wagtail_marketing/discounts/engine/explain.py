"""Why a discount did not apply, and what is missing for one that nearly does."""

from collections.abc import Iterable

from .apply import Situation, apply, whole
from .conditions import Failure
from .discount import Discount
from .result import Hint, Rejected

NOT_COMBINED = Failure("not_combined")
NO_EFFECT = Failure("no_effect")
CODE_NOT_VALID = Failure("code_not_valid")


def rejection(situation: Situation, discount: Discount) -> tuple[Rejected, list[Hint]]:
    """The reasons, read on the cart before discounts: every condition that fails; else that it
    saves nothing; else that it does not go with what was chosen."""
    context = situation.context(situation.start, True)
    failures = discount.conditions.failures(context)
    hints: list[Hint] = []
    if failures:
        reasons = tuple(failures)
        if discount.conditions.only_minimum_missing(context):
            hints = [Hint(discount.id, f.reason, f.missing) for f in failures if f.missing is not None]
    else:
        mask = discount.benefit.lines(situation.lines)
        alone = apply(situation, situation.start, discount, whole(situation, mask), check=False)
        reasons = (NO_EFFECT,) if alone is None else (NOT_COMBINED,)
    return Rejected(discount.id, discount.code, reasons), hints


def unknown_codes(codes: Iterable[str]) -> list[Rejected]:
    return [Rejected(None, code, (CODE_NOT_VALID,)) for code in codes]


def wanted_facts(discounts: Iterable[Discount]) -> dict[str, frozenset[str]]:
    """The facts that the conditions of some discounts read, each with the values asked for."""
    wanted: dict[str, frozenset[str]] = {}
    for discount in discounts:
        for leaf in discount.conditions.leaves():
            for name, values in leaf.facts().items():
                wanted[name] = wanted.get(name, frozenset()) | values
    return wanted
