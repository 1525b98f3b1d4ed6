"""``Authorization: Bearer wmk_...``: no sessions, no cookies, so no CSRF."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from . import services
from .models import ApiToken


class TokenAuthentication(BaseAuthentication):
    """The token is both ``request.user`` and ``request.auth``: it is a program, not a person."""

    keyword = b"bearer"

    def authenticate(self, request: Any) -> tuple[ApiToken, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword:
            return None
        # One answer for every way to be wrong: nobody learns which tokens once were.
        refused = AuthenticationFailed(_("This token is not valid."), code="invalid_token")
        if len(parts) != 2:
            raise refused
        try:
            key = parts[1].decode("ascii")
        except UnicodeDecodeError as error:
            raise refused from error
        token = ApiToken.objects.active().filter(digest=services.digest(key)).first()
        if token is None:
            raise refused
        services.touch_token(token=token)
        return token, token

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="marketing"'
