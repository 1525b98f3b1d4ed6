"""Reads of static lists."""

from django.db.models import QuerySet

from .models import Contact, ContactList, ListMembership


def members(contact_list: ContactList) -> QuerySet[ListMembership]:
    """Who is on the list, newest first, with their contacts: by an index, so that pages by key stay quick."""
    return ListMembership.objects.filter(contact_list=contact_list).select_related("contact").order_by("-pk")


def contacts_on(contact_list: ContactList | int) -> QuerySet[Contact]:
    """The contacts of a list, for whoever filters, counts or adds them elsewhere."""
    pk = contact_list.pk if isinstance(contact_list, ContactList) else contact_list
    return Contact.objects.filter(pk__in=ListMembership.objects.filter(contact_list=pk).values("contact"))


def lists_of(contact: Contact) -> QuerySet[ContactList]:
    """The lists that a contact is on, by name."""
    return ContactList.objects.filter(memberships__contact=contact)
