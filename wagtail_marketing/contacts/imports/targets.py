"""What a column can mean, and a guess by its heading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.host import get_adapter

IGNORE = ""
ATTRIBUTE = "attributes."
CONSENT, SUPPRESSED = "consent.", "suppressed."

#: Core fields: key -> what people call it.
CORE = {
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "external_key": gettext_lazy("Customer key"),
    "uuid": gettext_lazy("Our identifier (uuid)"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "name": gettext_lazy("Whole name (parted at its last space)"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "country": gettext_lazy("Country"),
    "region": gettext_lazy("Region"),
    "city": gettext_lazy("City"),
    "birthday": gettext_lazy("Birthday"),
    "created_at": gettext_lazy("Customer since (new contacts only)"),
    "tags": gettext_lazy("Tags"),
}

#: Headings as people and programs write them, without case, spaces and signs.
_SYNONYMS = {
    "email": "email mail emailaddress emailadresse mailaddress mailadresse courriel correo emailadress customeremail",
    "phone": "phone phonenumber telephone tel mobile mobilephone cell cellphone telefon handy mobil smsphonenumber",
    "external_key": "externalkey customerkey customerid customernumber customerno kundennummer kundennr externalid",
    "uuid": "uuid",
    "first_name": "firstname fname forename givenname vorname prenom",
    "last_name": "lastname lname surname familyname nachname nom",
    "name": "name fullname contactname customername",
    "language": "language lang locale preferredlanguage sprache",
    "time_zone": "timezone tz",
    "country": "country countrycode cc land pays",
    "region": "region state stateregion province county bundesland",
    "city": "city town stadt ort ville",
    "birthday": "birthday birthdate dateofbirth dob geburtstag geburtsdatum",
    "created_at": "createdat created customersince datecreated profilecreatedon dateadded",
    "tags": "tags tag labels schlagworte",
    "consent.email": "emailmarketingconsent emailconsent newsletter consentemail emailsubscribed optin acceptsmarketing"
    " acceptsemailmarketing consentemailstate emailstate",
    "consent.email.at": "emailmarketingconsenttimestamp optintime consentdate emailconsentdate consentemailat optindate"
    " consentemaildate",
    "suppressed.email": "emailsuppressions emailsuppressionreason suppressedemail",
    "consent.sms": "smsmarketingconsent smsconsent consentsms acceptssmsmarketing consentsmsstate",
    "consent.sms.at": "smsmarketingconsenttimestamp consentsmsat smsconsentdate consentsmsdate",
    "suppressed.sms": "smssuppressions suppressedsms",
}
_BY_HEADING = {word: key for key, words in _SYNONYMS.items() for word in words.split()}

#: Targets that several columns may have: tags are put together, of dates the latest counts.
SEVERAL = frozenset({"tags"})


@dataclass(frozen=True)
class Target:
    """``group`` is the heading under which the choice stands."""

    key: str
    label: str
    group: str


def targets() -> dict[str, Target]:
    """Every target that a column can have, in the order in which they are offered."""
    found = [Target(key, str(label), _("Person")) for key, label in CORE.items()]
    for spec in get_adapter().attributes():
        found.append(Target(f"{ATTRIBUTE}{spec.name}", spec.label or spec.name, _("Attributes of your shop")))
    for channel in channels:
        name = str(channel.label)
        found += [
            Target(f"{CONSENT}{channel.channel}", _("%(channel)s: agreed or left") % {"channel": name}, _("Consent")),
            Target(f"{CONSENT}{channel.channel}.at", _("%(channel)s: since when") % {"channel": name}, _("Consent")),
            Target(
                f"{SUPPRESSED}{channel.channel}",
                _("%(channel)s: why never to write") % {"channel": name},
                _("Consent"),
            ),
        ]
    return {target.key: target for target in found}


def attribute_types() -> dict[str, str]:
    """Attribute -> declared type."""
    return {spec.name: spec.type for spec in get_adapter().attributes()}


def folded(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading.casefold())


def may_repeat(key: str) -> bool:
    return key in SEVERAL or key == IGNORE or key.endswith(".at")


def guess(names: Sequence[str], samples: Sequence[Sequence[str]] = ()) -> list[str]:
    """One target per column by its heading, else by what stands in it; each target once."""
    offered = targets()
    by_attribute: dict[str, str] = {}
    for key, target in offered.items():
        if key.startswith(ATTRIBUTE):
            for word in (key, key.removeprefix(ATTRIBUTE), target.label):
                by_attribute.setdefault(folded(word), key)
    found: list[str] = []
    for name in names:
        word = folded(name)
        key = name if name in offered else _BY_HEADING.get(word) or by_attribute.get(word, IGNORE)
        found.append(key if key in offered and (key not in found or may_repeat(key)) else IGNORE)
    if "email" not in found:
        for place in range(len(names)):
            cells = [row[place] for row in samples if place < len(row) and row[place]]
            if found[place] == IGNORE and cells and all("@" in cell for cell in cells):
                found[place] = "email"
                break
    return found


def problems(columns: Sequence[Any]) -> list[str]:
    """What is wrong with a mapping as a whole, in words; empty where nothing is."""
    offered, wrong = targets(), []
    for key in dict.fromkeys(columns):
        if key != IGNORE and key not in offered:
            wrong.append(_("“%(key)s” is nothing that a column can mean.") % {"key": key})
        elif not may_repeat(key) and list(columns).count(key) > 1:
            wrong.append(_("Two columns are “%(label)s”: choose one.") % {"label": offered[key].label})
    if not {"email", "phone", "external_key", "uuid"} & set(columns):
        wrong.append(_("Say which column holds the e-mail address, the phone number or the customer key."))
    return wrong
