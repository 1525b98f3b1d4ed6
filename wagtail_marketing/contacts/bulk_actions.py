"""What can be done with many contacts at once; other rooms register theirs beside these."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.jobs import registry as jobs

from .files import FORMATS, XLSX_MOST
from .masking import PERMISSION as SEE_PEOPLE
from .models import Contact, ContactList, SuppressionReason, Tag
from .registry import BulkAction, bulk_actions, channel_address
from .services import add_to_list, remove_from_list, suppress_many, tag_contacts, untag_contacts
from .services.bulk import job_kind
from .services.tags import get_tag

Options = dict[str, Any]
_FORMS = "wagtail_marketing.contacts.admin.bulk_forms"


def _get(model: Any, pk: Any, message: str, field: str) -> Any:
    found = model.objects.filter(pk=pk).first() if str(pk).isdecimal() else None
    if found is None:
        raise InvalidInput(message, field=field)
    return found


def _tag(options: Options) -> Tag:
    return _get(Tag, options.get("tag"), _("This tag is gone."), "tag")


def _list(options: Options) -> ContactList:
    return _get(ContactList, options.get("list"), _("This list is gone."), "list")


def check_tag(options: Options) -> Options:
    return {"tag": get_tag(str(options.get("name", ""))).pk}


def check_untag(options: Options) -> Options:
    return {"tag": _tag(options).pk}


def check_list(options: Options) -> Options:
    return {"list": _list(options).pk}


def check_suppress(options: Options) -> Options:
    given = options.get("channels") or []
    names = sorted({str(name) for name in given}) if isinstance(given, list | tuple) else []
    if not names:
        raise InvalidInput(_("Name at least one channel."), field="channels")
    for name in names:
        channel_address(name)
    reason = options.get("reason")
    if reason not in SuppressionReason.values or reason == SuppressionReason.ERASED:
        raise InvalidInput(_("“%(reason)s” is not a reason.") % {"reason": reason}, field="reason")
    return {"channels": names, "reason": str(reason)}


def check_export(options: Options) -> Options:
    kind = options.get("format")
    if kind not in FORMATS:
        raise InvalidInput(_("“%(format)s” is not a kind of file.") % {"format": kind}, field="format")
    return {"format": kind, "most": XLSX_MOST if kind == "xlsx" else None}


def suppress_all(contacts: QuerySet[Contact], options: Options) -> int:
    """The addresses of a slice; returns how many were not on the list."""
    new = 0
    for channel in options["channels"]:
        field = channel_address(channel).hash_field
        hashes = contacts.exclude(**{field: ""}).values_list(field, flat=True)
        new += suppress_many(channel=channel, hashes=list(hashes), reason=options["reason"])
    return new


def nothing(contacts: QuerySet[Contact], options: Options) -> int:
    return 0


ACTIONS = {
    "tag": BulkAction(
        gettext_lazy("Add a tag"),
        "wagtail_marketing_contacts.add_tag",
        check_tag,
        lambda contacts, options: tag_contacts(contacts=contacts, tag=_tag(options)),
        f"{_FORMS}.TagForm",
        order=100,
    ),
    "untag": BulkAction(
        gettext_lazy("Take a tag off"),
        "wagtail_marketing_contacts.add_tag",
        check_untag,
        lambda contacts, options: untag_contacts(contacts=contacts, tag=_tag(options)),
        f"{_FORMS}.UntagForm",
        order=110,
    ),
    "list-add": BulkAction(
        gettext_lazy("Add to a list"),
        "wagtail_marketing_contacts.change_contactlist",
        check_list,
        lambda contacts, options: add_to_list(contact_list=_list(options), contacts=contacts, source="filter"),
        f"{_FORMS}.ListForm",
        order=200,
    ),
    "list-remove": BulkAction(
        gettext_lazy("Take off a list"),
        "wagtail_marketing_contacts.change_contactlist",
        check_list,
        lambda contacts, options: remove_from_list(contact_list=_list(options), contacts=contacts, source="filter"),
        f"{_FORMS}.ListForm",
        order=210,
    ),
    "export": BulkAction(
        gettext_lazy("Export to a file"),
        ("wagtail_marketing_contacts.export_contact", SEE_PEOPLE),
        check_export,
        nothing,
        f"{_FORMS}.ExportForm",
        warning=gettext_lazy("The file holds personal data. Delete it when you are done with it."),
        run="wagtail_marketing.contacts.services.export.run",
        order=300,
    ),
    "suppress": BulkAction(
        gettext_lazy("Suppress their addresses"),
        "wagtail_marketing_contacts.suppress_contact",
        check_suppress,
        suppress_all,
        f"{_FORMS}.SuppressForm",
        warning=gettext_lazy(
            "Nothing is sent to a suppressed address any more, whoever has it. No import, no sync with the shop, no "
            "sign-up and no program can undo this: each address has to be taken off the suppression list by hand."
        ),
        destructive=True,
        order=900,
    ),
}


def register() -> None:
    for name, action in ACTIONS.items():
        bulk_actions.register(name, action)
        register_job(name)


def register_job(name: str) -> None:
    """Make the job of a registered action known: once per action, since each has a permission of its own."""
    action = bulk_actions[name]
    jobs.register(job_kind(name), label=action.label, run=action.run, permission=action.permissions)
