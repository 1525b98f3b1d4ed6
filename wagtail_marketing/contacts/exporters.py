"""What this room knows of a person, for ``export_person``."""

from typing import Any

from .models import ConsentEvent, Contact
from .registry import erasers, exporters
from .services.imports import forget_person_in_files
from .services.lists import forget_in_lists


def export_contact(contact: Contact) -> dict[str, Any]:
    uuids = [contact.uuid, *contact.aliases.values_list("uuid", flat=True)]
    return {
        "uuid": str(contact.uuid),
        "customer_key": contact.external_key,
        "email": contact.email,
        "phone": contact.phone,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "language": contact.language,
        "time_zone": contact.time_zone,
        "country": contact.country,
        "region": contact.region,
        "city": contact.city,
        "birthday": contact.birthday.isoformat() if contact.birthday else None,
        "attributes": contact.attributes,
        "tags": list(contact.tags.values_list("name", flat=True)),
        "lists": [
            {"name": name, "added_at": added_at.isoformat(), "source": source}
            for name, added_at, source in contact.list_memberships.values_list(
                "contact_list__name", "added_at", "source"
            )
        ],
        "created_at": contact.created_at.isoformat(),
        "consent": [
            {
                "channel": event.channel,
                "topic": event.topic.name if event.topic else None,
                "state": event.state,
                "strength": event.get_strength_display(),
                "source": event.source,
                "occurred_at": event.occurred_at.isoformat(),
                "text": event.evidence.text if hasattr(event, "evidence") else "",
                "ip": event.evidence.ip if hasattr(event, "evidence") else None,
            }
            for event in ConsentEvent.objects.filter(contact_uuid__in=uuids).select_related("topic", "evidence")
        ],
    }


def register() -> None:
    exporters.register("contacts", export_contact)
    erasers.register("contacts.lists", forget_in_lists)
    erasers.register("contacts.imports", forget_person_in_files)
