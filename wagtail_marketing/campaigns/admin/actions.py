"""What may be done with a campaign: each asks first, and calls one service."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from wagtail_marketing.admin.views import ConfirmView
from wagtail_marketing.campaigns import selectors, services
from wagtail_marketing.campaigns.models import Campaign

from .base import ADD, DELETE, INDEX, SEND, TEST, CampaignPage, url
from .forms import ScheduleForm

#: From this many people on, the number must be typed before anything leaves.
TYPED_FROM = 1000


def people(count: int) -> str:
    words = ngettext("%(count)s person", "%(count)s people", count)
    return words % {"count": number_format(count, force_grouping=True)}


def local(moment: datetime, zone: Any) -> str:
    """A moment in a zone, with the zone named."""
    there = moment.astimezone(zone)
    return f"{date_format(there, 'DATETIME_FORMAT')} {there.tzname()}"


class _Ask(CampaignPage, ConfirmView):
    template_name = "wagtail_marketing/admin/confirm.html"

    def get_success_url(self) -> str:
        return url("review", self.campaign)


class LaunchView(_Ask):
    """Now, or at ``?at=`` (a wall-clock time in the campaign's zone)."""

    marketing_permission = SEND
    page_title = gettext_lazy("Send")

    @cached_property
    def schedule(self) -> ScheduleForm | None:
        """The time that was asked for; None is now. A time that cannot be read is never "now"."""
        return ScheduleForm(self.request.GET, zone=self.site.zone) if "at" in self.request.GET else None

    @property
    def at(self) -> datetime | None:
        return self.schedule.cleaned_data["at"] if self.schedule else None

    @cached_property
    def review(self) -> selectors.Review:
        return selectors.review(self.campaign)

    @property
    def reachable(self) -> int:
        return self.review.reach.reachable if self.review.reach else 0

    def back(self) -> HttpResponse | None:
        """To the review, where this cannot be asked at all."""
        if self.schedule and not self.schedule.is_valid():
            messages.error(self.request, _("Choose a day and a time."))
        elif not self.campaign.editable or self.review.blocks:
            messages.warning(self.request, _("This campaign cannot be sent now; the review says why."))
        else:
            return None
        return redirect(self.get_success_url())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.back() or super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.back() or super().post(request, *args, **kwargs)

    def get_question(self) -> str:
        names = {"people": people(self.reachable), "name": self.campaign.name}
        if self.at:
            names["when"] = local(self.at, self.site.zone)
            return _("Send “%(name)s” to %(people)s on %(when)s?") % names
        return _("Send “%(name)s” to %(people)s now?") % names

    def get_details(self) -> list[str]:
        lines = [self.review.sentence, *(row.text for row in self.review.warnings)]
        lines.append(_("The audience and the e-mail are fixed now: later changes reach nobody."))
        lines.append(_("You can pause or cancel; what has left by then cannot be called back."))
        return lines

    def get_confirm_label(self) -> str:
        names = {"people": people(self.reachable)}
        return (_("Schedule for %(people)s") if self.at else _("Send to %(people)s")) % names

    def get_typed_confirmation(self) -> str:
        return str(self.reachable) if self.reachable >= TYPED_FROM else ""

    def perform(self) -> Campaign:
        return services.launch_campaign(campaign=self.campaign, at=self.at, user=self.request.user)

    def get_success_message(self, campaign: Campaign) -> str:
        if campaign.state.scheduled_at:
            when = local(campaign.state.scheduled_at, self.site.zone)
            return _("Scheduled for %(when)s. Pause it here to take it back.") % {"when": when}
        return _("It is being sent. Pause it here to hold what has not left yet.")

    def get_success_url(self) -> str:
        return url("review", self.campaign)


class PauseView(_Ask):
    marketing_permission = SEND
    page_title = gettext_lazy("Pause")
    question = gettext_lazy("Hold this campaign?")
    confirm_label = gettext_lazy("Pause")
    success_message = gettext_lazy("Paused. What has not left yet waits.")

    def perform(self) -> Campaign:
        return services.pause_campaign(campaign=self.campaign, user=self.request.user)


class ResumeView(_Ask):
    marketing_permission = SEND
    page_title = gettext_lazy("Resume")
    question = gettext_lazy("Go on with this campaign?")
    confirm_label = gettext_lazy("Resume")
    success_message = gettext_lazy("It goes on.")

    def perform(self) -> Campaign:
        return services.resume_campaign(campaign=self.campaign, user=self.request.user)


class CancelView(_Ask):
    marketing_permission = SEND
    page_title = gettext_lazy("Cancel")
    question = gettext_lazy("End this campaign for good?")
    confirm_label = gettext_lazy("End it")
    irreversible = True
    destructive = True
    success_message = gettext_lazy("Cancelled. What had not left yet never will.")

    def perform(self) -> Campaign:
        return services.cancel_campaign(campaign=self.campaign, user=self.request.user)


class SubmitView(_Ask):
    marketing_permission = TEST
    page_title = gettext_lazy("Hand in")
    question = gettext_lazy("Ask a manager to approve and send this campaign?")
    confirm_label = gettext_lazy("Hand it in")
    success_message = gettext_lazy("Handed in. A manager sees it in the list of campaigns.")

    def get_details(self) -> list[str]:
        return [selectors.review(self.campaign).sentence]

    def perform(self) -> Campaign:
        return services.submit_campaign(campaign=self.campaign, user=self.request.user)


class CopyView(_Ask):
    marketing_permission = ADD
    page_title = gettext_lazy("Copy")
    question = gettext_lazy("Make a draft with the same audience, e-mail and discounts?")
    confirm_label = gettext_lazy("Copy")
    success_message = gettext_lazy("This is the copy: a draft.")

    def perform(self) -> Campaign:
        self.copy = services.clone_campaign(campaign=self.campaign, user=self.request.user)
        return self.copy

    def get_success_url(self) -> str:
        return url("review", getattr(self, "copy", self.campaign))


class DeleteView(_Ask):
    marketing_permission = DELETE
    page_title = gettext_lazy("Delete")
    question = gettext_lazy("Delete this draft?")
    confirm_label = gettext_lazy("Delete")
    irreversible = True
    destructive = True
    success_message = gettext_lazy("The draft is deleted.")

    def perform(self) -> None:
        services.delete_campaign(campaign=self.campaign)
        self.deleted = True

    def get_success_url(self) -> str:
        return reverse(INDEX) if getattr(self, "deleted", False) else url("review", self.campaign)
