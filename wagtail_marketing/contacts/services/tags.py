"""Words on contacts: on one, or on many by one statement."""

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import Contact, Tag
from wagtail_marketing.core.errors import InvalidInput

from .sets import chosen_sql


def get_tag(name: str) -> Tag:
    """The tag of that name, made where there is none; the same word in another case is the same tag.

    A comma parts tags in files, so none stands in one. Raises ``InvalidInput``.
    """
    name = " ".join(name.replace(",", " ").split())
    slug = slugify(name, allow_unicode=True)
    if not slug or len(name) > 80:
        raise InvalidInput(_("A tag is a word of at most 80 characters."), field="name")
    return Tag.objects.get_or_create(slug=slug, defaults={"name": name})[0]


@transaction.atomic
def add_tag(*, contact: Contact, name: str) -> Tag:
    """Put a word on a contact. Raises ``InvalidInput``."""
    tag = get_tag(name)
    contact.tags.add(tag)
    facts.touch("tags", [contact.pk])
    return tag


@transaction.atomic
def remove_tag(*, contact: Contact, tag: Tag) -> None:
    """Take a word off a contact; harmless where it is not on."""
    contact.tags.remove(tag)
    facts.touch("tags", [contact.pk])


@transaction.atomic
def tag_contacts(*, contacts: QuerySet[Contact], tag: Tag) -> int:
    """Put a word on many; returns how many did not have it."""
    table = connection.ops.quote_name(Contact.tags.through._meta.db_table)
    chosen, params = chosen_sql(contacts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (contact_id, tag_id) SELECT chosen.id, %s FROM ({chosen}) AS chosen"  # noqa: S608
            " WHERE 1 = 1 ON CONFLICT DO NOTHING",
            [tag.pk, *params],
        )
        added = max(cursor.rowcount, 0)
    if added:
        facts.touch("tags", None)
    return added


@transaction.atomic
def untag_contacts(*, contacts: QuerySet[Contact], tag: Tag) -> int:
    """Take a word off many; returns how many had it."""
    chosen = contacts.order_by().values("pk")
    removed = Contact.tags.through.objects.filter(tag=tag, contact__in=chosen).delete()[0]
    if removed:
        facts.touch("tags", None)
    return removed
