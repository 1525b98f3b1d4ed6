"""Making codes and saying how often they may be used."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.discounts.errors import CodeTaken
from wagtail_marketing.discounts.live import normalise, touch
from wagtail_marketing.discounts.models import Code, CodeBatch, Discount, Limit, LimitKind

#: Without letters and digits that are mistaken for one another (0 O, 1 I L, 5 S, 8 B, 2 Z, U V).
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.%+-]{2,79}")
#: More than this is work for a background job.
MAX_BATCH = 10_000


@transaction.atomic
def create_code(
    *,
    discount: Discount,
    code: str,
    limits: Mapping[str, int] | None = None,
    contact: Contact | None = None,
    expires_at: datetime | None = None,
    now: datetime | None = None,
) -> Code:
    """One code. ``limits`` maps ``total`` and ``per_contact`` to uses of this code.

    Raises ``InvalidInput`` for a word that cannot be a code and ``CodeTaken`` where it exists.
    """
    normalised = normalise(code)
    if not _CODE.fullmatch(normalised):
        raise InvalidInput(
            _("“%(code)s” cannot be a code.") % {"code": code},
            field="code",
            remedy=_("Use 3 to 80 letters, digits, dots, dashes."),
        )
    if not discount.needs_code:
        raise WrongState(_("This discount applies by itself; it takes no codes."), field="code")
    try:
        with transaction.atomic():
            row = Code.objects.create(
                discount=discount,
                code=code.strip(),
                normalised=normalised,
                contact=contact,
                expires_at=expires_at,
                created_at=now or clock.now(),
            )
    except IntegrityError:
        raise CodeTaken(_("The code %(code)s exists already.") % {"code": code.strip()}, field="code") from None
    set_limits(discount=discount, code=row, limits=limits or {})
    _announce(contact and contact.pk)
    return row


@transaction.atomic
def generate_codes(
    *,
    discount: Discount,
    pattern: str,
    quantity: int,
    name: str = "",
    uses: int | None = 1,
    contact: Contact | None = None,
    expires_at: datetime | None = None,
    now: datetime | None = None,
) -> CodeBatch:
    """A batch of random codes: each ``#`` of the pattern becomes a letter or digit of ``ALPHABET``.

    A pattern must hold at least 9 of them (40 bits), so that nobody guesses a code. ``uses``: how often each
    may be used, None for no limit.
    """
    now = now or clock.now()
    pattern = normalise(pattern)
    if pattern.count("#") < 9 or not _CODE.fullmatch(pattern.replace("#", "A")):
        raise InvalidInput(
            _("“%(pattern)s” is too easy to guess.") % {"pattern": pattern},
            field="pattern",
            remedy=_("Use at least nine #, such as SPRING-###-###-###."),
        )
    if not 1 <= quantity <= MAX_BATCH:
        raise InvalidInput(_("Make 1 to %(most)s codes at a time.") % {"most": MAX_BATCH}, field="quantity")
    if uses is not None and uses < 1:
        raise InvalidInput(_("A limit is a whole number above zero."), field="uses")
    if not discount.needs_code:
        raise WrongState(_("This discount applies by itself; it takes no codes."), field="pattern")
    batch = CodeBatch.objects.create(discount=discount, name=name, pattern=pattern, quantity=quantity, created_at=now)
    missing = quantity
    while missing:
        words = {_random(pattern) for _n in range(missing)}
        words -= set(Code.objects.filter(normalised__in=words).values_list("normalised", flat=True))
        Code.objects.bulk_create(
            Code(
                discount=discount,
                batch=batch,
                code=word,
                normalised=word,
                contact=contact,
                expires_at=expires_at,
                created_at=now,
            )
            for word in sorted(words)
        )
        missing -= len(words)
    if uses is not None:
        Limit.objects.bulk_create(
            Limit(discount=discount, code=code, kind=LimitKind.TOTAL, maximum=uses) for code in batch.codes.all()
        )
    _announce(contact and contact.pk)
    return batch


def _announce(contact_id: int | None) -> None:
    """Somebody's own codes changed: segments may ask who has one that waits."""
    if contact_id:
        facts.touch("codes", [contact_id])


def _random(pattern: str) -> str:
    return "".join(secrets.choice(ALPHABET) if letter == "#" else letter for letter in pattern)


@transaction.atomic
def set_limits(*, discount: Discount, limits: Mapping[str, int | None], code: Code | None = None) -> None:
    """Say how often a discount, or one code of it, may be used: kind to uses, None takes a limit away.

    What was used already keeps counting: a limit is changed, not begun anew.
    """
    for kind, maximum in limits.items():
        if kind not in LimitKind.values or (code is not None and kind == LimitKind.PER_CODE):
            raise InvalidInput(_("“%(kind)s” is not a limit.") % {"kind": kind}, field="limits")
        if maximum is None:
            Limit.objects.filter(discount=discount, code=code, kind=kind).delete()
            continue
        if isinstance(maximum, bool) or not isinstance(maximum, int) or maximum < 1:
            raise InvalidInput(_("A limit is a whole number above zero."), field="limits")
        Limit.objects.update_or_create(discount=discount, code=code, kind=kind, defaults={"maximum": maximum})
    if limits and code is None:
        touch()


@transaction.atomic
def deactivate_code(*, code: Code) -> bool:
    """Stop one code; returns whether it was active."""
    stopped = Code.objects.filter(pk=code.pk, active=True).update(active=False)
    code.active = False
    if stopped:
        _announce(code.contact_id)
    return bool(stopped)
