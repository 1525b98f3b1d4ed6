"""What became of a send: figures, and the people behind each."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets.button import HeaderButton

from wagtail_marketing.admin.components import DataTable, ProgressBar, Section, StatCard, StatGrid, StatusBadge
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView
from wagtail_marketing.messaging import selectors
from wagtail_marketing.messaging.models import MessageState, Send, SendState

APP = "wagtail_marketing_messaging"
VIEW, SEND = f"{APP}.view_send", f"{APP}.send_message"
PEOPLE = "wagtail_marketing_contacts.view_personal_data"
PER_PAGE = 50
TONES: dict[str, str] = {
    SendState.DRAFT: "neutral",
    SendState.SCHEDULED: "info",
    SendState.RUNNING: "info",
    SendState.PAUSED: "warning",
    SendState.DONE: "positive",
    SendState.CANCELLED: "neutral",
}
MESSAGE_TONES: dict[str, str] = {
    "sent": "positive",
    "failed": "critical",
    "unknown": "warning",
    "suppressed": "warning",
}
#: Reason codes in words; a code that is not here is shown as it is.
REASONS = {
    "unsubscribed": gettext_lazy("unsubscribed"),
    "no_consent": gettext_lazy("never agreed"),
    "paused": gettext_lazy("asked for a pause"),
    "suppressed": gettext_lazy("on the list of addresses not to write to"),
    "address_changed": gettext_lazy("the address changed after the audience was fixed"),
    "erased": gettext_lazy("the person was erased"),
    "refused": gettext_lazy("refused by the receiving server"),
    "deferred": gettext_lazy("put off by the receiving server"),
    "connection": gettext_lazy("the connection was lost"),
    "gave_up": gettext_lazy("put off too often"),
    "reply-lost": gettext_lazy("the server's answer was lost"),
    "worker_lost": gettext_lazy("the worker died while it was sent"),
    "content": gettext_lazy("the message could not be built"),
    "cancelled": gettext_lazy("the send was cancelled"),
    "misconfigured": gettext_lazy("a fault on our side"),
    "seen": gettext_lazy("opened or clicked, so it arrived"),
}


class SendMixin:
    """The send of the URL, and the levels above."""

    @cached_property
    def send(self) -> Send:
        return get_object_or_404(Send.objects.select_related("template"), pk=self.kwargs["pk"])  # type: ignore[attr-defined]

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_emails:list"), "label": _("E-mails")},
            {"url": reverse("marketing_sends:index"), "label": _("Sends")},
        ]


class SendView(SendMixin, MarketingTemplateView):
    """One send: state, counts by state, what people did, links."""

    marketing_permission = VIEW
    template_name = "wagtail_marketing/messaging/admin/send.html"
    header_icon = "mail"

    def get_page_title(self) -> str:
        return str(self.send)

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not may(self.request.user, SEND):
            return []
        found = []
        if self.send.state in (SendState.RUNNING, SendState.SCHEDULED):
            found.append(self._button(_("Pause"), "pause", "clipboard-list"))
        if self.send.state == SendState.PAUSED:
            found.append(self._button(_("Resume"), "resume", "rotate"))
        if self.send.state not in (SendState.DONE, SendState.CANCELLED):
            found.append(self._button(_("Cancel"), "cancel", "cross"))
        return found

    def _button(self, label: str, action: str, icon: str) -> HeaderButton:
        return HeaderButton(label, reverse(f"marketing_sends:{action}", args=[self.send.pk]), icon_name=icon)

    def get_components(self) -> list[Any]:
        send = self.send
        counts = selectors.send_counts(send)
        engaged = selectors.engagement(send)
        links: Any = selectors.link_clicks(send)
        return [
            ProgressBar(counts.settled, counts.audience, _("Settled")),
            StatGrid(self._states(counts), label=_("Messages by state")),
            StatGrid(self._people(counts, engaged), label=_("What people did")),
            Section(
                _("Links"),
                [
                    DataTable(
                        headings=[_("Link"), _("Text"), _("People"), _("Clicks")],
                        rows=[
                            [url, label, localize(people), localize(clicks)]
                            for url, label, people, clicks in links.values_list("url", "label", "people", "clicks")
                        ],
                        caption=_("Who followed which link, machines left out"),
                        numeric=(2, 3),
                    )
                ],
            ),
        ]

    def _states(self, counts: selectors.SendCounts) -> list[StatCard]:
        cards = [
            StatCard(
                _("People"),
                localize(counts.audience),
                definition=_("Addresses of the audience when it was fixed; the states below add up to it."),
                url=self._list(),
                key="audience",
                note=self._left_out(),
            )
        ]
        words = {
            "waiting": (_("Waiting"), counts.pending + counts.claimed, "pending", _("Not tried yet, or put off.")),
            "sending": (_("Being sent"), counts.sending, "sending", _("On the way this moment.")),
            "sent": (_("Sent"), counts.sent, "sent", _("A server took responsibility for the message.")),
            "failed": (_("Failed"), counts.failed, "failed", _("Refused for good, or put off too often.")),
            "suppressed": (
                _("Not allowed"),
                counts.suppressed,
                "suppressed",
                _("No consent, unsubscribed or on the list of addresses not to write to, when it came to sending."),
            ),
            "unknown": (
                _("Unknown"),
                counts.unknown,
                "unknown",
                _("The answer was lost: it may have arrived. It is not sent again, so that nobody gets two."),
            ),
            "cancelled": (_("Cancelled"), counts.cancelled, "cancelled", _("The send was cancelled before.")),
        }
        cards += [
            StatCard(label, localize(count), definition=definition, url=self._list(state=state), key=key)
            for key, (label, count, state, definition) in words.items()
            if count or key in ("sent", "failed")
        ]
        return cards

    def _people(self, counts: selectors.SendCounts, engaged: selectors.Engagement) -> list[StatCard]:
        def share(count: int) -> str:
            return f"{localize(round(100 * count / counts.sent, 1))} %" if counts.sent else ""

        machines = _("%(opens)s opens and %(clicks)s clicks of machines are kept apart.") % {
            "opens": localize(engaged.machine_opens),
            "clicks": localize(engaged.machine_clicks),
        }
        return [
            StatCard(
                _("Opened"),
                localize(engaged.opened),
                definition=_("Messages whose picture a person's mail program loaded: a hint, not a count of readers."),
                note=share(engaged.opened),
                url=self._list(event="open"),
                key="opened",
            ),
            StatCard(
                _("Clicked"),
                localize(engaged.clicked),
                definition=_("Messages in which a person followed a link.") + " " + machines,
                note=share(engaged.clicked),
                url=self._list(event="click"),
                key="clicked",
            ),
            StatCard(
                _("Unsubscribed"),
                localize(engaged.unsubscribed),
                definition=_("People who left by the link of this message."),
                note=share(engaged.unsubscribed),
                url=self._list(event="unsubscribe"),
                key="unsubscribed",
            ),
        ]

    def _left_out(self) -> str:
        parts = []
        if self.send.no_address_count:
            parts.append(_("%(count)s without an address") % {"count": localize(self.send.no_address_count)})
        if self.send.duplicate_count:
            parts.append(_("%(count)s sharing one") % {"count": localize(self.send.duplicate_count)})
        return ", ".join(parts)

    def _list(self, **query: str) -> str:
        url = reverse("marketing_sends:recipients", args=[self.send.pk])
        return url + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            send=self.send,
            badge=StatusBadge(self.send.state, self.send.get_state_display(), TONES[self.send.state]),
            **kwargs,
        )


class RecipientsView(SendMixin, MarketingTemplateView):
    """The messages behind one figure; addresses are masked for who may not see personal data."""

    marketing_permission = VIEW
    template_name = "wagtail_marketing/messaging/admin/recipients.html"
    page_title = gettext_lazy("Recipients")
    header_icon = "user"

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        here = {"url": reverse("marketing_sends:inspect", args=[self.send.pk]), "label": str(self.send)}
        return [*super().get_parent_breadcrumbs(), here]

    def get_page_subtitle(self) -> str:
        state, event = self.request.GET.get("state", ""), self.request.GET.get("event", "")
        labels = dict(MessageState.choices) | {
            "open": _("opened"),
            "click": _("clicked"),
            "unsubscribe": _("unsubscribed"),
        }
        return str(labels.get(state or event, ""))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = self.request.GET
        state, event, reason = given.get("state", ""), given.get("event", ""), given.get("reason", "")
        if (state and state not in MessageState.values) or event not in ("", "open", "click", "unsubscribe"):
            raise Http404
        found = selectors.recipients(self.send, state=state, reason=reason, event=event)
        page = Paginator(found, PER_PAGE).get_page(given.get("p"))
        plain = may(self.request.user, PEOPLE)
        rows = [
            {
                "name": message.contact.name if message.contact and plain else "",
                "address": message.address if plain else mask(message.address),
                "badge": StatusBadge(
                    message.state, message.get_state_display(), MESSAGE_TONES.get(message.state, "neutral")
                ),
                "reason": REASONS.get(message.reason, message.reason),
                "detail": message.detail,
                "attempt": message.attempt,
                "when": message.settled_at,
            }
            for message in page
        ]
        causes = selectors.reasons(self.send, state) if state else []
        return super().get_context_data(
            send=self.send,
            page=page,
            rows=rows,
            query="&".join(f"{name}={value}" for name, value in (("state", state), ("event", event)) if value),
            causes=[(code, REASONS.get(code, code), count) for code, count in causes if code],
            **kwargs,
        )


def mask(address: str) -> str:
    """``a…@example.com``: enough to tell rows apart, too little to write to."""
    local, at, domain = address.partition("@")
    return f"{local[:1]}…{at}{domain}" if at else f"…{address[-3:]}"
