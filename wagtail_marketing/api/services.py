"""Writes of tokens. The key is returned once and never stored."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput

from . import registry
from .models import ApiToken, IdempotencyKey

#: So that leak scanners and people recognise a key.
KEY_PREFIX = "wmk_"

#: ``last_used_at`` is for people: it need not be written on every request.
LAST_USED_EVERY = timedelta(minutes=1)


def digest(key: str) -> str:
    """SHA-256 of a key; it holds 256 random bits, so that a slow hash would only cost us."""
    return hashlib.sha256(key.encode()).hexdigest()


def create_token(
    *, name: str, scopes: Iterable[str], expires_at: datetime | None = None, created_by: Any = None
) -> tuple[ApiToken, str]:
    """A new token and its key. Raises ``InvalidInput`` for no name, no scope or an unknown one."""
    wanted = sorted(set(scopes))
    name = name.strip()
    if not name:
        raise InvalidInput(_("A token needs a name."), field="name", remedy=_("Say which program uses it."))
    known = registry.scopes()
    unknown = [scope for scope in wanted if scope not in known]
    if not wanted or unknown:
        raise InvalidInput(
            _("Unknown scope: %(scopes)s.") % {"scopes": ", ".join(unknown)}
            if unknown
            else _("A token needs a scope."),
            field="scopes",
            remedy=_("Choose among: %(scopes)s.") % {"scopes": ", ".join(known)},
        )
    if expires_at and expires_at <= clock.now():
        raise InvalidInput(_("The token would have expired already."), field="expires_at")
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name,
        scopes=wanted,
        prefix=key[:10],
        digest=digest(key),
        expires_at=expires_at,
        created_by=created_by,
    )
    return token, key


def revoke_token(*, token: ApiToken, now: datetime | None = None) -> ApiToken:
    """Close a token for good; again is harmless and keeps the first time."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now or clock.now())
    token.refresh_from_db()
    return token


def touch_token(*, token: ApiToken, now: datetime | None = None) -> None:
    """Note that a token was used, at most once a minute."""
    now = now or clock.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_EVERY)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def forget_expired_keys(*, now: datetime | None = None) -> int:
    """Delete idempotency keys whose time is over; returns how many."""
    return IdempotencyKey.objects.filter(expires_at__lte=now or clock.now()).delete()[0]
