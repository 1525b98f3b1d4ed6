"""The places that may name a person without a key to them: jobs, answers kept for repeats, logs, files, the queue."""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Cast
from wagtail.models import ModelLogEntry

from wagtail_marketing.contacts.models import Contact, ContactMerge
from wagtail_marketing.contacts.registry import LooseTable, loose_tables
from wagtail_marketing.core import tasks

#: What stands where somebody was named.
ERASED = "[erased]"
#: Shorter words would be found in what is not about the person.
LEAST = 6
#: A file of a job is read in pieces of this many bytes.
CHUNK = 1 << 20


def forget_everywhere(contact: Contact) -> None:
    """Take the person's addresses out of every loose table, the queue, the log and the files.

    To be called while the contact still has them.
    """
    words = addresses_of(contact)
    for table in loose_tables:
        _scrub_table(table, [*words, str(contact.uuid)] if table.by_uuid else words)
    _forget_log(contact)
    if words:
        tasks.forget(words)
        _forget_files(words)


def addresses_of(contact: Contact) -> list[str]:
    """Every way in which the person's addresses are written, those of merged contacts too."""
    found = {contact.email, contact.email_normalised, contact.phone, contact.phone_e164}
    for undo in ContactMerge.objects.filter(keep=contact).values_list("undo", flat=True):
        for row in undo.get("contacts", ()):
            found |= {str(row["fields"][name]) for name in ("email", "email_normalised", "phone", "phone_e164")}
    return sorted(word for word in found if len(word) >= LEAST)


def _scrub_table(table: LooseTable, words: list[str]) -> None:
    try:
        model = apps.get_model(table.model)
    except LookupError:  # an app that this site does without
        return
    if not words:
        return
    columns = (*table.text, *table.json, *table.records, *table.keys)
    rows = model._base_manager.annotate(**{f"wm_{name}": Cast(name, models.TextField()) for name in columns})
    ways = Q()
    for name in columns:
        for word in words:
            for form in {word, json.dumps(word)[1:-1]}:
                ways |= Q(**{f"wm_{name}__icontains": form})
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    for row in rows.filter(ways).only("pk", *columns).iterator(chunk_size=200):
        values: dict[str, Any] = {
            name: pattern.sub(ERASED, getattr(row, name))[: model._meta.get_field(name).max_length]
            for name in table.text
        }
        values |= {name: _clean(getattr(row, name), pattern, whole=False) for name in table.json}
        values |= {name: _clean(getattr(row, name), pattern, whole=True) for name in table.records}
        values |= {name: f"erased-{uuid4()}" for name in table.keys if pattern.search(getattr(row, name) or "")}
        model._base_manager.filter(pk=row.pk).update(**values)


def _clean(value: Any, pattern: re.Pattern[str], *, whole: bool) -> Any:
    """``value`` without what matches; with ``whole`` a record that names the person loses all of its text."""
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if not isinstance(value, dict | list):
        return value
    direct = value.values() if isinstance(value, dict) else value
    named = whole and any(isinstance(one, str) and pattern.search(one) for one in direct)

    def clean(one: Any) -> Any:
        return ERASED if named and isinstance(one, str) else _clean(one, pattern, whole=whole)

    if isinstance(value, list):
        return [clean(one) for one in value]
    return {pattern.sub(ERASED, str(key)): clean(one) for key, one in value.items()}


def _forget_log(contact: Contact) -> None:
    """Wagtail's log keeps who did what and when with the contact, and forgets what it was called."""
    kind = ContentType.objects.get_for_model(Contact)
    ModelLogEntry.objects.filter(content_type=kind, object_id=str(contact.pk)).update(label=ERASED, data={})


def _forget_files(words: list[str]) -> None:
    """Delete the files of jobs and imports that name the person, once the erasure is committed."""
    needles = [form for word in words for form in {word.lower().encode(), word.lower().encode("utf-16-le")}]
    for model, field in _file_fields():
        for row in model._base_manager.exclude(**{field: ""}).exclude(**{field: None}).iterator(chunk_size=200):
            file = getattr(row, field)
            if _names(file, needles):
                model._base_manager.filter(pk=row.pk).update(**{field: ""})
                transaction.on_commit(lambda storage=file.storage, name=file.name: storage.delete(name))


def _file_fields() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        if model._meta.app_label.startswith("wagtail_marketing"):
            for field in model._meta.concrete_fields:
                if isinstance(field, models.FileField):
                    yield model, field.name


def _names(file: Any, needles: list[bytes]) -> bool:
    """Whether the file holds one of ``needles``; one that cannot be opened is gone already."""
    try:
        with file.storage.open(file.name, "rb") as opened:
            if zipfile.is_zipfile(opened):
                opened.seek(0)
                with zipfile.ZipFile(opened) as archive:
                    return any(_holds(archive.open(name), needles) for name in archive.namelist())
            opened.seek(0)
            return _holds(opened, needles)
    except FileNotFoundError:
        return False
    except zipfile.BadZipFile:
        return True


def _holds(stream: io.BufferedIOBase | Any, needles: Iterable[bytes]) -> bool:
    longest = max(len(needle) for needle in needles)
    tail = b""
    while piece := stream.read(CHUNK):
        text = tail + piece.lower()
        if any(needle in text for needle in needles):
            return True
        tail = text[-longest:]
    return False
