"""The brakes of a send: pause, resume, cancel, each after a question."""

from django.db import transaction
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from wagtail_marketing.admin.views import ConfirmView
from wagtail_marketing.messaging import selectors, services
from wagtail_marketing.messaging.models import Send

from .send_views import SEND, SendMixin


class _StepView(SendMixin, ConfirmView):
    marketing_permission = SEND
    header_icon = "mail"
    action = ""

    def step(self) -> Send:
        raise NotImplementedError

    def perform(self) -> Send:
        with transaction.atomic():
            send = self.step()
            log(instance=send, action=f"wagtail_marketing.send.{self.action}", user=self.request.user)
        return send

    def get_page_subtitle(self) -> str:
        return str(self.send)

    def get_success_url(self) -> str:
        return reverse("marketing_sends:inspect", args=[self.send.pk])


class PauseView(_StepView):
    action = "pause"
    page_title = gettext_lazy("Pause")
    question = gettext_lazy("Hold this send?")
    details = (gettext_lazy("What is on its way arrives; nothing more is begun until somebody resumes it."),)
    confirm_label = gettext_lazy("Pause")
    success_message = gettext_lazy("The send is paused.")

    def step(self) -> Send:
        return services.pause(self.send, reason=_("Paused by %(name)s") % {"name": self.request.user.get_username()})


class ResumeView(_StepView):
    action = "resume"
    page_title = gettext_lazy("Resume")
    question = gettext_lazy("Go on with this send?")
    confirm_label = gettext_lazy("Resume")
    success_message = gettext_lazy("The send goes on.")

    def get_details(self) -> list[str]:
        counts = selectors.send_counts(self.send)
        return [_("%(count)s messages are waiting.") % {"count": localize(counts.pending + counts.claimed)}]

    def step(self) -> Send:
        return services.resume(self.send)


class CancelView(_StepView):
    action = "cancel"
    page_title = gettext_lazy("Cancel")
    question = gettext_lazy("Cancel this send?")
    irreversible = True
    destructive = True
    confirm_label = gettext_lazy("Cancel the send")
    success_message = gettext_lazy("The send is cancelled.")

    def get_details(self) -> list[str]:
        counts = selectors.send_counts(self.send)
        return [
            _("%(count)s messages that have not been sent are cancelled.")
            % {"count": localize(counts.pending + counts.claimed)}
        ]

    def step(self) -> Send:
        return services.cancel(
            self.send, reason=_("Cancelled by %(name)s") % {"name": self.request.user.get_username()}
        )
