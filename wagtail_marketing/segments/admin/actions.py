"""What one does with a segment as a whole: refresh, clone, switch off and on, delete, pin people."""

from functools import cached_property
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.log_actions import log
from wagtail.snippets.views.snippets import DeleteView

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import ConfirmView, MarketingView
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.selectors import find_contact_for
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.jobs.services import enqueue_job
from wagtail_marketing.segments import selectors, services
from wagtail_marketing.segments.errors import SegmentInUse
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.schedule import set_refresh_every

from .parts import ADD, CHANGE, VIEW_PERSONAL_DATA, SegmentPageMixin, contact_name


def refresh_key(segment: Segment) -> str:
    """Of one segment only one refresh by hand waits at a time."""
    return f"segments.refresh:{segment.pk}"


class RefreshView(MarketingView):
    """Ask a worker to bring the members up to date; the segment's page shows how far it is."""

    marketing_permission = CHANGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = get_object_or_404(Segment, pk=pk)
        enqueue_job(
            kind="segments.refresh",
            params={"segments": [segment.pk]},
            exclusive_key=refresh_key(segment),
            created_by=request.user,
        )
        messages.success(request, _("The members are brought up to date."))
        return redirect("marketing_segments:inspect", segment.pk)


class ScheduleView(MarketingView):
    """How often the members are counted anew, beside what changes bring at once."""

    marketing_permission = CHANGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = get_object_or_404(Segment, pk=pk)
        try:
            set_refresh_every(segment=segment, every=request.POST.get("every", ""))
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("It is counted anew as you chose."))
        return redirect("marketing_segments:inspect", segment.pk)


class SegmentConfirmView(SegmentPageMixin, ConfirmView):
    """Asks, and goes back to the segment."""

    marketing_permission = CHANGE

    def get_success_url(self) -> str:
        return reverse("marketing_segments:inspect", args=(self.segment.pk,))

    def note(self, action: str) -> None:
        """In Wagtail's history of the segment."""
        log(self.segment, action, user=self.request.user)


class ActivateView(SegmentConfirmView):
    page_title = gettext_lazy("Activate")
    question = gettext_lazy("Activate this segment?")
    details = (gettext_lazy("Its rules decide again, and its members are brought up to date."),)
    confirm_label = gettext_lazy("Yes, activate it")
    success_message = gettext_lazy("The segment is active.")

    def perform(self) -> Any:
        services.activate_segment(segment=self.segment, user=self.request.user)
        self.note("wagtail_marketing.activate_segment")


class DeactivateView(SegmentConfirmView):
    page_title = gettext_lazy("Deactivate")
    question = gettext_lazy("Deactivate this segment?")
    confirm_label = gettext_lazy("Yes, deactivate it")
    success_message = gettext_lazy("The segment is deactivated and keeps its members.")

    def get_details(self) -> list[str]:
        users = selectors.used_by(self.segment)
        found = [_("It keeps its members as they are, and cannot be chosen newly.")]
        if users:
            found.append(_("What uses it goes on with these members: %(users)s.") % {"users": ", ".join(users)})
        return found

    def perform(self) -> Any:
        services.deactivate_segment(segment=self.segment, user=self.request.user)
        self.note("wagtail_marketing.deactivate_segment")


class CloneView(SegmentConfirmView):
    marketing_permission = ADD
    page_title = gettext_lazy("Clone")
    question = gettext_lazy("Make a copy of this segment?")
    details = (gettext_lazy("The copy is a draft with the same conditions and pins; you can change it next."),)
    confirm_label = gettext_lazy("Yes, copy it")
    success_message = gettext_lazy("This is the copy.")

    def perform(self) -> Segment:
        self.copy = services.clone_segment(segment=self.segment, user=self.request.user)
        return self.copy

    def get_next_url(self) -> str:
        if hasattr(self, "copy"):
            return reverse("marketing_segments:edit", args=(self.copy.pk,))
        return super().get_next_url()


class SegmentDeleteView(DeleteView):
    """Refuses a segment that something uses, and says what."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        users = selectors.used_by(self.object)
        return self._refuse(users) if users else super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        users = selectors.used_by(self.object)
        if users:
            return self._refuse(users)
        try:
            return super().post(request, *args, **kwargs)
        except SegmentInUse as error:
            messages.error(request, str(error))
            return redirect("marketing_segments:inspect", self.object.pk)

    def _refuse(self, users: list[str]) -> HttpResponse:
        messages.error(
            self.request,
            _("“%(segment)s” is used by: %(users)s. Take it out there first.")
            % {"segment": self.object, "users": ", ".join(users)},
        )
        return redirect("marketing_segments:inspect", self.object.pk)

    @transaction.atomic
    def delete_action(self) -> None:
        log(self.object, "wagtail.delete", user=self.request.user, deleted=True)
        services.delete_segment(segment=self.object)


class PinView(SegmentPageMixin, MarketingView):
    """Pin the person of an address or key: always in, or never in, with a reason."""

    marketing_permission = CHANGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        wanted = request.POST.get("who", "").strip()[:255]
        contact = self._found(wanted)
        if contact is None:
            messages.error(request, _("Nobody has this address or key."))
        else:
            try:
                pin = services.pin_contact(
                    segment=self.segment,
                    contact=contact,
                    always=request.POST.get("side") != "never",
                    reason=request.POST.get("reason", "").strip()[:255],
                    user=request.user,
                )
            except DomainError as error:
                messages.error(request, str(error))
            else:
                name = contact_name(contact, plain=self.plain)
                text = _("%(who)s is always in.") if pin.always else _("%(who)s is never in.")
                messages.success(request, text % {"who": name})
        return redirect(reverse("marketing_segments:inspect", args=(self.segment.pk,)) + "#pins")

    def _found(self, wanted: str) -> Contact | None:
        """By address only for who may see addresses: else an answer would tell who is known to the shop."""
        email = wanted if may(self.request.user, VIEW_PERSONAL_DATA) else ""
        return find_contact_for(key=wanted, email=email) if wanted else None


class UnpinView(SegmentConfirmView):
    page_title = gettext_lazy("Remove a pin")
    confirm_label = gettext_lazy("Yes, remove the pin")
    success_message = gettext_lazy("The rules decide again.")

    @cached_property
    def contact(self) -> Contact:
        return get_object_or_404(Contact, pk=self.kwargs["contact"], segment_pins__segment=self.segment)

    def get_question(self) -> str:
        name = contact_name(self.contact, plain=self.plain)
        return _("Remove the pin of %(who)s?") % {"who": name}

    def perform(self) -> Any:
        return services.unpin_contact(segment=self.segment, contact=self.contact)
