"""The campaign's life: every change of status is one conditional UPDATE from the states that allow it.

Pausing, resuming and cancelling may be asked any number of times, from several sessions at once: the
second call finds nothing to do. Messages already handed to a mail server cannot be called back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_marketing.campaigns import selectors
from wagtail_marketing.campaigns.errors import NotReady
from wagtail_marketing.campaigns.models import TRANSITIONS, Campaign, CampaignMessage, CampaignState, Status
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.messaging import services as messaging
from wagtail_marketing.messaging.models import Send, SendState
from wagtail_marketing.messaging.services.trial import TestOutcome

#: transition -> the word under which Wagtail's history shows it
LOGGED = {
    "schedule": "schedule_campaign",
    "launch": "launch_campaign",
    "pause": "pause_campaign",
    "resume": "resume_campaign",
    "resume_scheduled": "resume_campaign",
    "cancel": "cancel_campaign",
}

#: A time this little in the past is "now": the clock ran on while the form was open.
GRACE = timedelta(minutes=5)


def _transition(campaign: Campaign, name: str, *, now: datetime, user: Any = None, **fields: Any) -> bool:
    """Take the step ``name`` if the state allows it; True where this call did it (and wrote it to the log)."""
    sources, target = TRANSITIONS[name]
    done = CampaignState.objects.filter(campaign=campaign, status__in=sources).update(status=target, **fields)
    if done:
        Campaign.objects.filter(pk=campaign.pk).update(updated_at=now)
        campaign.updated_at = now
        log(instance=campaign, action=f"wagtail_marketing.{LOGGED[name]}", user=user, data={"status": str(target)})
    campaign.state = CampaignState.objects.get(campaign=campaign)
    return bool(done)


def _refuse(campaign: Campaign, remedy: str = "") -> None:
    raise WrongState(_("The campaign is %(status)s.") % {"status": campaign.state.get_status_display()}, remedy=remedy)


@transaction.atomic
def submit_campaign(*, campaign: Campaign, user=None, now: datetime | None = None) -> Campaign:
    """Ask those who may send to approve the draft. Again: only the time and name change.

    Raises ``NotReady`` where the review blocks, ``WrongState`` where it is no draft.
    """
    now = now or clock.now()
    review = selectors.review(campaign, now=now)
    if review.blocks:
        raise NotReady(review.blocks)
    done = CampaignState.objects.filter(campaign=campaign, status=Status.DRAFT).update(
        submitted_at=now, submitted_by=user
    )
    campaign.state = CampaignState.objects.get(campaign=campaign)
    if not done:
        _refuse(campaign)
    log(instance=campaign, action="wagtail_marketing.submit_campaign", user=user)
    return campaign


@transaction.atomic
def withdraw_campaign(*, campaign: Campaign) -> Campaign:
    """Take the request for approval back."""
    CampaignState.objects.filter(campaign=campaign, status=Status.DRAFT).update(submitted_at=None, submitted_by=None)
    campaign.state = CampaignState.objects.get(campaign=campaign)
    return campaign


def send_test(*, campaign: Campaign, addresses: Sequence[str], contact: Contact | None = None) -> list[TestOutcome]:
    """Send every e-mail of the campaign to ``addresses``, filled for ``contact``; what became of each.

    A test is no part of the campaign: nothing of it is counted. Call it outside a transaction. Raises
    ``InvalidInput`` where there is no e-mail yet, and what ``messaging.services.send_test`` raises.
    """
    messages = list(campaign.messages.select_related("template"))
    if not messages:
        raise InvalidInput(_("The campaign has no e-mail yet."), field="template", remedy=_("Choose one first."))
    return [
        outcome
        for message in messages
        for outcome in messaging.send_test(
            template=message.template, addresses=addresses, contact=contact, site=campaign.site
        )
    ]


@transaction.atomic
def launch_campaign(
    *, campaign: Campaign, at: datetime | None = None, user=None, now: datetime | None = None
) -> Campaign:
    """Send now, or at the aware time ``at``. The audience and the content are frozen by this call.

    Asked again once launched it does nothing. Raises ``NotReady`` with the rows that block, ``WrongState``
    for a cancelled, paused or completed campaign, ``InvalidInput`` for a time in the past.
    """
    now = now or clock.now()
    state = CampaignState.objects.select_for_update().get(campaign=campaign)
    campaign.state = state
    if state.status in (Status.ACTIVE, Status.SCHEDULED):
        return campaign
    if state.status != Status.DRAFT:
        _refuse(campaign, _("Copy it and launch the copy."))
    if at is not None and at <= now:
        if at < now - GRACE:
            raise InvalidInput(_("This time has passed."), field="at", remedy=_("Choose a later one."))
        at = None
    review = selectors.review(campaign, now=now)
    if review.blocks:
        raise NotReady(review.blocks)
    launched = {"launched_at": at or now, "launched_by": user, "scheduled_at": at}
    if not _transition(campaign, "schedule" if at else "launch", now=now, user=user, **launched):
        _refuse(campaign)
    audience = selectors.audience(campaign)
    for message in campaign.messages.select_related("template"):
        send = messaging.create_send(
            template=message.template,
            audience=audience,
            channel=message.channel,
            source_ref=campaign.ref,
            site=campaign.site,
            name=campaign.name,
            scheduled_at=at,
            utm=selectors.utm(campaign),
            now=now,
        )
        CampaignMessage.objects.filter(pk=message.pk).update(send=send)
        messaging.launch(send, now=now)
    return campaign


def _sends(campaign: Campaign) -> list[Send]:
    return list(Send.objects.filter(campaign_message__campaign=campaign).order_by("pk"))


#: Where messaging can still stop something.
_STOPPABLE = (SendState.DRAFT, SendState.SCHEDULED, SendState.RUNNING, SendState.PAUSED)


@transaction.atomic
def pause_campaign(*, campaign: Campaign, reason: str = "", user=None, now: datetime | None = None) -> Campaign:
    """Hold what has not gone out yet. Raises ``WrongState`` for a draft and for a campaign that has ended."""
    now = now or clock.now()
    if _transition(campaign, "pause", now=now, user=user, paused_at=now, pause_reason=reason[:255]):
        for send in _sends(campaign):
            if send.state in (SendState.SCHEDULED, SendState.RUNNING):
                messaging.pause(send, reason=reason or _("The campaign was paused."))
    elif campaign.state.status != Status.PAUSED:
        _refuse(campaign)
    return campaign


@transaction.atomic
def resume_campaign(*, campaign: Campaign, user=None, now: datetime | None = None) -> Campaign:
    """Go on where it was held. Raises ``WrongState`` where it is neither paused nor running."""
    now = now or clock.now()
    state = CampaignState.objects.select_for_update().get(campaign=campaign)
    waits = bool(state.scheduled_at and state.scheduled_at > now)
    if _transition(
        campaign, "resume_scheduled" if waits else "resume", now=now, user=user, paused_at=None, pause_reason=""
    ):
        for send in _sends(campaign):
            if send.state == SendState.PAUSED:
                messaging.resume(send, now=now)
    elif campaign.state.status not in (Status.ACTIVE, Status.SCHEDULED):
        _refuse(campaign)
    return campaign


@transaction.atomic
def cancel_campaign(*, campaign: Campaign, user=None, now: datetime | None = None) -> Campaign:
    """End it; messages that have not gone out never will. Raises ``WrongState`` for a completed campaign."""
    now = now or clock.now()
    if _transition(campaign, "cancel", now=now, user=user, ended_at=now):
        for send in _sends(campaign):
            if send.state in _STOPPABLE:
                messaging.cancel(send, now=now)
    elif campaign.state.status != Status.CANCELLED:
        _refuse(campaign)
    return campaign


def update_statuses(*, now: datetime | None = None) -> int:
    """Follow the sends: what began is active, what stopped itself is paused, what has ended is completed.

    One statement per step; returns the campaigns that changed. A campaign with an end date stays active
    until that day is over in the shop's zone.
    """
    now = now or clock.now()
    today = now.astimezone(clock.shop_zone()).date()
    sends = Send.objects.filter(campaign_message__campaign=OuterRef("campaign_id"))
    over = Campaign.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__lt=today))
    held = sends.filter(state=SendState.PAUSED)
    running = Q(Exists(sends.filter(state=SendState.RUNNING)))
    cancelled = sends.filter(state=SendState.CANCELLED)
    over_for_good = ~Q(Exists(sends.exclude(state__in=(SendState.DONE, SendState.CANCELLED))))
    done = Q(Exists(sends.filter(state=SendState.DONE)))
    steps: tuple[tuple[str, Q, dict[str, Any]], ...] = (
        ("start", running | done, {}),
        ("stop", ~running & Q(Exists(held)), {"paused_at": now, "pause_reason": _reason_of(held)}),
        ("go_on", running & ~Q(Exists(held)), {"paused_at": None, "pause_reason": ""}),
        (
            "end",
            over_for_good & ~done & Q(Exists(cancelled)),
            {"ended_at": now, "pause_reason": _reason_of(cancelled)},
        ),
        ("complete", over_for_good & Q(campaign__in=over), {"ended_at": now}),
    )
    changed = 0
    for name, condition, fields in steps:
        sources, target = TRANSITIONS[name]
        changed += CampaignState.objects.filter(condition, status__in=sources).update(status=target, **fields)
    return changed


def _reason_of(sends: QuerySet[Send]) -> Subquery:
    return Subquery(sends.order_by("pk").values("reason")[:1])
