"""Every setting of ``WAGTAIL_MARKETING``, with its type and default, read at access.

Nothing is cached, so that ``override_settings`` works and no setting is read at import.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings as django_settings

from .compat import django_smtp


class Settings:
    """The site's ``WAGTAIL_MARKETING`` dict behind typed properties."""

    #: Every key that the dict may hold; an unknown one is reported by a system check.
    KEYS = frozenset(
        {
            "HOST_ADAPTER",
            "HASH_KEY",
            "TOKEN_KEYS",
            "PUBLIC_BASE_URL",
            "CURRENCY",
            "TIME_ZONE",
            "DEFAULT_PHONE_REGION",
            "ATTRIBUTION_WINDOW_DAYS",
            "SEND_LEASE_SECONDS",
            "SMTP_TIMEOUT_SECONDS",
            "SEND_BATCH_SIZE",
            "SEND_IN_FLIGHT",
            "SEGMENT_REFRESH",
            "SEGMENT_BLOCK",
            "SEGMENT_STATEMENT_TIMEOUT_MS",
            "SMTP",
            "API_THROTTLE_RATE",
            "TRACK_OPENS",
            "TRACK_CLICKS",
            "LEDGER_TRIGGERS",
            "IMPORT_MAX_MB",
            "IMPORT_MAX_ROWS",
            "IMPORT_KEEP_DAYS",
            "OPT_IN_DAYS",
            "SIGN_UP_RATE",
            "SIGN_UP_MIN_SECONDS",
            "KEEP_CONSENT_IP",
            "CLIENT_IP_HEADER",
        }
    )

    @property
    def raw(self) -> Mapping[str, Any]:
        return getattr(django_settings, "WAGTAIL_MARKETING", {})

    def _get(self, key: str, default: Any) -> Any:
        return self.raw.get(key, default)

    @property
    def host_adapter(self) -> str:
        """Dotted path of the site's ``HostAdapter``; empty: the default user adapter."""
        return self._get("HOST_ADAPTER", "wagtail_marketing.host.users.UserAdapter")

    @property
    def hash_key(self) -> bytes:
        """Key of the HMAC under which addresses outlive erasure.

        Not ``SECRET_KEY``: rotating that one must not lift a suppression. Only with ``DEBUG`` (or in
        tests) is it derived, and a system check says so.
        """
        key = self._get("HASH_KEY", "")
        return key.encode() if key else self._development_key("hash")

    @property
    def token_keys(self) -> list[tuple[str, bytes]]:
        """``[(key id, key)]``; the first signs, all verify, so that links outlive a rotation."""
        keys = self._get("TOKEN_KEYS", ())
        pairs = [(key_id, key.encode()) for key_id, key in (keys.items() if isinstance(keys, Mapping) else keys)]
        return pairs or [("0", self._development_key("token"))]

    def _development_key(self, purpose: str) -> bytes:
        return hashlib.blake2b(
            django_settings.SECRET_KEY.encode(), person=b"wm-dev-key", salt=purpose.encode()[:16]
        ).digest()

    @property
    def public_base_url(self) -> str:
        """Scheme and host of every link in a message, without a trailing slash."""
        base = self._get("PUBLIC_BASE_URL", "") or getattr(django_settings, "WAGTAILADMIN_BASE_URL", "")
        return str(base).rstrip("/")

    @property
    def currency(self) -> str:
        """ISO 4217 code of the base currency in which segments and reports count."""
        return self._get("CURRENCY", "USD")

    @property
    def time_zone(self) -> str:
        """IANA name of the shop's zone: bare dates are midnight there."""
        return self._get("TIME_ZONE", "") or django_settings.TIME_ZONE

    @property
    def default_phone_region(self) -> str | None:
        """ISO 3166 region in which a phone number without ``+`` is read."""
        return self._get("DEFAULT_PHONE_REGION", None)

    @property
    def attribution_window(self) -> timedelta:
        """How long after a click an order still counts for its campaign."""
        return timedelta(days=self._get("ATTRIBUTION_WINDOW_DAYS", 5))

    @property
    def send_lease(self) -> timedelta:
        """How long a worker may hold a batch before the reaper takes it back."""
        return timedelta(seconds=self._get("SEND_LEASE_SECONDS", 120))

    @property
    def smtp_timeout(self) -> float:
        """Seconds that one SMTP reply may take; less than the lease."""
        return float(self._get("SMTP_TIMEOUT_SECONDS", 30))

    @property
    def send_batch_size(self) -> int:
        """Messages that one claim takes."""
        return int(self._get("SEND_BATCH_SIZE", 500))

    @property
    def send_in_flight(self) -> int:
        """Messages between an intent and its outcome on one connection: the most that a kill makes unknown."""
        return int(self._get("SEND_IN_FLIGHT", 10))

    @property
    def segment_refresh(self) -> str:
        """How often a segment is counted anew where it has no schedule of its own: hourly, nightly or off."""
        every = self._get("SEGMENT_REFRESH", "hourly")
        return every if every in ("hourly", "nightly", "off") else "hourly"

    @property
    def segment_block(self) -> str:
        """How the block "show to a segment" reaches a visitor: ``fragment`` or ``server``."""
        return "server" if self._get("SEGMENT_BLOCK", "fragment") == "server" else "fragment"

    @property
    def segment_statement_timeout_ms(self) -> int:
        """PostgreSQL ``statement_timeout`` of previews and counts in the admin."""
        return int(self._get("SEGMENT_STATEMENT_TIMEOUT_MS", 10_000))

    @property
    def smtp(self) -> Mapping[str, Any]:
        """``HOST``, ``PORT``, ``USER``, ``PASSWORD``, ``USE_TLS``, ``USE_SSL``; Django's own where left out."""
        given = self._get("SMTP", {})
        return {name: given.get(name, ours) for name, ours in django_smtp().items()}

    @property
    def api_throttle_rate(self) -> str:
        """Requests that one API token may make, in DRF's form."""
        return self._get("API_THROTTLE_RATE", "600/min")

    @property
    def track_opens(self) -> bool:
        return bool(self._get("TRACK_OPENS", True))

    @property
    def opt_in_lifetime(self) -> timedelta:
        """How long the link of a confirmation works, and how long a sign-up is kept."""
        return timedelta(days=self._get("OPT_IN_DAYS", 30))

    @property
    def sign_up_rate(self) -> str:
        """Sign-ups that one client address may make, in DRF's form."""
        return str(self._get("SIGN_UP_RATE", "20/hour"))

    @property
    def sign_up_min_seconds(self) -> float:
        """A form that comes back sooner than this was filled in by a program."""
        return float(self._get("SIGN_UP_MIN_SECONDS", 2))

    @property
    def keep_consent_ip(self) -> bool:
        """Whether the client's address is kept as evidence of a consent."""
        return bool(self._get("KEEP_CONSENT_IP", True))

    @property
    def client_ip_header(self) -> str:
        """Key of ``request.META`` that holds the client's address; behind a proxy, what the proxy sets."""
        return str(self._get("CLIENT_IP_HEADER", "REMOTE_ADDR"))

    @property
    def ledger_triggers(self) -> bool:
        """Whether triggers keep the consent ledger append-only. Off only in tests that flush tables."""
        return bool(self._get("LEDGER_TRIGGERS", True))

    @property
    def track_clicks(self) -> bool:
        return bool(self._get("TRACK_CLICKS", True))

    @property
    def import_max_bytes(self) -> int:
        """Size of the largest file of people that is read."""
        return int(self._get("IMPORT_MAX_MB", 50)) * 2**20

    @property
    def import_max_rows(self) -> int:
        """Rows of the largest file of people that is read."""
        return int(self._get("IMPORT_MAX_ROWS", 500_000))

    @property
    def import_keep_days(self) -> int:
        """Days after which an uploaded file and its rows to correct are deleted."""
        return int(self._get("IMPORT_KEEP_DAYS", 14))


settings = Settings()
