"""Raw JSON to typed values: one reader for every kind, so that every refusal names the field and the remedy."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from wagtail_marketing.core import money
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Moment

#: A list in a rule; longer ones are a static list, not a rule.
MAX_LIST = 1000
MAX_TEXT = 255
#: A century and a bit: elapsed days beyond it are a slip, and dates stay dates.
MAX_DAYS = 50_000


class Reader:
    """Reads named params and, at ``finish``, refuses those that nobody asked for."""

    def __init__(self, params: Any, path: str):
        if not isinstance(params, Mapping):
            raise InvalidRules(_("This is an object."), path=path)
        self.params = params
        self.path = path
        self._read: set[str] = set()

    def at(self, name: str) -> str:
        return f"{self.path}.{name}"

    def has(self, name: str) -> bool:
        """Whether ``name`` is given and not empty (null, "", [] and {} are "not given")."""
        self._read.add(name)
        return self.params.get(name) not in (None, "", [], {})

    def raw(self, name: str) -> Any:
        self._read.add(name)
        return self.params.get(name)

    def choice(self, name: str, known: Iterable[str], default: str | None = None) -> str:
        known = list(known)
        if default is not None and not self.has(name):
            return default
        value = self.raw(name)
        if value not in known:
            raise InvalidRules(
                _("“%(value)s” is not possible here.") % {"value": "" if value is None else value},
                path=self.at(name),
                remedy=_("Use one of: %(known)s.") % {"known": ", ".join(known)},
            )
        return value

    def get(self, name: str, convert: Callable[[Any, str], Any], default: Any = None) -> Any:
        return convert(self.raw(name), self.at(name)) if self.has(name) else default

    def finish(self) -> None:
        for name in self.params:
            if name not in self._read:
                raise InvalidRules(
                    _("“%(name)s” is not known here.") % {"name": name},
                    path=self.at(name),
                    remedy=_("Known: %(known)s.") % {"known": ", ".join(sorted(self._read))},
                )


def text(value: Any, path: str) -> str:
    """A text that is not empty, without the NUL that PostgreSQL refuses."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidRules(_("A text is needed here."), path=path, remedy=_("Write it in quotes."))
    value = str(value).strip()
    if not value or "\0" in value:
        raise InvalidRules(_("A text is needed here."), path=path, remedy=_("Fill it in, or remove the condition."))
    if len(value) > MAX_TEXT:
        raise InvalidRules(
            _("The text is too long."), path=path, remedy=_("Use at most %(most)s characters.") % {"most": MAX_TEXT}
        )
    return value


def many(convert: Callable[[Any, str], Any]) -> Callable[[Any, str], tuple]:
    """A list of at least one value, each by ``convert``."""

    def read(value: Any, path: str) -> tuple:
        if not isinstance(value, list) or not value:
            raise InvalidRules(_("A list is needed here."), path=path, remedy=_('Such as ["a", "b"].'))
        if len(value) > MAX_LIST:
            raise InvalidRules(
                _("The list is too long."), path=path, remedy=_("Use at most %(most)s values.") % {"most": MAX_LIST}
            )
        return tuple(convert(item, f"{path}.{number}") for number, item in enumerate(value))

    return read


def pair(convert: Callable[[Any, str], Any]) -> Callable[[Any, str], tuple]:
    """``[from, to]``, both inclusive, in order."""

    def read(value: Any, path: str) -> tuple:
        if not isinstance(value, list) or len(value) != 2:
            raise InvalidRules(_("Two values are needed here."), path=path, remedy=_("Such as [10, 20]."))
        low, high = (convert(item, f"{path}.{number}") for number, item in enumerate(value))
        if low > high:
            raise InvalidRules(_("The first value is greater than the second."), path=path, remedy=_("Exchange them."))
        return low, high

    return read


def number(value: Any, path: str) -> Decimal:
    """A finite number with at most six decimal places."""
    result = None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            result = Decimal(str(value).strip())
        except InvalidOperation:
            result = None
    if result is None or not result.is_finite() or abs(result) >= 10**15:
        raise InvalidRules(_("A number is needed here."), path=path, remedy=_("Such as 3 or 12.50."))
    if result != round(result, 6):
        raise InvalidRules(_("The number is too exact."), path=path, remedy=_("Use at most six decimal places."))
    return result


def amount(currency: str) -> Callable[[Any, str], Decimal]:
    """An amount of the base currency, as minor units (a Decimal: an average may lie between two cents)."""

    def read(value: Any, path: str) -> Decimal:
        return number(value, path).scaleb(money.digits(currency))

    return read


def days(value: Any, path: str) -> timedelta:
    """Elapsed days, not negative; parts of a day are possible."""
    result = number(value, path)
    if not 0 <= result <= MAX_DAYS:
        raise InvalidRules(
            _("%(value)s days are not possible here.") % {"value": value},
            path=path,
            remedy=_("Use 0 to %(most)s.") % {"most": MAX_DAYS},
        )
    return timedelta(days=float(result)) if result % 1 else timedelta(days=int(result))


def whole(low: int, high: int) -> Callable[[Any, str], int]:
    def read(value: Any, path: str) -> int:
        result = number(value, path)
        if result % 1 or not low <= result <= high:
            raise InvalidRules(
                _("A whole number is needed here."),
                path=path,
                remedy=_("Use %(low)s to %(high)s.") % {"low": low, "high": high},
            )
        return int(result)

    return read


def day(value: Any, path: str) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise InvalidRules(_("A date is needed here."), path=path, remedy=_("Write it as 2026-12-31."))


def instant(moment: Moment) -> Callable[[Any, str], datetime]:
    """A date (its midnight in the shop's zone) or a time (without an offset: in the shop's zone), in UTC."""

    def read(value: Any, path: str) -> datetime:
        if isinstance(value, str):
            value = value.strip()
            try:
                if len(value) == 10:
                    return moment.midnight(date.fromisoformat(value))
                found = datetime.fromisoformat(value)
                return (found if found.tzinfo else found.replace(tzinfo=moment.zone)).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        raise InvalidRules(
            _("A date or a time is needed here."),
            path=path,
            remedy=_("Write it as 2026-12-31 or 2026-12-31T18:00:00+01:00."),
        )

    return read


def truth(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise InvalidRules(_("Yes or no is needed here."), path=path, remedy=_("Use true or false."))
