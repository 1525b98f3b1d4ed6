"""Pricing carts and committing orders."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.core.events import publish
from wagtail_marketing.discounts import engine
from wagtail_marketing.discounts.counters import Exhausted, Use, take, used_up, uses_of
from wagtail_marketing.discounts.errors import LimitExhausted, NotInTransaction, PriceChanged
from wagtail_marketing.discounts.events import CodeRedeemed
from wagtail_marketing.discounts.live import LiveCode, LiveSet, live_codes, live_set, normalise
from wagtail_marketing.discounts.models import LimitKind, OrderPricing, Redemption, RedemptionUnit
from wagtail_marketing.discounts.shopper import Shopper, facts_of, find_shopper

LIMIT_REACHED = engine.Failure("limit_reached")


#: A discount's id with the code that brought it, None where it is automatic.
_Key = tuple[str, str | None]


@dataclass(frozen=True)
class _Priced:
    """An evaluation with what is needed to redeem it."""

    evaluation: engine.Evaluation
    cart: engine.Cart
    shopper: Shopper
    live: LiveSet
    codes: dict[str, LiveCode]
    #: What was left out because a limit was reached.
    reached: frozenset[_Key]

    def uses(self, applied: engine.AppliedDiscount) -> list[Use]:
        code = self.code(applied)
        if code is not None:
            return uses_of(code.limits, code_id=code.row.pk, person=self.shopper.keys)
        return uses_of(self.live.limits.get(applied.discount, ()), code_id=None, person=self.shopper.keys)

    def code(self, applied: engine.AppliedDiscount) -> LiveCode | None:
        return None if applied.code is None else self.codes[normalise(applied.code)]


def quote(
    *,
    cart: dict[str, Any],
    codes: list[str] | tuple[str, ...] = (),
    customer_key: str | None = None,
    email: str = "",
    phone: str = "",
    site_id: int | None = None,
    explain: bool = False,
    now: datetime | None = None,
) -> engine.Evaluation:
    """Price a cart as it would be now. Changes nothing and promises nothing: limits are only looked at.

    ``cart`` is the engine's JSON form. ``explain`` also gives the reasons of discounts that do not touch the
    cart at all. Raises ``InvalidInput`` for a cart that cannot be read.
    """
    shopper = find_shopper(customer_key=customer_key, email=email, phone=phone)
    return _price(_read_cart(cart), codes, shopper, site_id=site_id, now=now or clock.now(), explain=explain).evaluation


def commit(
    *,
    order_ref: str,
    cart: dict[str, Any],
    codes: list[str] | tuple[str, ...] = (),
    customer_key: str | None = None,
    email: str = "",
    phone: str = "",
    expected_total: Decimal | None = None,
    site_id: int | None = None,
    now: datetime | None = None,
) -> engine.Evaluation:
    """Price an order and redeem its discounts, inside the transaction that writes the order.

    Line ids of ``cart`` should be the line refs that the shop's adapter gives, so that refunds find their
    shares. The same ``order_ref`` again gives the same evaluation and counts nothing. Where ``expected_total``
    is given and differs, ``PriceChanged`` is raised; where a limit is used up, ``LimitExhausted`` with the
    re-pricing without it. In both cases nothing was changed, and the caller's transaction can go on.
    Raises ``NotInTransaction`` outside a transaction.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(
            "discounts.commit() must be called inside the transaction that writes the order: "
            "wrap both in transaction.atomic()."
        )
    now = now or clock.now()
    known = OrderPricing.objects.filter(order_ref=order_ref).first()
    if known is not None:
        return _again(known)
    read = _read_cart(cart)
    shopper = find_shopper(customer_key=customer_key, email=email, phone=phone)
    priced = _price(read, codes, shopper, site_id=site_id, now=now, order_ref=order_ref)
    ran_out = [one.code for one in priced.evaluation.rejected if one.code and LIMIT_REACHED in one.reasons]
    if ran_out:
        raise LimitExhausted(priced.evaluation, codes=tuple(ran_out), discounts=_ids(priced.reached))
    if expected_total is not None and _minor(expected_total, priced) != priced.evaluation.total:
        raise PriceChanged(priced.evaluation)
    try:
        with transaction.atomic():
            return _redeem(order_ref, priced, now)
    except Exhausted as exhausted:
        # The savepoint took everything back; say what it costs without what ran out.
        ran_out_now = [
            applied
            for applied in priced.evaluation.applied
            if any(use.limit.pk in exhausted.limits for use in priced.uses(applied))
        ]
        without = frozenset((one.discount, one.code and normalise(one.code)) for one in ran_out_now)
        again = _price(read, codes, shopper, site_id=site_id, now=now, order_ref=order_ref, without=without)
        raise LimitExhausted(
            again.evaluation,
            codes=tuple(one.code for one in ran_out_now if one.code),
            discounts=_ids(without | again.reached),
        ) from None


