"""Who a row is: the contacts of a chunk, loaded in a handful of statements whatever the number of rows."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from import_export.instance_loaders import BaseInstanceLoader

from wagtail_marketing.contacts.models import Contact, ContactAlias, Suppression
from wagtail_marketing.contacts.services import locks
from wagtail_marketing.core.identity import address_hash, normalise_email, normalise_phone


@dataclass(frozen=True, slots=True)
class Identity:
    """What a row says of who it is, in the forms that we compare; empty where it says nothing."""

    key: str = ""
    uuid: str = ""
    email: str = ""
    phone: str = ""

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in which the person is known, one word each; a phone number only where it is all there is."""
        address = f"e:{self.email}" if self.email else f"p:{self.phone}" if self.phone else ""
        found = [f"k:{self.key}"] if self.key else []
        if self.uuid:
            found.append(f"u:{self.uuid}")
        if address:
            # Two people with customer keys of their own may share an address.
            found.append(f"keyed {address}" if self.key else address)
        return tuple(found)

    def stood_in(self, seen: set[int]) -> bool:
        """Whether the person stood in an earlier row; ``seen`` holds the hashes of their ``ways``."""
        ways = [*self.ways]
        if ways and (self.email or self.phone):
            address = ways[-1].removeprefix("keyed ")
            ways.append(address if self.key else f"keyed {address}")
        return any(hash(way) in seen for way in ways)


def identify(values: dict[str, str]) -> Identity:
    """The identity in a row's raw cells by target; what cannot be read says nothing here."""
    try:
        own = str(uuid.UUID(values.get("uuid", ""))) if values.get("uuid") else ""
    except ValueError:
        own = ""
    return Identity(
        values.get("external_key", "")[:190],
        own,
        normalise_email(values.get("email", ""))[:254],
        normalise_phone(values.get("phone", "")) if values.get("phone") else "",
    )


class ChunkLoader(BaseInstanceLoader):
    """Finds the contact of a row: by customer key, else identifier, else e-mail, else phone.

    A contact that has another customer key is somebody else, however alike the address; a phone number alone
    tells people apart only where one of the two has no e-mail address. Of several contacts with one address it
    is the lowest id. An erased person's pseudonym is nobody.
    """

    def __init__(self, resource: Any, dataset: Any = None):
        super().__init__(resource, dataset)
        identities = resource.identities
        ids = self._ids(identities)
        contacts = locks.for_update(Contact.objects.filter(pk__in=ids).exclude(source="erased")) if ids else []
        self.by_key: dict[str, Contact] = {}
        self.by_uuid: dict[str, Contact] = {}
        self.by_email: dict[str, list[Contact]] = {}
        self.by_phone: dict[str, list[Contact]] = {}
        for contact in contacts:
            self.remember(contact)
        self.blocked = self._suppressed(contacts, identities)
        self.by_uuid |= self._aliases(identities)
        resource.loader = self

    def _ids(self, identities: Iterable[Identity]) -> set[int]:
        ids: set[int] = set()
        for column, name in (
            ("external_key", "key"),
            ("uuid", "uuid"),
            ("email_normalised", "email"),
            ("phone_e164", "phone"),
        ):
            values = {getattr(identity, name) for identity in identities} - {""}
            if values:
                ids.update(Contact.objects.filter(**{f"{column}__in": values}).values_list("pk", flat=True))
        self.alias_ids = {}
        uuids = {identity.uuid for identity in identities} - {""}
        if uuids:
            self.alias_ids = dict(ContactAlias.objects.filter(uuid__in=uuids).values_list("uuid", "contact_id"))
            ids.update(self.alias_ids.values())
        return ids

    def _aliases(self, identities: Iterable[Identity]) -> dict[str, Contact]:
        by_pk = {contact.pk: contact for contact in self.by_uuid.values()}
        return {str(alias): by_pk[pk] for alias, pk in self.alias_ids.items() if pk in by_pk}

    def _suppressed(self, contacts: list[Contact], identities: Iterable[Identity]) -> dict[tuple[str, str], str]:
        hashes = {contact.email_hash for contact in contacts} | {contact.phone_hash for contact in contacts}
        for identity in identities:
            hashes |= {address_hash(identity.email), address_hash(identity.phone)}
        rows = Suppression.objects.filter(address_hash__in=hashes - {""})
        return {(row.channel, row.address_hash): row.reason for row in rows}

    def remember(self, contact: Contact) -> None:
        """A row further down may be the same person."""
        if contact.external_key:
            self.by_key.setdefault(contact.external_key, contact)
        self.by_uuid.setdefault(str(contact.uuid), contact)
        for index, value in ((self.by_email, contact.email_normalised), (self.by_phone, contact.phone_e164)):
            if value:
                people = index.setdefault(value, [])
                if contact not in people:
                    people.append(contact)

    def get_instance(self, row: Any) -> Contact | None:
        identity: Identity = self.resource.identity
        found = self.by_key.get(identity.key) or self.by_uuid.get(identity.uuid)
        if found is not None:
            return found
        for contact in self.by_email.get(identity.email, ()):
            if not identity.key or not contact.external_key:
                return contact
        for contact in self.by_phone.get(identity.phone, ()):
            if (not identity.key or not contact.external_key) and not (identity.email and contact.email_normalised):
                return contact
        return None
