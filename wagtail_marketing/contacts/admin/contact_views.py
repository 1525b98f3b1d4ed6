"""The pages that add and edit one contact, and the history of who changed what."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.views.generic.history import HistoryView
from wagtail.log_actions import LogFormatter

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingPermissionMixin, MarketingTemplateView
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.masking import PERMISSION as SEE_PEOPLE
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.services.people import shop_fields
from wagtail_marketing.core.errors import DomainError

from .contact_forms import ContactForm

VIEW = "wagtail_marketing_contacts.view_contact"
TAG = "wagtail_marketing_contacts.add_tag"
#: Who edits a person sees the person.
ADD = (VIEW, "wagtail_marketing_contacts.add_contact", SEE_PEOPLE)
CHANGE = (VIEW, "wagtail_marketing_contacts.change_contact", SEE_PEOPLE)


class ContactFormView(MarketingTemplateView):
    """A form whose faults stand at their fields; one service call writes."""

    template_name = "wagtail_marketing_contacts/contact_form.html"
    header_icon = "wm-contacts"
    contact: Contact | None = None

    @cached_property
    def form(self) -> ContactForm:
        return ContactForm(
            self.request.POST if self.request.method == "POST" else None,
            contact=self.contact,
            may_tag=may(self.request.user, TAG),
        )

    def get_media(self) -> Any:
        return super().get_media() + self.form.media

    def get_cancel_url(self) -> str:
        return reverse("marketing_contacts:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            form=self.form,
            from_the_shop=bool(self.contact and shop_fields(self.contact)),
            cancel_url=self.get_cancel_url(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.form.is_valid():
            try:
                with transaction.atomic():
                    contact = self.save()
                    self.save_tags(contact)
            except DomainError as error:
                field = "tags" if error.field == "name" else error.field
                self.form.add_error(field if field in self.form.fields else None, str(error))
            else:
                messages.success(request, _("Saved."))
                return redirect("marketing_contacts:inspect", contact.pk)
        return self.render_to_response(self.get_context_data(), status=422)

    def save(self) -> Contact:
        raise NotImplementedError

    def save_tags(self, contact: Contact) -> None:
        wanted = self.form.wanted_tags()
        if wanted is None:
            return
        kept = {services.add_tag(contact=contact, name=name).pk for name in wanted}
        for tag in contact.tags.exclude(pk__in=kept):
            services.remove_tag(contact=contact, tag=tag)


class ContactAddView(ContactFormView):
    marketing_permission = ADD
    page_title = gettext_lazy("Add a contact")

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse("marketing_contacts:index"), "label": _("Contacts")}]

    def save(self) -> Contact:
        attributes = {name: value for name, value in self.form.attributes().items() if value is not None}
        return services.create_contact(
            source="staff", attributes=attributes, user=self.request.user, **self.form.person()
        )


class ContactEditView(ContactFormView):
    marketing_permission = CHANGE
    page_title = gettext_lazy("Edit")

    @cached_property
    def contact(self) -> Contact:  # type: ignore[override]
        return get_object_or_404(Contact.objects.exclude(source="erased"), pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.contact)

    def get_cancel_url(self) -> str:
        return reverse("marketing_contacts:inspect", args=[self.contact.pk])

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_contacts:index"), "label": _("Contacts")},
            {"url": self.get_cancel_url(), "label": str(self.contact)},
        ]

    def save(self) -> Contact:
        return services.update_contact(
            contact=self.contact, attributes=self.form.attributes(), user=self.request.user, **self.form.person()
        )


class ContactHistoryView(MarketingPermissionMixin, HistoryView):
    """Wagtail's history of one contact, for who may see and change people."""

    marketing_permission = CHANGE


class EditFormatter(LogFormatter):
    """Which fields were changed; what stood in them is not kept."""

    label = gettext_lazy("Change a contact")

    def format_message(self, entry: Any) -> str:
        labels = {name: str(field.label) for name, field in ContactForm.base_fields.items()}
        fields = [labels.get(name, _("attributes of the shop")) for name in entry.data.get("fields", ())]
        return _("Changed: %(fields)s") % {"fields": ", ".join(fields)}


class CreateFormatter(LogFormatter):
    label = gettext_lazy("Add a contact")

    def format_message(self, entry: Any) -> str:
        return _("Added by hand")
