"""Contacts in the Marketing menu."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter

from wagtail_marketing.admin import registry

from .admin import suppressions, topics
from .admin.contact_views import CreateFormatter, EditFormatter
from .admin.imports import ImportViewSet
from .admin.list_block import lists_block
from .admin.list_views import source_words
from .admin.lists import ContactListViewSet
from .admin.profile import channels_block, details_block, tags_block
from .admin.profile_facts import channels_fact, ledger_block, lists_fact, pause_fact, since_fact, tags_fact
from .admin.viewsets import ContactViewSet
from .registry import ProfileBlock, ProfileFact, profile_blocks, profile_facts

registry.register_viewset(ContactViewSet, order=registry.CONTACTS)
registry.register_viewset(ContactListViewSet, order=registry.CONTACTS + 10)
registry.register_viewset(ImportViewSet)
registry.register_viewset(topics.TopicViewSet)
registry.register_viewset(suppressions.SuppressionViewSet)
registry.register_settings_page(
    "topics",
    label=_("Topics"),
    description=_("What people can agree to hear about, in which languages, and whether they confirm it."),
    url_name="marketing_topics:index",
    permission=topics.VIEW,
    icon="tag",
    order=300,
)
registry.register_settings_page(
    "suppressions",
    label=_("Suppressions"),
    description=_("Addresses that are never written to: bounced, complained, erased, or put there by you."),
    url_name="marketing_suppressions:index",
    permission=suppressions.VIEW,
    icon="no-view",
    order=310,
)
profile_facts.register("channels", ProfileFact(10, _("Consent"), channels_fact))
profile_facts.register("pause", ProfileFact(15, _("Paused"), pause_fact))
profile_facts.register("since", ProfileFact(30, _("Customer since"), since_fact))
profile_facts.register("tags", ProfileFact(50, _("Tags"), tags_fact))
profile_facts.register("lists", ProfileFact(60, _("Lists"), lists_fact))
profile_blocks.register("ledger", ProfileBlock(50, ledger_block, tab="consent"))
profile_blocks.register("channels", ProfileBlock(20, channels_block, tab="consent"))
profile_blocks.register("tags", ProfileBlock(30, tags_block))
profile_blocks.register(
    "lists", ProfileBlock(35, lists_block, permission="wagtail_marketing_contacts.view_contactlist")
)
profile_blocks.register("details", ProfileBlock(90, details_block))

LIST_ACTIONS = {
    "add": (_("Add to list"), _("Put %(count)s contacts on the list (%(source)s)")),
    "remove": (_("Take off list"), _("Took %(count)s contacts off the list (%(source)s)")),
    "export": (_("Download list"), _("Downloaded %(count)s members (%(source)s)")),
}

SUPPRESSION_ACTIONS = (
    ("suppress", _("Do not write to an address"), _("An address put on the list of those not to write to")),
    (
        "lift_suppression",
        _("Take an address off the list"),
        _("An address taken off the list of those not to write to"),
    ),
)

IMPORT_ACTIONS = (
    ("upload", _("Upload a file"), _("A file of contacts uploaded")),
    ("run", _("Import"), _("A file of contacts imported")),
    ("stop", _("Stop an import"), _("An import stopped")),
    ("undo", _("Take an import back"), _("Tags and list of an import taken back")),
    ("faults", _("Download rows to correct"), _("The rows to correct of an import downloaded")),
)


PERSON_ACTIONS = (
    ("export_person", _("Export a person"), _("Exported everything that is known of the person")),
    ("erase_person", _("Erase a person"), _("Erased the person for good")),
    ("merge_contacts", _("Merge contacts"), _("Made another contact part of this one")),
    ("undo_merge", _("Undo a merge"), _("Parted two contacts again")),
)


def list_formatter(name: str, words: Any, said: Any) -> type[LogFormatter]:
    """One line of a list's history: how many, and where from."""

    def format_message(self: LogFormatter, entry: Any) -> str:
        data = {"count": 0, "source": "", **entry.data}
        return str(said) % {"count": data["count"], "source": source_words(data["source"])}

    return type(f"List{name.title()}Formatter", (LogFormatter,), {"label": words, "format_message": format_message})


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    for name, (words, said) in LIST_ACTIONS.items():
        actions.register_action(f"wagtail_marketing.list.{name}")(list_formatter(name, words, said))
    for name, label, message in (*SUPPRESSION_ACTIONS, *PERSON_ACTIONS):
        actions.register_action(f"wagtail_marketing.{name}", label, message)
    actions.register_action("wagtail_marketing.contact.create")(CreateFormatter)
    actions.register_action("wagtail_marketing.contact.edit")(EditFormatter)
    for name, label, message in IMPORT_ACTIONS:
        actions.register_action(f"wagtail_marketing.import.{name}", label, message)
