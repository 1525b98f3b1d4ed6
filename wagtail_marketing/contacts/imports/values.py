"""From a cell's text to a value: django-import-export's widgets, with errors that say what to do."""

import re
import uuid
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from babel import Locale
from import_export.widgets import Widget

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.core.identity import normalise_email, normalise_phone

from .errors import Fault

YES = frozenset(["yes", "y", "true", "1", "x", "on", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "sim", "tak"])
NO = frozenset(["no", "n", "false", "0", "off", "nein", "falsch", "non", "faux", "nao", "não", "nie", "none", "null"])
_AGREED = YES | frozenset(["subscribed", "subscribe", "optin", "optedin", "granted", "active", "confirmed"])
_LEFT = frozenset(["unsubscribed", "unsubscribe", "optout", "optedout", "left", "revoked", "withdrawn", "cancelled"])
_NOTHING = NO | frozenset(
    [
        "never",
        "neversubscribed",
        "neverasked",
        "notsubscribed",
        "nonsubscribed",
        "transactional",
        "pending",
        "unconfirmed",
    ]
)
_BOUNCED = ("hardbounce", "invalidemail", "bounce", "cleaned", "undeliverable")
_COMPLAINED = ("spamcomplaint", "complaint", "spam", "abuse")
_MANUAL = ("usersuppressed", "manual", "suppressed", "erased", "blocked", "blacklist")


def word_of(value: str) -> str:
    return re.sub(r"[\W_]+", "", value.casefold())


class Text(Widget):
    """Text that fits its column."""

    def __init__(self, field: str):
        super().__init__()
        self.most = Contact._meta.get_field(field).max_length or 10_000

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if len(value) > self.most:
            raise Fault("too_long")
        return value


class Name(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if len(value) > 290:
            raise Fault("too_long")
        return " ".join(value.split())


class Email(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if not value:
            return ""
        found = normalise_email(value)
        local, _at, domain = found.rpartition("@")
        if (
            not found
            or len(value) > 254
            or len(found) > 254
            or "." not in domain
            or domain.startswith(".")
            or re.search(r"[\s<>,;:()\"\x00-\x1f]|\.\.|@", local + domain)
        ):
            raise Fault("email")
        return value


class Phone(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if not value:
            return ""
        if len(value) > 40 or not normalise_phone(value):
            raise Fault("phone")
        return value


class Uuid(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> uuid.UUID | None:
        if not value:
            return None
        try:
            return uuid.UUID(value)
        except ValueError as error:
            raise Fault("uuid") from error


@cache
def _countries() -> dict[str, str]:
    """Name in English, German, French and Spanish -> ISO 3166."""
    found = {}
    for language in ("es", "fr", "de", "en"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ"):
                found[word_of(name)] = code
    return found | {"usa": "US", "uk": "GB", "unitedstatesofamerica": "US", "england": "GB"}


class Country(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if not value:
            return ""
        names = _countries()
        found = value.upper() if value.upper() in names.values() else names.get(word_of(value), "")
        if not found:
            raise Fault("country")
        return found


class TimeZone(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if value and value not in _zones():
            raise Fault("time_zone")
        return value


@cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones()


def read_date(value: str, order: str) -> date:
    """``order`` is ``dmy``, ``mdy`` or empty (a date with points is dmy, one that fits only one way is that)."""
    if match := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", value):
        year, month, day = map(int, match.groups())
    elif match := re.fullmatch(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4})(?: .*)?", value):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        order = order or ("dmy" if match[2] == "." or first > 12 or first == second else "mdy" if second > 12 else "")
        if not order:
            raise Fault("ambiguous_date")
        day, month = (first, second) if order == "dmy" else (second, first)
    else:
        raise Fault("date")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Fault("date") from error


class Day(Widget):
    """A birthday."""

    def __init__(self, order: str = ""):
        super().__init__()
        self.order = order

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        if not value:
            return None
        day = read_date(value, self.order)
        if day > clock.now().date():
            raise Fault("future")
        if day.year < 1880:
            raise Fault("date")
        return day


class Moment(Widget):
    """A time in the past; without a zone it is the shop's, or UTC where the exporting program writes that."""

    def __init__(self, order: str = "", utc: bool = False):
        super().__init__()
        self.order, self.zone = order, UTC if utc else clock.shop_zone()

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> datetime | None:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(re.sub(r" ?(UTC|GMT)$", "+00:00", value))
        except ValueError:
            try:
                day = read_date(value, self.order)
            except Fault as error:
                raise Fault("moment" if error.code == "date" else error.code) from error
            moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001  gets its zone below
        try:
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self.zone)
            moment = moment.astimezone(UTC)
        except (OverflowError, ValueError) as error:
            raise Fault("moment") from error
        if moment > clock.now() + timedelta(days=1):
            raise Fault("future")
        if moment.year < 1900:
            raise Fault("moment")
        return moment


class Tags(Widget):
    """Names parted by commas, semicolons or bars; quotation marks around each are taken off."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        names = [" ".join(part.replace('"', "").split()) for part in re.split(r"[,;|]", value)]
        found = [name for name in names if name]
        if any(len(name) > 80 for name in found) or len(found) > 50:
            raise Fault("tag")
        return found


class Standing(Widget):
    """``subscribed``, ``unsubscribed``, ``bounce``, ``complaint``, ``never`` or empty (nothing said)."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        word = word_of(value)
        if not word:
            return ""
        if word in _AGREED:
            return "subscribed"
        if word in _LEFT:
            return "unsubscribed"
        if word in _NOTHING:
            return "never"
        if any(part in word for part in _BOUNCED):
            return "bounce"
        if any(part in word for part in _COMPLAINED):
            return "complaint"
        raise Fault("state")


class Reason(Widget):
    """Why never to write: ``bounce``, ``complaint``, ``manual``, ``unsubscribed`` or empty. Looks through lists."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        word = word_of(value)
        if not word or word in NO:
            return ""
        for reason, parts in (("complaint", _COMPLAINED), ("bounce", _BOUNCED)):
            if any(part in word for part in parts):
                return reason
        if any(part in word for part in _MANUAL) or word in YES:
            return "manual"
        if any(part in word for part in _LEFT):
            return "unsubscribed"
        raise Fault("reason")


class Attribute(Widget):
    """A value of the type that the shop's adapter declares, as JSON keeps it."""

    def __init__(self, kind: str, order: str = ""):
        super().__init__()
        self.kind, self.order = kind, order

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        if not value:
            return None
        if self.kind == "number":
            return self._number(value)
        if self.kind == "boolean":
            word = value.casefold()
            if word not in YES | NO:
                raise Fault("boolean")
            return word in YES
        if self.kind == "date":
            return read_date(value, self.order).isoformat()
        if len(value) > 1000:
            raise Fault("too_long")
        return value

    @staticmethod
    def _number(value: str) -> int | float:
        text = value.replace("\xa0", "").replace(" ", "")
        if re.fullmatch(r"-?\d+,\d+", text):
            text = text.replace(",", ".")
        try:
            number = Decimal(text)
        except InvalidOperation as error:
            raise Fault("number") from error
        if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
            raise Fault("number")
        return int(number) if number == number.to_integral_value() else float(number)
