"""Rows about the attached discounts: loaded only where the discounts app is installed."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from wagtail_marketing.discounts.models import Code, Discount, Limit, Status

from .registry import BLOCK, OK, WARN, ChecklistRow, ReviewContext, checks


def check_discounts(context: ReviewContext) -> Iterator[ChecklistRow]:
    """Attached discounts exist, are running, have codes that work, and are limited."""
    links = list(context.campaign.discount_links.all())
    discounts = Discount.objects.in_bulk([link.discount_id for link in links])
    for link in links:
        discount = discounts.get(link.discount_id)
        if discount is None:
            yield ChecklistRow(BLOCK, "discount_gone", _("An attached discount is gone."), "content", "discounts")
        else:
            yield from _check_discount(discount, link.code_id, context)


def _check_discount(discount: Discount, code_id: int | None, context: ReviewContext) -> Iterator[ChecklistRow]:
    names = {"discount": discount}

    def row(level: str, key: str, text: str) -> ChecklistRow:
        return ChecklistRow(level, key, text % names, "discount", object_id=discount.pk)

    rows = []
    status = discount.status_at(context.now)
    if status == Status.ENDED:
        rows.append(row(WARN, "discount_expired", _("The discount “%(discount)s” has ended.")))
    elif status not in (Status.ACTIVE, Status.SCHEDULED):
        rows.append(
            row(WARN, "discount_inactive", _("The discount “%(discount)s” is not active: its code is refused."))
        )
    codes = Code.objects.filter(discount=discount, active=True)
    if code_id is not None:
        codes = codes.filter(pk=code_id)
    if discount.needs_code and not codes.exists():
        rows.append(row(WARN, "no_code", _("The discount “%(discount)s” has no active code.")))
    elif discount.needs_code and not codes.exclude(expires_at__lte=context.now).exists():
        rows.append(row(WARN, "code_expired", _("Every code of the discount “%(discount)s” has expired.")))
    if not Limit.objects.filter(discount=discount).exists() and discount.ends_at is None:
        rows.append(row(WARN, "unlimited", _("The discount “%(discount)s” has neither a limit of uses nor an end.")))
    yield from rows or [row(OK, "discount", _("The discount “%(discount)s” is running."))]


checks.register("discounts", check_discounts)
