"""The list of contacts: what a row shows, and which rows, found by index and paged by key."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn

from wagtail_marketing.admin.components import StatusBadge
from wagtail_marketing.admin.keyset import KeysetListingMixin, Order
from wagtail_marketing.admin.viewsets import MarketingIndexView
from wagtail_marketing.contacts.criteria import Criteria
from wagtail_marketing.contacts.masking import mask, may_see_people, shown_name
from wagtail_marketing.contacts.models import ConsentState, Contact
from wagtail_marketing.contacts.registry import ListColumn, list_columns
from wagtail_marketing.core.errors import InvalidInput

from .imports import import_buttons
from .profile import TONES


class NameColumn(TitleColumn):
    """The name, or only the row's number for who may not see people."""

    def get_value(self, instance: Contact) -> str:
        return shown_name(instance, plain=instance.wm_plain)


class EmailColumn(Column):
    def get_value(self, instance: Contact) -> str:
        return instance.email if instance.wm_plain else mask(instance.email)


class ConsentColumn(Column):
    """Where the person stands on e-mail, in a word."""

    def get_value(self, instance: Contact) -> Any:
        state = instance.wm_email_state
        if state is None:
            return StatusBadge("never", _("never asked"))
        return StatusBadge(state.state, state.get_state_display(), TONES.get(state.state, "neutral"))


class RegisteredColumn(Column):
    """A column that another room brings."""

    def __init__(self, name: str, plug: ListColumn):
        super().__init__(name, label=plug.label, sort_key=plug.sort_key or None)
        self.plug = plug
        if plug.numeric:
            self.classname = "wm-number"

    def get_value(self, instance: Contact) -> Any:
        return self.plug.value(instance)


class ContactIndexView(KeysetListingMixin, MarketingIndexView):
    """Three statements for any page: the rows, their count up to a cap, their consent."""

    @cached_property
    def keyset_orders(self) -> dict[str, Order]:  # type: ignore[override]
        ours = {
            "pk": Order(),
            "created_at": Order("created_at"),
            "name": Order("last_name_folded", "first_name_folded"),
        }
        theirs = {plug.sort_key: Order(*plug.sort_by, null=plug.sort_null) for plug in list_columns if plug.sort_key}
        return ours | theirs

    @cached_property
    def header_buttons(self) -> list[Any]:
        return [*super().header_buttons, *import_buttons(self.request.user)]

    @cached_property
    def plain(self) -> bool:
        return may_see_people(self.request.user)

    @cached_property
    def criteria(self) -> Criteria | None:
        """What is asked for; None where a value cannot be read, and then nobody is shown."""
        try:
            return Criteria.read(self.request.GET, plain=self.plain)
        except InvalidInput as error:
            messages.warning(self.request, str(error))
            return None

    def get_valid_orderings(self) -> list[str]:
        # An order by name tells names to who may not see them.
        return [name for name in super().get_valid_orderings() if self.plain or name not in ("name", "-name")]

    def get_base_queryset(self) -> "QuerySet[Contact]":
        contacts = Contact.objects.defer("attributes")
        for plug in list_columns:
            if plug.annotate:
                contacts = plug.annotate(contacts)
        return contacts

    def filter_queryset(self, queryset: "QuerySet[Contact]") -> "QuerySet[Contact]":
        return queryset.none() if self.criteria is None else queryset.filter(self.criteria.condition())

    def search_queryset(self, queryset: "QuerySet[Contact]") -> "QuerySet[Contact]":
        """The text is one of the criteria."""
        return queryset

    def get_counted(self, queryset: "QuerySet[Contact]") -> "QuerySet[Contact]":
        return Contact.objects.none() if self.criteria is None else self.criteria.contacts()

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        rows = list(context["object_list"])
        states = {
            state.contact_id: state
            for state in ConsentState.objects.filter(contact__in=rows, channel="email", topic__isnull=True)
        }
        for row in rows:
            row.wm_plain, row.wm_email_state = self.plain, states.get(row.pk)
        return context

    # Files ----------------------------------------------------------------------------------------

    def get_value_of(self, field: str, row: Contact) -> Any:
        plug = list_columns.get(field)
        return (plug.export or plug.value)(row) if plug else getattr(row, field)

    def to_row_dict(self, item: Contact) -> dict[str, Any]:
        return {field: self.get_value_of(field, item) for field in self.list_export}
