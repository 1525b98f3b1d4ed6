"""django-import-export's part: reading cells, finding who a row is, the difference, writing in bulk.

Its own bulk mode has three traps that are closed here: a key that stands twice in the file would abort the whole
batch (rows of one person share one instance), values of a row that turns out invalid would stay on an instance
that another row saves (cells are all read before any is put), and ``bulk_update`` writes a CASE per row and column
(one INSERT … ON CONFLICT by primary key instead).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from import_export.resources import ModelResource
from import_export.results import RowResult

from wagtail_marketing.contacts.models import Contact, ContactAttribute
from wagtail_marketing.contacts.services.fields import (
    DERIVED_FIELDS,
    PERSON_FIELDS,
    attribute_rows,
    person_values,
    plain_attribute,
)
from wagtail_marketing.core.identity import normalise_email, normalise_phone

from .columns import NEW, REPEATED, SKIPPED, UNCHANGED, UPDATED, Column, Outcome, same, widget_of
from .matching import ChunkLoader, Identity
from .plan import FILL, SKIP, Plan
from .targets import ATTRIBUTE, CONSENT, SUPPRESSED

WRITTEN = ("external_key", *PERSON_FIELDS, *DERIVED_FIELDS, "attributes", "updated_at")


class ContactResource(ModelResource):
    """One chunk of rows. ``seen`` holds who stood in earlier chunks, ``fresh`` takes who is new in this one.

    Both are hashes of the ways to know a person; a dry run has nothing else to know them by.
    """

    class Meta:
        model = Contact
        fields: tuple[str, ...] = ()
        use_bulk = True
        batch_size = None
        skip_diff = True
        report_skipped = False
        clean_model_instances = False
        instance_loader_class = ChunkLoader

    def __init__(self, plan: Plan, *, now: datetime, seen: set[int], fresh: set[int], done_before: Any):
        super().__init__()
        self.plan, self.now, self.seen, self.fresh, self.done_before = plan, now, seen, fresh, done_before
        columns = [(place, key) for place, key in enumerate(plan.columns) if key]
        self.columns = [Column(key, f"c{place}", widget_of(key, plan)) for place, key in columns]
        self.fields = {column.column_name: column for column in self.columns}
        self.places = [place for place, _key in columns]
        self.numbers: Sequence[int] = ()
        self.identities: Sequence[Identity] = ()
        self.identity = Identity()
        self.loader: Any = None
        self.outcomes: list[Outcome] = []
        self.attribute_changes: dict[int, Contact] = {}

    # The engine asks these for every row -----------------------------------------------------------

    def get_import_fields(self) -> list[Column]:
        return self.columns

    def get_instance(self, instance_loader: Any, row: Any) -> Contact | None:
        return instance_loader.get_instance(row)

    def init_instance(self, row: Any = None) -> Contact:
        return Contact(source="import", created_at=self.now, updated_at=self.now, attributes={})

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        place = kwargs["row_number"] - 1
        self.identity = self.identities[place]
        self.outcome: Outcome | None = None
        self.number = self.numbers[place]

    def import_instance(self, instance: Contact, row: Any, **kwargs: Any) -> None:
        """Read every cell, and put the values only where none is at fault."""
        errors, read = {}, []
        for column in self.columns:
            try:
                read.append((column.key, column.clean(row)))
            except ValueError as error:
                errors[column.column_name] = ValidationError(str(error), code="invalid")
        new_key = self.identity.key
        if new_key and instance.external_key and instance.external_key != new_key:
            errors[NON_FIELD_ERRORS] = ValidationError("taken")
        if instance.pk is None and not instance.__dict__.get("wm_row") and not self.identity.ways and not errors:
            errors[NON_FIELD_ERRORS] = ValidationError("nobody")
        if errors:
            raise ValidationError(errors)
        self._put(instance, read)

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        return not import_validation_errors and not self._changed

    def save_instance(self, instance: Contact, is_create: bool, row: Any, **kwargs: Any) -> None:
        waiting = self.create_instances if is_create else self.update_instances
        if not instance.__dict__.get("wm_waits"):
            instance.wm_waits = True
            if instance.pk is None:
                self.create_instances.append(instance)
            else:
                waiting.append(instance)

    def after_import_row(self, row: Any, row_result: RowResult, **kwargs: Any) -> None:
        if self.outcome is not None:
            self.outcomes.append(self.outcome)

    # Putting values on a person ------------------------------------------------------------------

    def _put(self, contact: Contact, read: list[tuple[str, Any]]) -> None:
        fresh = contact.pk is None and "wm_row" not in contact.__dict__
        repeated = "wm_row" in contact.__dict__ or contact.pk in self.done_before or self.identity.stood_in(self.seen)
        skip = not fresh and self.plan.known == SKIP
        outcome = self.outcome = Outcome(self.number, contact, UNCHANGED, skipped=skip)
        given, attributes, whole_name = {}, {}, ""
        said: dict[str, str] = {}
        since: dict[str, datetime] = {}
        for key, value in read:
            if value is None or value == "" or value == []:
                # An empty cell says nothing; it takes nothing away.
                continue
            if key.startswith(ATTRIBUTE):
                attributes[key.removeprefix(ATTRIBUTE)] = value
            elif key.startswith(SUPPRESSED):
                outcome.suppressed[key.removeprefix(SUPPRESSED)] = value
            elif key.startswith(CONSENT):
                channel, _dot, part = key.removeprefix(CONSENT).partition(".")
                if part:
                    since[channel] = max(value, since[channel]) if channel in since else value
                else:
                    said[channel] = value
            elif key == "tags":
                outcome.tags += value
            elif key == "name":
                whole_name = value
            elif key == "created_at":
                if fresh:
                    contact.created_at = value
            elif key != "uuid":
                given[key] = value
        if whole_name and "first_name" not in given and "last_name" not in given:
            first, _space, last = whole_name.rpartition(" ")
            given |= {"first_name": (first or last)[:150], "last_name": (last if first else "")[:150]}
        self._consent(outcome, said, since)
        self._changed = fresh
        if not skip:
            self._set(contact, given, attributes, fill=not fresh and self.plan.known == FILL, outcome=outcome)
        if fresh:
            outcome.what = NEW
        elif skip:
            outcome.what = SKIPPED
        elif self._changed:
            outcome.what = UPDATED
        if repeated:
            outcome.what = REPEATED
        contact.wm_row = contact.__dict__.get("wm_row", self.number)
        if fresh:
            self.loader.remember(contact)
            self.fresh.update(map(hash, self.identity.ways))

    def _set(
        self, contact: Contact, given: dict[str, Any], attributes: dict[str, Any], *, fill: bool, outcome: Outcome
    ) -> None:
        changes: dict[str, Any] = {}
        for name, value in given.items():
            current = getattr(contact, name)
            if current == value or (fill and current not in (None, "")):
                continue
            if name == "external_key":
                contact.external_key = value
                self._changed = True
                continue
            if name in ("email", "phone") and current and not self._may_replace(contact, name, value, outcome):
                continue
            changes[name] = value
        if changes:
            for name, value in person_values(changes).items():
                setattr(contact, name, value)
            self._changed = True
        different = {
            name: plain_attribute(value)
            for name, value in attributes.items()
            if not same(contact.attributes.get(name), value)
            and not (fill and contact.attributes.get(name) not in (None, ""))
        }
        if different:
            contact.attributes = {**contact.attributes, **different}
            self.attribute_changes[id(contact)] = contact
            self._changed = True
        if self._changed:
            contact.updated_at = self.now

    def _may_replace(self, contact: Contact, name: str, value: str, outcome: Outcome) -> bool:
        """The same address in other writing stays; one that must not be written to is not got round by a new one."""
        if name == "email":
            if normalise_email(value) == contact.email_normalised:
                return False
            reason = self.loader.blocked.get(("email", contact.email_hash))
        else:
            if normalise_phone(value) == contact.phone_e164:
                return False
            reason = self.loader.blocked.get(("sms", contact.phone_hash))
        if reason and reason != "bounce":
            outcome.kept_address = True
            return False
        return True

    def _consent(self, outcome: Outcome, said: dict[str, str], since: dict[str, datetime]) -> None:
        """What the row says of consent; the file's word for everybody fills in where the row is silent."""
        plan = self.plan
        if plan.status in ("bounce", "complaint", "manual"):
            outcome.suppressed.setdefault(plan.channel, plan.status)
        elif plan.status:
            said.setdefault(plan.channel, plan.status)
        for channel, reason in list(outcome.suppressed.items()):
            if reason == "unsubscribed":
                said[channel] = reason
                del outcome.suppressed[channel]
        for channel, state in said.items():
            if state in ("bounce", "complaint"):
                outcome.suppressed.setdefault(channel, state)
            elif state in ("subscribed", "unsubscribed"):
                outcome.said[channel] = (state, since.get(channel))
        for channel in outcome.suppressed:
            if channel in since:
                outcome.said.setdefault(channel, ("", since[channel]))

    # Writing ------------------------------------------------------------------------------------

    def bulk_create(self, *args: Any, **kwargs: Any) -> None:
        Contact.objects.bulk_create(self.create_instances, batch_size=1000)
        self.create_instances.clear()

    def bulk_update(self, *args: Any, **kwargs: Any) -> None:
        if self.update_instances:
            # The rows are locked and there: this only ever updates.
            Contact.objects.bulk_create(
                self.update_instances,
                batch_size=500,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=WRITTEN,
            )
            self.update_instances.clear()
        self._write_attributes()

    def _write_attributes(self) -> None:
        people = list(self.attribute_changes.values())
        if people:
            ContactAttribute.objects.filter(contact_id__in=[person.pk for person in people]).delete()
            ContactAttribute.objects.bulk_create(
                [row for person in people for row in attribute_rows(person.pk, person.attributes, self.plan.types)],
                batch_size=1000,
            )
            self.attribute_changes.clear()
