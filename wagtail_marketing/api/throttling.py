"""How often one token may ask (``WAGTAIL_MARKETING["API_THROTTLE_RATE"]``)."""

from typing import Any

from rest_framework.throttling import SimpleRateThrottle

from wagtail_marketing.conf import settings

from .models import ApiToken


class TokenThrottle(SimpleRateThrottle):
    """Counts per token; who has none is counted per address."""

    scope = "wagtail_marketing_api"

    def get_rate(self) -> str:
        return settings.api_throttle_rate

    def get_cache_key(self, request: Any, view: Any) -> str:
        token = request.auth
        ident = f"token-{token.pk}" if isinstance(token, ApiToken) else f"ip-{self.get_ident(request)}"
        return self.cache_format % {"scope": self.scope, "ident": ident}
