"""Making, changing and running a discount."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.core.events import publish
from wagtail_marketing.discounts.events import DiscountChanged
from wagtail_marketing.discounts.live import touch
from wagtail_marketing.discounts.models import TRANSITIONS, Discount, DiscountVersion, Status
from wagtail_marketing.discounts.rules import check_rules, rules_of

#: What ``create_discount`` and ``update_discount`` take.
FIELDS = frozenset(
    {
        "name",
        "public_title",
        "starts_at",
        "ends_at",
        "needs_code",
        "lane",
        "group",
        "exclusive",
        "combines_with",
        "base",
        "priority",
        "currency",
        "conditions",
        "benefit",
        "max_discount_minor",
        "max_applications",
        "site",
    }
)


@transaction.atomic
def create_discount(*, name: str, benefit: dict[str, Any], now: datetime | None = None, **fields: Any) -> Discount:
    """A new draft. ``fields`` are those of ``FIELDS``; the currency defaults to the shop's.

    Raises ``InvalidInput`` with the field where the rules cannot be read.
    """
    now = now or clock.now()
    fields.setdefault("currency", settings.currency)
    discount = Discount(name=name, benefit=benefit, created_at=now, updated_at=now)
    _set(discount, fields)
    _check(discount)
    discount.save()
    return discount


@transaction.atomic
def update_discount(*, discount: Discount, now: datetime | None = None, **fields: Any) -> Discount:
    """Change a discount that has not ended. Where it is live and the rules differ, a new version is frozen
    and prices carts from here on; orders keep the version that priced them."""
    now = now or clock.now()
    locked = Discount.objects.select_for_update(of=("self",)).select_related("live_version").get(pk=discount.pk)
    if locked.status_at(now) == Status.ENDED:
        raise WrongState(_("This discount has ended."), remedy=_("Make a new one."))
    if locked.live_version_id and fields.get("currency", locked.currency) != locked.currency:
        raise WrongState(_("The currency of a discount that was live stays."), field="currency")
    _set(locked, fields)
    _check(locked)
    locked.updated_at = now
    locked.save()
    if locked.live_version_id:
        _freeze(locked, now)
    if locked.status != Status.DRAFT:
        _changed(locked)
    _refresh(discount, locked)
    return discount


@transaction.atomic
def activate(*, discount: Discount, now: datetime | None = None) -> Discount:
    """Put a draft or a paused discount live: freeze its rules; it applies between its two dates."""
    now = now or clock.now()
    locked = Discount.objects.select_for_update(of=("self",)).select_related("live_version").get(pk=discount.pk)
    if locked.ends_at is not None and locked.ends_at <= now:
        raise WrongState(_("Its last day has passed."), field="ends_at", remedy=_("Choose a later end."))
    _check(locked)
    _freeze(locked, now)
    waiting = locked.starts_at is not None and locked.starts_at > now
    return _move(discount, "activate", Status.SCHEDULED if waiting else Status.ACTIVE, now)


@transaction.atomic
def pause(*, discount: Discount, now: datetime | None = None) -> Discount:
    """Stop a discount for a while; carts priced from now on do not get it."""
    return _move(discount, "pause", Status.PAUSED, now or clock.now())


@transaction.atomic
def end(*, discount: Discount, now: datetime | None = None) -> Discount:
    """End a discount for good. Its codes stop and its redemptions stay."""
    return _move(discount, "end", Status.ENDED, now or clock.now())


@transaction.atomic
def delete_draft(*, discount: Discount) -> None:
    """Delete a discount that was never live; any other can only be ended."""
    if not Discount.objects.select_for_update().filter(pk=discount.pk, live_version__isnull=True).exists():
        raise WrongState(_("A discount that was live cannot be deleted."), remedy=_("End it instead."))
    discount.delete()


def _set(discount: Discount, fields: dict[str, Any]) -> None:
    unknown = sorted(set(fields) - FIELDS)
    if unknown:
        raise TypeError(f"A discount has no field {', '.join(unknown)}")
    for name, value in fields.items():
        setattr(discount, name, value)


def _check(discount: Discount) -> None:
    if not discount.name.strip():
        raise InvalidInput(_("A discount needs a name."), field="name")
    if discount.starts_at and discount.ends_at and discount.ends_at <= discount.starts_at:
        raise InvalidInput(_("It ends before it starts."), field="ends_at")
    if discount.max_discount_minor is not None and discount.max_discount_minor <= 0:
        raise InvalidInput(_("The most it takes off must be above zero."), field="max_discount_minor")
    check_rules(discount)


def _freeze(discount: Discount, now: datetime) -> None:
    """Make the rules as they are now the live version, unless they are already."""
    rules = rules_of(discount)
    if discount.live_version is not None and discount.live_version.rules == rules:
        return
    last = discount.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = DiscountVersion.objects.create(discount=discount, number=last + 1, rules=rules, created_at=now)
    Discount.objects.filter(pk=discount.pk).update(live_version=version)
    discount.live_version = version


def _move(discount: Discount, transition: str, to: Status, now: datetime) -> Discount:
    allowed = TRANSITIONS[transition]
    moved = Discount.objects.filter(pk=discount.pk, status__in=allowed).update(status=to, updated_at=now)
    if not moved:
        discount.refresh_from_db(fields=["status"])
        raise WrongState(
            _("This cannot be done: the discount is %(status)s.")
            % {"status": str(discount.get_status_display()).lower()}
        )
    _changed(discount)
    _refresh(discount, Discount.objects.get(pk=discount.pk))
    return discount


def _changed(discount: Discount) -> None:
    touch()
    publish(DiscountChanged(discount.pk))


def _refresh(discount: Discount, stored: Discount) -> None:
    """Bring the caller's object up to what was stored."""
    for field in Discount._meta.concrete_fields:
        setattr(discount, field.attname, getattr(stored, field.attname))
    discount._state.fields_cache.pop("live_version", None)
