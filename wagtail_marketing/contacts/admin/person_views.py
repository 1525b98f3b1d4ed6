"""What may be done with one person: export, erase, suppress, pause."""

import json
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.log_actions import log

from wagtail_marketing.admin.views import ConfirmView, MarketingView
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.masking import may_see_people, shown_name
from wagtail_marketing.contacts.models import Contact, ContactPreference, SuppressionReason
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError

#: Days that the page offers for a pause.
PAUSE = 30


class _PersonMixin:
    @cached_property
    def contact(self) -> Contact:
        return get_object_or_404(Contact, pk=self.kwargs["pk"])  # type: ignore[attr-defined]

    def get_success_url(self) -> str:
        return reverse("marketing_contacts:inspect", args=[self.contact.pk])

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        name = shown_name(self.contact, plain=may_see_people(self.request.user))  # type: ignore[attr-defined]
        return [
            {"url": reverse("marketing_contacts:index"), "label": _("Contacts")},
            {"url": self.get_success_url(), "label": name},
        ]


class ExportPersonView(_PersonMixin, MarketingView):
    """Everything known of the person, as a JSON file."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        known = services.export_person(contact=self.contact)
        log(self.contact, "wagtail_marketing.export_person", user=request.user)
        response = HttpResponse(
            json.dumps(known, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder), content_type="application/json"
        )
        response["Content-Disposition"] = f'attachment; filename="contact-{self.contact.uuid}.json"'
        response["Cache-Control"] = "no-store"
        return response


class ErasePersonView(_PersonMixin, ConfirmView):
    """Asks for the number of the contact, typed; then the person is forgotten."""

    page_title = gettext_lazy("Erase")
    header_icon = "bin"
    irreversible = True
    destructive = True
    confirm_label = gettext_lazy("Erase this person for good")
    success_message = gettext_lazy("The person is erased.")

    def get_question(self) -> str:
        return _("Erase %(name)s for good?") % {
            "name": shown_name(self.contact, plain=may_see_people(self.request.user))
        }

    def get_details(self) -> list[str]:
        return [
            _(
                "Gone: name, addresses, attributes, tags, lists, notes, the timeline, texts of consent, open messages, "
                "and what jobs, logs and files say of this person."
            ),
            _("Stays: orders, uses of discounts and entries of the consent ledger, under a number without a name."),
            _("The addresses stay on the suppression list, as a code that nobody can read back: they get nothing."),
            _("If the shop still has this customer, erase them there first, or the next sync brings them back."),
        ]

    def get_typed_confirmation(self) -> str:
        return str(self.contact.pk)

    def perform(self) -> None:
        services.erase_person(contact=self.contact)
        log(self.contact, "wagtail_marketing.erase_person", user=self.request.user)


class SuppressPersonView(_PersonMixin, ConfirmView):
    """Puts every address of the person on the suppression list."""

    page_title = gettext_lazy("Never write to this person")
    header_icon = "cross"
    confirm_label = gettext_lazy("Never write to these addresses")
    success_message = gettext_lazy("The addresses are on the suppression list.")
    question = gettext_lazy("Put the addresses of this person on the suppression list?")

    def get_details(self) -> list[str]:
        return [_("Whoever has one of these addresses gets nothing any more, whatever they agreed to.")]

    def perform(self) -> None:
        for channel in channels:
            address = getattr(self.contact, channel.address_field)
            services.suppress(channel=channel.channel, address=address, reason=SuppressionReason.MANUAL)


class PausePersonView(_PersonMixin, MarketingView):
    """POST only: no marketing for a while, or the end of such a pause."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = ContactPreference.objects.filter(contact=self.contact).first() or ContactPreference(contact=self.contact)
        until = None if "resume" in request.POST else clock.now() + timedelta(days=PAUSE)
        try:
            services.save_preferences(
                contact=self.contact,
                paused_until=until,
                contact_from=row.contact_from,
                contact_until=row.contact_until,
                time_zone=row.time_zone,
                language=row.language,
            )
        except DomainError as error:
            messages.error(request, str(error))
        else:
            said = _("Paused for %(days)d days.") % {"days": PAUSE} if until else _("The pause is over.")
            messages.success(request, said)
        return redirect(self.get_success_url())
