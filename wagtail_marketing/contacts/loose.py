"""Tables of this room, the rooms below, Wagtail and Django that may name a person."""

from .registry import LooseTable, loose_tables

TABLES = {
    "jobs": LooseTable(
        "wagtail_marketing_jobs.Job",
        text=("note", "result_name"),
        keys=("key", "exclusive_key"),
        records=("params", "cursor", "result", "errors"),
    ),
    "idempotency keys": LooseTable(
        "wagtail_marketing_api.IdempotencyKey", records=("body",), keys=("key",), by_uuid=True
    ),
    "imports": LooseTable("wagtail_marketing_contacts.ContactImport", text=("file_name",), json=("names", "options")),
    "import faults": LooseTable("wagtail_marketing_contacts.ImportFault", records=("cells", "errors")),
    "log": LooseTable("wagtailcore.ModelLogEntry", text=("label",), json=("data",)),
    "page log": LooseTable("wagtailcore.PageLogEntry", text=("label",), json=("data",)),
    "revisions": LooseTable("wagtailcore.Revision", text=("object_str",), json=("content",)),
    "admin log": LooseTable("admin.LogEntry", text=("object_repr", "change_message")),
}


def register() -> None:
    for name, table in TABLES.items():
        loose_tables.register(name, table)
