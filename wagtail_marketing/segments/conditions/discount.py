"""``discount``: who used a discount or a code, and who has a code that waits. Loaded where discounts are installed.

``{"what": "used", "discount": 7, "code": "SPRING", "within": {"last_days": 30}}``; ``what`` is ``used`` or
``has_unused_code``. A redemption that was reversed (order cancelled or refunded whole) does not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.discounts.live import normalise
from wagtail_marketing.discounts.models import Code, Discount, Redemption, RedemptionState, Status
from wagtail_marketing.segments.engine import values
from wagtail_marketing.segments.engine.period import Period, passed, read_period
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope

USED, UNUSED = "used", "has_unused_code"


@dataclass(frozen=True, slots=True)
class DiscountParams:
    what: str
    pk: int | None
    name: str
    code: str
    within: Period | None


def _used() -> QuerySet[Redemption]:
    return Redemption.objects.filter(contact__isnull=False).exclude(state=RedemptionState.REVERSED).order_by()


def _waiting() -> QuerySet[Code]:
    """Codes that are somebody's own and were never used, whenever they expire."""
    spent = Redemption.objects.filter(code=OuterRef("pk")).exclude(state=RedemptionState.REVERSED)
    own = Code.objects.filter(contact__isnull=False, active=True).exclude(discount__status=Status.ENDED)
    return own.filter(~Exists(spent)).order_by()


def _redemptions(contact: Contact) -> list[tuple[int, str, datetime]]:
    return list(_used().filter(contact=contact).values_list("discount_id", "code__normalised", "redeemed_at"))


def _codes(contact: Contact) -> list[tuple[int, str, datetime | None, datetime | None]]:
    columns = ("discount_id", "normalised", "expires_at", "discount__ends_at")
    return list(_waiting().filter(contact=contact).values_list(*columns))


class DiscountCondition(Condition):
    key = "discount"
    label = gettext_lazy("What they used of discounts")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> DiscountParams:
        reader = values.Reader(params, path)
        what = reader.choice("what", (USED, UNUSED))
        pk = reader.get("discount", values.whole(1, 2**31 - 1))
        name = ""
        if pk is not None:
            name = Discount.objects.filter(pk=pk).values_list("name", flat=True).first()
            if name is None:
                raise InvalidRules(
                    _("There is no discount %(pk)s.") % {"pk": pk},
                    path=reader.at("discount"),
                    remedy=_("Choose one that exists."),
                )
        code = normalise(reader.get("code", values.text, ""))
        within = None
        if what == USED:
            within = reader.get("within", lambda raw, at: read_period(raw, at, moment))
        reader.finish()
        return DiscountParams(what, pk, name, code, within)

    def reads(self, params: DiscountParams) -> frozenset[str]:
        # A redemption is written in the transaction of its order, and taken back in that of its refund.
        return frozenset({"orders"}) if params.what == USED else frozenset({"orders", "codes"})

    def due(self, params: DiscountParams, since: Moment, moment: Moment) -> QuerySet | None:
        if params.what == UNUSED:
            gone = Q(expires_at__gt=since.now, expires_at__lte=moment.now)
            gone |= Q(discount__ends_at__gt=since.now, discount__ends_at__lte=moment.now)
            return Code.objects.filter(gone, contact__isnull=False).values_list("contact_id", flat=True)
        ages = [params.within.last] if params.within and params.within.last is not None else []
        passing = passed("redeemed_at", ages, since, moment)
        return None if passing is None else _used().filter(passing).values_list("contact_id", flat=True)

    def q(self, params: DiscountParams, scope: Scope) -> Q:
        rows: QuerySet
        if params.what == USED:
            rows = _used()
            if params.within:
                rows = rows.filter(**params.within.lookups("redeemed_at", scope.moment))
            if params.code:
                rows = rows.filter(code__normalised=params.code)
        else:
            now = scope.moment.now
            rows = _waiting().filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
            rows = rows.filter(Q(discount__ends_at__isnull=True) | Q(discount__ends_at__gt=now))
            if params.code:
                rows = rows.filter(normalised=params.code)
        if params.pk is not None:
            rows = rows.filter(discount=params.pk)
        return Q(pk__in=scope.narrow(rows).values("contact_id"))

    def check(self, params: DiscountParams, facts: Facts, moment: Moment) -> Answer:
        if params.what == USED:
            found = [
                code
                for pk, code, at in facts.load("redemptions", _redemptions)
                if params.pk in (None, pk)
                and params.code in ("", code)
                and (not params.within or params.within.contains(at, moment))
            ]
            said = ngettext("used %(n)s time", "used %(n)s times", len(found)) % {"n": len(found)}
        else:
            found = [
                code
                for pk, code, expires, ends in facts.load("codes", _codes)
                if params.pk in (None, pk)
                and params.code in ("", code)
                and (expires is None or expires > moment.now)
                and (ends is None or ends > moment.now)
            ]
            said = ngettext("%(n)s code waits", "%(n)s codes wait", len(found)) % {"n": len(found)}
        return Answer(bool(found), len(found), said)

    def text(self, params: DiscountParams) -> str:
        said = {"discount": params.name, "code": params.code}
        if params.what == UNUSED:
            text = _("has an unused code of “%(discount)s”") if params.pk else _("has an unused code")
            if params.code:
                text = _("has not used the code %(code)s of their own")
            return text % said
        if params.code and params.pk:
            text = _("used the code %(code)s of “%(discount)s”")
        elif params.code:
            text = _("used the code %(code)s")
        else:
            text = _("used the discount “%(discount)s”") if params.pk else _("used any discount")
        return f"{text % said} {params.within.text()}" if params.within else text % said

    def descriptor(self) -> Descriptor:
        discounts = Discount.objects.order_by("name", "pk").values_list("pk", "name")
        return Descriptor(
            self.key,
            str(self.label),
            inputs=[
                {
                    "name": "what",
                    "label": _("what"),
                    "type": "select",
                    "choices": [[USED, _("used")], [UNUSED, _("has an unused code")]],
                }
            ],
            extras=[
                {
                    "name": "discount",
                    "label": _("the discount"),
                    "type": "select",
                    "number": True,
                    "choices": [[pk, name] for pk, name in discounts],
                },
                {"name": "code", "label": _("the code"), "type": "text"},
                {"name": "within", "label": _("in a period"), "type": "period"},
            ],
        )
