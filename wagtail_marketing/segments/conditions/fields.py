"""The fields of a contact that rules may compare: one object each, nothing else becomes SQL."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact, ContactAttribute
from wagtail_marketing.core.identity import normalise_email
from wagtail_marketing.host.types import AttributeSpec
from wagtail_marketing.segments.engine import operators, values
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Facts, Moment, Scope

from .columns import age_q, anniversary_q, column_q, turned_q


def folded(value: Any, path: str) -> str:
    """As the casefolded columns store it."""
    return values.text(value, path).casefold()


class Field(ABC):
    """A field: its type (which gives the operators), how a value is read, compared and shown."""

    #: Name of the input of the builder; the operators are those of ``operators.OPERATORS[type]``.
    type = "text"
    #: What kind of fact it is, for re-checks.
    reads = "contact"

    def __init__(self, key: str, label: Any, *, choices: Sequence[tuple[str, Any]] = ()):
        self.key = key
        self.label = label
        self.choices = tuple(choices)

    @property
    def operators(self) -> tuple[str, ...]:
        return operators.OPERATORS[self.type]

    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        """The reader of one value."""
        return folded

    def value(self, op: str, raw: Any, path: str, moment: Moment) -> Any:
        """The typed value of ``op``. Raises ``InvalidRules``."""
        if op in operators.SET:
            if raw not in (None, ""):
                raise InvalidRules(_("This operator takes no value."), path=path, remedy=_("Leave “value” out."))
            return None
        if op == operators.ANNIVERSARY:
            return values.whole(0, 366)(raw, path)
        convert = self.convert(moment)
        if op == operators.IN:
            return values.many(convert)(raw, path)
        if op == operators.BETWEEN:
            return values.pair(convert)(raw, path)
        return convert(raw, path)

    def due(self, op: str, value: Any, since: Moment, moment: Moment) -> QuerySet | None:
        """See ``Condition.due``: only an anniversary and an age turn by themselves, at midnight."""
        return None

    @abstractmethod
    def q(self, op: str, value: Any, scope: Scope) -> Q:
        """On ``Contact``; never NULL."""

    @abstractmethod
    def actual(self, facts: Facts, moment: Moment) -> Any:
        """The contact's value, None where unset; folded as the column is."""

    def shown(self, facts: Facts, moment: Moment) -> Any:
        """The contact's value as it was written, for "why"."""
        return self.actual(facts, moment)

    def holds(self, op: str, value: Any, facts: Facts, moment: Moment) -> bool:
        actual = self.actual(facts, moment)
        if op == operators.ANNIVERSARY:
            return actual is not None and operators.in_window(actual, moment.today, value)
        return operators.holds(op, actual, value)


def _turned(
    column: str, since: Moment, moment: Moment, within: int, rows: QuerySet, ids: str = "pk", instant: bool = False
) -> QuerySet:
    """Of ``rows``, the contact ids (``ids``) whose anniversary the passing days turned; see ``turned_q``."""
    known = Q(**{f"{column}__isnull": False})
    turned = turned_q(column, since, moment, within, known=known, instant=instant)
    return (rows.none() if turned is None else rows.filter(turned)).values_list(ids, flat=True)


class TextField(Field):
    """A casefolded text column; empty is unset."""

    def __init__(self, key: str, label: Any, column: str, written: str = ""):
        super().__init__(key, label)
        self.column = column
        self.written = written or column

    def q(self, op: str, value: Any, scope: Scope) -> Q:
        return column_q(self.column, op, value, known=~Q(**{self.column: ""}))

    def actual(self, facts: Facts, moment: Moment) -> Any:
        return getattr(facts.contact, self.column) or None

    def shown(self, facts: Facts, moment: Moment) -> Any:
        return getattr(facts.contact, self.written) or None


class EmailField(TextField):
    """Compared in its normalised form (lower case, domain as A-label)."""

    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        def read(value: Any, path: str) -> str:
            given = values.text(value, path).lower()
            return normalise_email(given) or given

        return read