def _price(
    cart: engine.Cart,
    codes: list[str] | tuple[str, ...],
    shopper: Shopper,
    *,
    site_id: int | None,
    now: datetime,
    explain: bool = False,
    order_ref: str = "",
    without: frozenset[_Key] = frozenset(),
) -> _Priced:
    live = live_set(currency=cart.currency, site_id=site_id, now=now)
    contact_id = shopper.contact.pk if shopper.contact else None
    typed = live_codes(codes, currency=cart.currency, site_id=site_id, contact_id=contact_id, now=now)
    reached = _reached(live, typed, shopper) | without
    usable = [code for code in typed if _key(code) not in reached]
    gone = [code for code in typed if _key(code) in reached]
    facts = dict(live.facts)
    for name, values in engine.wanted_facts([code.discount for code in usable]).items():
        facts[name] = facts.get(name, frozenset()) | values
    evaluation = engine.evaluate(
        cart,
        live.discounts.joined(
            [code.discount for code in usable], {discount for discount, code in reached if code is None}
        ),
        facts_of(shopper, facts, now=now, order_ref=order_ref),
        now=now,
        codes=[code for code in codes if normalise(code) not in {one.row.normalised for one in gone}],
        explain=explain,
    )
    refused = [engine.Rejected(code.discount.id, code.discount.code, (LIMIT_REACHED,)) for code in gone]
    refused += [
        engine.Rejected(discount, None, (LIMIT_REACHED,)) for discount, code in sorted(reached, key=str) if code is None
    ]
    evaluation = replace(evaluation, rejected=(*evaluation.rejected, *refused))
    return _Priced(evaluation, cart, shopper, live, {code.row.normalised: code for code in typed}, reached)


def _key(code: LiveCode) -> _Key:
    return code.discount.id, code.row.normalised


def _ids(keys: frozenset[_Key]) -> tuple[str, ...]:
    return tuple(sorted({discount for discount, _code in keys}))


def _reached(live: LiveSet, typed: list[LiveCode], shopper: Shopper) -> frozenset[_Key]:
    """The discounts and codes one of whose limits has nothing left for this person."""
    uses: dict[_Key, list[Use]] = {
        (discount, None): uses_of(limits, code_id=None, person=shopper.keys) for discount, limits in live.limits.items()
    }
    for code in typed:
        uses[_key(code)] = uses_of(code.limits, code_id=code.row.pk, person=shopper.keys)
    gone = used_up([use for own in uses.values() for use in own])
    return frozenset(key for key, own in uses.items() if any((use.limit.pk, use.key) in gone for use in own))


def _redeem(order_ref: str, priced: _Priced, now: datetime) -> engine.Evaluation:
    evaluation = priced.evaluation
    pricing, made = OrderPricing.objects.get_or_create(
        order_ref=order_ref,
        defaults={
            "currency": evaluation.currency,
            "evaluation": evaluation.as_json(runs=True),
            "lines": {line.id: [line.quantity, line.unit_price] for line in priced.cart.lines},
            "committed_at": now,
        },
    )
    if not made:
        return _again(pricing)
    uses = {applied: priced.uses(applied) for applied in evaluation.applied}
    for applied in evaluation.applied:
        _need_identity(priced, applied)
    counters = take([use for own in uses.values() for use in own])
    for applied in evaluation.applied:
        redemption = _write(order_ref, priced, applied, now)
        redemption.counters.set([counters[use] for use in uses[applied]])
        publish(
            CodeRedeemed(
                redemption_id=redemption.pk,
                order_ref=order_ref,
                discount_id=redemption.discount_id,
                code_id=redemption.code_id,
                contact_id=redemption.contact_id,
                amount_minor=redemption.amount_minor,
                currency=redemption.currency,
            )
        )
    return evaluation


def _need_identity(priced: _Priced, applied: engine.AppliedDiscount) -> None:
    code = priced.code(applied)
    limits = code.limits if code else priced.live.limits.get(applied.discount, ())
    if not priced.shopper.keys and any(limit.kind == LimitKind.PER_CONTACT for limit in limits):
        raise InvalidInput(
            _("This discount is limited per customer."), field="email", remedy=_("Ask for an e-mail address.")
        )


def _write(order_ref: str, priced: _Priced, applied: engine.AppliedDiscount, now: datetime) -> Redemption:
    code = priced.code(applied)
    contact = priced.shopper.contact
    redemption = Redemption.objects.create(
        order_ref=order_ref,
        discount_id=int(applied.discount),
        version_id=code.version_id if code else priced.live.versions[applied.discount],
        code=code.row if code else None,
        contact=contact,
        amount_minor=applied.amount,
        currency=priced.evaluation.currency,
        redeemed_at=now,
    )
    RedemptionUnit.objects.bulk_create(
        RedemptionUnit(
            redemption=redemption, line=unit.line, start=unit.start, count=unit.count, amount_minor=unit.amount
        )
        for unit in applied.units
    )
    return redemption


def _again(pricing: OrderPricing) -> engine.Evaluation:
    if pricing.cancelled_at is not None:
        raise WrongState(_("Order %(ref)s was cancelled.") % {"ref": pricing.order_ref}, field="order_ref")
    return engine.Evaluation.from_runs(pricing.evaluation, pricing.currency)


def _read_cart(cart: dict[str, Any]) -> engine.Cart:
    try:
        return engine.Cart.from_json(cart)
    except engine.InvalidInput as error:
        raise InvalidInput(error.message, field=error.path) from error


def _minor(total: Decimal, priced: _Priced) -> int:
    scaled = Decimal(total).scaleb(priced.evaluation.places)
    # A total that the currency cannot express is a wrong total, not one to be rounded into a right one.
    return int(scaled) if scaled == scaled.to_integral_value() else -1
