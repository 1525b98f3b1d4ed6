"""How what came from outside is written into a contact: one place for every writer."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from wagtail_marketing.contacts.models import Contact, ContactAttribute
from wagtail_marketing.core.identity import (
    address_hash,
    digits_of,
    normalise_email,
    normalise_phone,
    phone_country,
)

#: What somebody outside may say of a person; the rest is derived from it.
PERSON_FIELDS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "language",
    "time_zone",
    "country",
    "region",
    "city",
    "birthday",
)
DERIVED_FIELDS = (
    "email_normalised",
    "email_domain",
    "email_hash",
    "phone_e164",
    "phone_reversed",
    "phone_hash",
    "phone_country",
    "first_name_folded",
    "last_name_folded",
    "region_folded",
    "city_folded",
)


def fit(value: Any, field: str) -> str:
    """Text as the column takes it: no NUL (PostgreSQL refuses it), cut to the column's length."""
    length = Contact._meta.get_field(field).max_length
    return str(value or "").replace("\x00", "").strip()[:length]


def person_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Columns for ``given`` (any of ``PERSON_FIELDS``), with those that are derived from them."""
    values: dict[str, Any] = {
        name: given[name] if name == "birthday" else fit(given[name], name) for name in PERSON_FIELDS if name in given
    }
    if "country" in values:
        values["country"] = values["country"].upper()
    if "email" in values:
        email = normalise_email(values["email"])
        values["email_normalised"] = email[:254]
        values["email_domain"] = email.rpartition("@")[2]
        values["email_hash"] = address_hash(email)
    if "phone" in values:
        values["phone_e164"] = normalise_phone(values["phone"])
        values["phone_reversed"] = digits_of(values["phone_e164"] or values["phone"])[::-1]
        values["phone_hash"] = address_hash(values["phone_e164"])
        values["phone_country"] = phone_country(values["phone_e164"])
    for name in ("first_name", "last_name", "region", "city"):
        if name in values:
            values[f"{name}_folded"] = fit(values[name].casefold(), f"{name}_folded")
    return values


def plain_attribute(value: Any) -> Any:
    """An attribute as JSON keeps it: text, number, boolean, ISO date; None where it is unset."""
    if value is None or value == "":
        return None
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).replace("\x00", "")


def attribute_rows(contact_id: int, attributes: Mapping[str, Any], types: Mapping[str, str]) -> list[ContactAttribute]:
    """One row per set attribute, in the column of its declared type (by its value where none is declared).

    A value that does not read as its type is kept as text, so that nothing is lost.
    """
    rows = []
    for name, value in attributes.items():
        if value is None or value == "":
            continue
        row = ContactAttribute(contact_id=contact_id, name=name[:80])
        kind = types.get(name) or _kind_of(value)
        number = _number(value) if kind == "number" else None
        day = _day(value) if kind == "date" else None
        if number is not None:
            row.number = number
        elif day is not None:
            row.date = day
        elif kind == "boolean":
            row.folded = "true" if value in (True, "true", "True", "1", 1) else "false"
        else:
            row.folded = str(value).replace("\x00", "").casefold()[:255]
        rows.append(row)
    return rows


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    return "date" if isinstance(value, date) else "text"


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return round(number, 6) if number.is_finite() and abs(number) < Decimal(10) ** 18 else None


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