class DomainField(TextField):
    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        def read(value: Any, path: str) -> str:
            given = values.text(value, path).lower().lstrip("@")
            return normalise_email(f"x@{given}").removeprefix("x@") or given

        return read


class CodeField(TextField):
    """A column of ASCII codes (language, zone, source) that a shop may write in either case."""

    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        def read(value: Any, path: str) -> str:
            given = values.text(value, path)
            if not given.isascii():
                raise InvalidRules(
                    _("“%(value)s” is not a code.") % {"value": given},
                    path=path,
                    remedy=_("Use letters without accents, such as “en” or “DE”."),
                )
            return given.casefold()

        return read

    def q(self, op: str, value: Any, scope: Scope) -> Q:
        return column_q(self.column, op, value, known=~Q(**{self.column: ""}), caseless=True)

    def actual(self, facts: Facts, moment: Moment) -> Any:
        return (getattr(facts.contact, self.column) or "").casefold() or None


class BirthdayField(Field):
    type = "date"

    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        return values.day

    def q(self, op: str, value: Any, scope: Scope) -> Q:
        known = Q(birthday__isnull=False)
        if op == operators.ANNIVERSARY:
            return anniversary_q("birthday", scope.moment, value, known=known)
        return column_q("birthday", op, value, known=known)

    def due(self, op: str, value: Any, since: Moment, moment: Moment) -> QuerySet | None:
        if op != operators.ANNIVERSARY:
            return None
        return _turned("birthday", since, moment, value, Contact.objects.all())

    def actual(self, facts: Facts, moment: Moment) -> date | None:
        return facts.contact.birthday


class AgeField(Field):
    """Completed years, by the birthday and the shop's calendar."""

    type = "number"

    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        return values.whole(0, 150)

    def q(self, op: str, value: Any, scope: Scope) -> Q:
        return age_q("birthday", op, value, scope.moment.today)

    def due(self, op: str, value: Any, since: Moment, moment: Moment) -> QuerySet | None:
        return None if op in operators.SET else _turned("birthday", since, moment, 0, Contact.objects.all())

    def actual(self, facts: Facts, moment: Moment) -> int | None:
        birthday = facts.contact.birthday
        return None if birthday is None else operators.age_on(birthday, moment.today)


class CreatedField(Field):
    """When the shop first knew the person: an instant, compared with instants."""

    type = "datetime"

    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        return values.instant(moment)

    def q(self, op: str, value: Any, scope: Scope) -> Q:
        known = Q(created_at__isnull=False)
        if op == operators.ANNIVERSARY:
            return anniversary_q("created_at", scope.moment, value, known=known, instant=True)
        return column_q("created_at", op, value, known=known)

    def due(self, op: str, value: Any, since: Moment, moment: Moment) -> QuerySet | None:
        if op != operators.ANNIVERSARY:
            return None
        return _turned("created_at", since, moment, value, Contact.objects.all(), instant=True)

    def actual(self, facts: Facts, moment: Moment) -> Any:
        return facts.contact.created_at

    def holds(self, op: str, value: Any, facts: Facts, moment: Moment) -> bool:
        if op == operators.ANNIVERSARY:
            day = facts.contact.created_at.astimezone(moment.zone).date()
            return operators.in_window(day, moment.today, value)
        return super().holds(op, value, facts, moment)


def _tags(contact: Contact) -> frozenset[str]:
    return frozenset(contact.tags.values_list("slug", flat=True))


