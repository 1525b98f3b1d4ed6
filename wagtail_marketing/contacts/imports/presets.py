"""Files of other programs, known by their headings (and, for Mailchimp, by the file's name).

Mailchimp exports one file per status; only unsubscribed and cleaned ones say so in their columns, the subscribed
and the nonsubscribed differ by the file's name alone (``subscribed_email_audience_export_….csv``). Where the name
was changed, nothing is said of consent until somebody says it. Times are UTC there and in Klaviyo's files.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .rows import ERROR_COLUMN
from .targets import IGNORE, guess


@dataclass(frozen=True)
class Preset:
    """``status`` is what the file says of everybody in it: see ``STATUSES`` of the plan."""

    key: str
    label: str
    columns: list[str]
    status: str = ""
    utc: bool = True


_MAILCHIMP = {
    "Email Address": "email",
    "Phone Number": "phone",
    "SMS Phone Number": "phone",
    "CC": "country",
    "REGION": "region",
    "TIMEZONE": "time_zone",
    "TAGS": "tags",
}
#: What these columns hold is Mailchimp's own, or would be read wrongly (a birthday without a year, "MM/DD").
_MAILCHIMP_IGNORED = frozenset(
    (
        *("MEMBER_RATING", "OPTIN_IP", "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "LEID", "EUID"),
        *("NOTES", "LAST_CHANGED", "EMAIL_TYPE", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID", "UNSUB_REASON"),
        *("UNSUB_REASON_OTHER", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID", "Birthday", "BIRTHDAY", "Address"),
        *("OPTIN_TIME", "CONFIRM_TIME", "UNSUB_TIME", "CLEAN_TIME"),
    )
)
_DATES = {
    "unsubscribed": ("UNSUB_TIME",),
    "bounce": ("CLEAN_TIME",),
    "subscribed": ("OPTIN_TIME", "CONFIRM_TIME"),
    "": (),
}

_KLAVIYO = {
    "Email": "email",
    "Phone Number": "phone",
    "First Name": "first_name",
    "Last Name": "last_name",
    "City": "city",
    "State / Region": "region",
    "Country": "country",
    "Email Marketing Consent": "consent.email",
    "Email Marketing Consent Timestamp": "consent.email.at",
    "Email Suppressions": "suppressed.email",
    "Email Suppressions Reason": "suppressed.email",
    "Email Suppression Reason": "suppressed.email",
    "Suppression Reason": "suppressed.email",
    "SMS Marketing Consent": "consent.sms",
    "SMS Marketing Consent Timestamp": "consent.sms.at",
    "Profile Created On": "created_at",
}


def find_preset(names: Sequence[str], samples: Sequence[Sequence[str]] = (), file_name: str = "") -> Preset:
    """What wrote this file, and what its columns mean; a plain guess where nobody known did."""
    there = set(names)
    if ERROR_COLUMN in there:
        return Preset("again", "", guess(names, samples), utc=False)
    if {"Klaviyo ID", "Email"} <= there or {"Email", "Email Marketing Consent", "Email Suppressions"} <= there:
        return Preset("klaviyo", "Klaviyo", _fill(names, samples, _KLAVIYO, frozenset({"Klaviyo ID", "Source"})))
    if "Email Address" in there and {"MEMBER_RATING", "OPTIN_TIME", "LEID", "EUID"} & there:
        return _mailchimp(names, samples, file_name.casefold())
    return Preset("", "", guess(names, samples), utc=False)


def _mailchimp(names: Sequence[str], samples: Sequence[Sequence[str]], file_name: str) -> Preset:
    if "UNSUB_TIME" in names or file_name.startswith("unsubscribed"):
        status = "unsubscribed"
    elif "CLEAN_TIME" in names or file_name.startswith("cleaned"):
        status = "bounce"
    else:
        status = "subscribed" if file_name.startswith("subscribed") else ""
    known = _MAILCHIMP | dict.fromkeys(_DATES[status], "consent.email.at")
    return Preset(
        f"mailchimp-{status or 'nonsubscribed'}",
        "Mailchimp",
        _fill(names, samples, known, _MAILCHIMP_IGNORED - set(known)),
        status,
    )


def _fill(
    names: Sequence[str], samples: Sequence[Sequence[str]], known: dict[str, str], ignored: frozenset[str]
) -> list[str]:
    """The preset's word, else a guess; one-off targets stay with the first column that has them."""
    columns = [IGNORE if name in ignored else known.get(name) for name in names]
    for place, key in enumerate(guess(names, samples)):
        if columns[place] is None:
            columns[place] = key if key and (key not in columns) else IGNORE
    seen: set[str] = set()
    for place, key in enumerate(columns):
        if key and key in seen and not key.endswith(".at") and key != "tags":
            columns[place] = IGNORE
        seen.add(key or "")
    return [key or IGNORE for key in columns]
