"""Static lists under the Marketing menu: the list of lists, and the forms."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, NumberColumn, TitleColumn
from wagtail.admin.views import generic

from wagtail_marketing.admin.columns import LocalTimeColumn
from wagtail_marketing.admin.viewsets import MarketingModelViewSet
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import ContactList
from wagtail_marketing.contacts.registry import list_users
from wagtail_marketing.core.errors import DomainError

from .list_block import PutView
from .list_people import AddPeopleView, DuplicatesView, RemoveView
from .list_views import CHANGE, EXPORT, VIEW, ExportView, MembersView

VIEW_CONTACT = "wagtail_marketing_contacts.view_contact"


class _FormMixin:
    """What creating and editing share: a service behind ``save``, and at the field what it refuses (a race)."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc]
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return self.form_invalid(form)  # type: ignore[attr-defined]

    def get_success_url(self) -> str:
        return reverse("marketing_lists:inspect", args=[self.object.pk])  # type: ignore[attr-defined]


class CreateView(_FormMixin, generic.CreateView):
    success_message = _("The list “%(object)s” is there. Put people on it.")

    def save_instance(self) -> ContactList:
        return services.create_list(user=self.request.user, **self.form.cleaned_data)


class EditView(_FormMixin, generic.EditView):
    def save_instance(self) -> ContactList:
        contact_list = ContactList.objects.get(pk=self.object.pk)
        return services.update_list(contact_list=contact_list, user=self.request.user, **self.form.cleaned_data)


class DeleteView(generic.DeleteView):
    """Asks, and says what chooses people by the list: such a list stays."""

    template_name = "wagtail_marketing_contacts/list_delete.html"
    usage_url_name = None

    def get_usage_url(self) -> None:
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        users = [str(use) for find in list_users for use in find(self.object)]
        return super().get_context_data(users=users, **kwargs)

    def delete_action(self) -> None:
        services.delete_list(contact_list=self.object, user=self.request.user)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pk = self.object.pk
        try:
            return super().post(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("marketing_lists:inspect", pk)


class ContactListViewSet(MarketingModelViewSet):
    model = ContactList
    slug = "lists"
    menu_label = _("Lists")
    icon = "list-ul"
    ordering = ("name", "pk")
    search_fields = ["name", "description"]
    search_backend_name = None
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    edit_handler = ObjectList([FieldPanel("name"), FieldPanel("description"), FieldPanel("site")])
    list_display = [
        TitleColumn("name", label=_("Name"), url_name="marketing_lists:inspect", sort_key="name"),
        NumberColumn("size", label=_("Members"), sort_key="size"),
        Column("description", label=_("Description")),
        LocalTimeColumn("created_at", label=_("Created"), sort_key="created_at"),
        LocalTimeColumn("changed_at", label=_("Members changed"), sort_key="changed_at"),
    ]

    def get_urlpatterns(self) -> list[Any]:
        people = (CHANGE, *EXPORT[2:])
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/", MembersView.as_view(marketing_permission=VIEW), name="inspect"),
            path("put/<int:contact>/", PutView.as_view(marketing_permission=(CHANGE, VIEW_CONTACT)), name="put"),
            path("<int:pk>/export/", ExportView.as_view(marketing_permission=EXPORT), name="export"),
            path("<int:pk>/add-people/", AddPeopleView.as_view(marketing_permission=people), name="add_people"),
            path("<int:pk>/remove/", RemoveView.as_view(marketing_permission=CHANGE), name="remove"),
            path("<int:pk>/duplicates/", DuplicatesView.as_view(marketing_permission=people), name="duplicates"),
        ]