class TagField(Field):
    """Many at once: ``is`` means "has it", ``in`` "has one of them", unset "has none at all"."""

    type = "tag"
    reads = "tags"

    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        def read(value: Any, path: str) -> str:
            return slugify(values.text(value, path), allow_unicode=True)

        return read

    def q(self, op: str, value: Any, scope: Scope) -> Q:
        tagged = scope.narrow(Contact.tags.through.objects.all())
        if op == operators.IS_NOT:
            return ~self.q(operators.IS, value, scope)
        if op == operators.IS_NOT_SET:
            return ~self.q(operators.IS_SET, value, scope)
        if op != operators.IS_SET:
            tagged = tagged.filter(tag__slug__in=value if op == operators.IN else (value,))
        return Q(pk__in=tagged.values("contact_id"))

    def actual(self, facts: Facts, moment: Moment) -> Any:
        return ", ".join(sorted(facts.load("tags", _tags))) or None

    def holds(self, op: str, value: Any, facts: Facts, moment: Moment) -> bool:
        tags = facts.load("tags", _tags)
        match op:
            case operators.IS:
                return value in tags
            case operators.IS_NOT:
                return value not in tags
            case operators.IN:
                return not tags.isdisjoint(value)
        return bool(tags) is (op == operators.IS_SET)


def _attributes(contact: Contact) -> dict[str, ContactAttribute]:
    return {row.name: row for row in contact.attribute_values.all()}


class AttributeField(Field):
    """What the host's adapter declares, compared in the column of its type."""

    reads = "attributes"
    COLUMNS = {"text": "folded", "choice": "folded", "boolean": "folded", "number": "number", "date": "date"}

    def __init__(self, spec: AttributeSpec):
        super().__init__(f"attributes.{spec.name}", spec.label or spec.name, choices=spec.choices)
        self.name = spec.name
        self.type = "choice" if spec.type == "text" and spec.choices else spec.type
        self.column = self.COLUMNS[self.type]

    def convert(self, moment: Moment) -> Callable[[Any, str], Any]:
        if self.type == "boolean":
            return lambda value, path: "true" if values.truth(value, path) else "false"
        return {"number": values.number, "date": values.day}.get(self.type, folded)

    @property
    def _known(self) -> Q:
        return ~Q(folded="") if self.column == "folded" else Q(**{f"{self.column}__isnull": False})

    def q(self, op: str, value: Any, scope: Scope) -> Q:
        if op in (operators.IS_NOT, operators.IS_NOT_SET):
            positive = operators.IS if op == operators.IS_NOT else operators.IS_SET
            return ~self.q(positive, value, scope)
        rows = scope.narrow(ContactAttribute.objects.filter(name=self.name))
        if op == operators.ANNIVERSARY:
            rows = rows.filter(anniversary_q(self.column, scope.moment, value, known=self._known))
        else:
            rows = rows.filter(column_q(self.column, op, value, known=self._known))
        return Q(pk__in=rows.values("contact_id"))

    def due(self, op: str, value: Any, since: Moment, moment: Moment) -> QuerySet | None:
        if op != operators.ANNIVERSARY:
            return None
        rows = ContactAttribute.objects.filter(name=self.name)
        return _turned(self.column, since, moment, value, rows, "contact_id")

    def actual(self, facts: Facts, moment: Moment) -> Any:
        row = facts.load("attributes", _attributes).get(self.name)
        value = None if row is None else getattr(row, self.column)
        return None if value == "" else value

    def shown(self, facts: Facts, moment: Moment) -> Any:
        return facts.contact.attributes.get(self.name)


def own_fields() -> tuple[Field, ...]:
    """The columns of a contact."""
    return (
        EmailField("email", _("E-mail"), "email_normalised", "email"),
        DomainField("email_domain", _("E-mail domain"), "email_domain"),
        TextField("first_name", _("First name"), "first_name_folded", "first_name"),
        TextField("last_name", _("Last name"), "last_name_folded", "last_name"),
        CodeField("phone_country", _("Country of the phone"), "phone_country"),
        CodeField("country", _("Country"), "country"),
        TextField("region", _("Region"), "region_folded", "region"),
        TextField("city", _("City"), "city_folded", "city"),
        CodeField("language", _("Language"), "language"),
        CodeField("time_zone", _("Time zone"), "time_zone"),
        BirthdayField("birthday", _("Birthday")),
        AgeField("age", _("Age")),
        CreatedField("created_at", _("Customer since")),
        TagField("tag", _("Tag")),
        CodeField("source", _("Source"), "source"),
    )
