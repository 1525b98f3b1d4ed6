"""``Idempotency-Key``: a POST that is repeated after a lost answer does nothing twice.

The key's row is taken under a unique constraint before the work, inside the same transaction, and holds the
answer after it: what failed leaves no row, so that the caller may try again with the same key.
"""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState

from .models import IdempotencyKey

HEADER = "Idempotency-Key"
LIFETIME = timedelta(hours=24)
MAX_LENGTH = 255


def request_hash(request: Any) -> str:
    """What was asked: method, path and body, in a canonical form."""
    data = json.dumps(request.data, sort_keys=True, default=_plain)
    return hashlib.sha256(f"{request.method} {request.get_full_path()}\n{data}".encode()).hexdigest()


def _plain(value: Any) -> str:
    """A file is what it holds, whatever it is called."""
    if not hasattr(value, "chunks"):
        return str(value)
    held = hashlib.sha256()
    for chunk in value.chunks():
        held.update(chunk)
    value.seek(0)
    return held.hexdigest()


class IdempotencyMixin:
    """For viewsets: POST with an ``Idempotency-Key`` header runs once per token and key within a day.

    The same key with another body is refused (422); while the first is still at work, the second waits for
    it by the unique constraint. The answer of a repeat carries ``Idempotency-Replayed: true``.
    """

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST" or HEADER not in request.headers:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        self._idempotency_row: IdempotencyKey | None = None
        key = request.headers.get(HEADER)
        if request.method != "POST" or key is None:
            return
        if not 0 < len(key) <= MAX_LENGTH:
            raise InvalidInput(_("The idempotency key must have 1 to 255 characters."), field=HEADER)
        now, asked = clock.now(), request_hash(request)
        IdempotencyKey.objects.filter(token=request.auth, key=key, expires_at__lte=now).delete()
        try:
            with transaction.atomic():
                self._idempotency_row = IdempotencyKey.objects.create(
                    token=request.auth, key=key, request_hash=asked, expires_at=now + LIFETIME
                )
        except IntegrityError:
            row = IdempotencyKey.objects.get(token=request.auth, key=key)
            if row.request_hash != asked:
                raise InvalidInput(
                    _("This idempotency key was used for another request."),
                    field=HEADER,
                    code="idempotency_key_reused",
                    remedy=_("Use a new key for a new request."),
                ) from None
            if row.status is None:
                raise WrongState(_("The first request with this key is still at work."), field=HEADER) from None
            raise Replay(row) from None

    def handle_exception(self, error: Exception) -> Any:
        if isinstance(error, Replay):
            response = Response(error.row.body, status=error.row.status)
            response["Idempotency-Replayed"] = "true"
            response.exception = False
            return response
        return super().handle_exception(error)  # type: ignore[misc]

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        row = getattr(self, "_idempotency_row", None)
        if row is not None and response.status_code < 400:
            body = json.loads(JSONRenderer().render(response.data)) if response.data is not None else None
            IdempotencyKey.objects.filter(pk=row.pk).update(status=response.status_code, body=body)
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]


class Replay(Exception):
    """The request was answered before; carries the row with the answer."""

    def __init__(self, row: IdempotencyKey):
        super().__init__(row.key)
        self.row = row
