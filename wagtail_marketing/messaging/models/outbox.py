"""The outbox: one send, its messages, and what became of each. It knows nothing of e-mail.

None of these tables has revisions: publishing a template never writes over what runs.
"""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.models import Contact, Topic

from .template import EmailTemplate, MessageClass


class SendState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class Send(models.Model):
    """One run of one message to an audience that was frozen when the send was made.

    ``audience_count`` is N: at every instant the sum of the states of its messages. Transitions are in
    ``services.lifecycle`` and nowhere else.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=255)
    channel = models.CharField(_("channel"), max_length=20)
    template = models.ForeignKey(
        EmailTemplate, models.SET_NULL, null=True, related_name="sends", verbose_name=_("template")
    )
    revision_id = models.BigIntegerField(null=True, help_text=_("The revision of the template that was frozen."))
    content = models.JSONField(help_text=_("The frozen content; its form is the channel's."))
    message_class = models.CharField(_("kind"), max_length=15, choices=MessageClass.choices)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, verbose_name=_("topic"))
    site = models.ForeignKey("wagtailcore.Site", models.SET_NULL, null=True, blank=True, verbose_name=_("site"))
    source_ref = models.CharField(max_length=60, db_index=True, help_text=_("Who asked for it, such as campaign:12."))
    sender_name = models.CharField(_("sender's name"), max_length=120, blank=True, default="")
    sender_address = models.CharField(_("sender's address"), max_length=254, blank=True, default="")
    reply_to = models.CharField(_("reply to"), max_length=254, blank=True, default="")
    track_opens = models.BooleanField(default=True)
    track_clicks = models.BooleanField(default=True)

    state = models.CharField(_("state"), max_length=10, choices=SendState.choices, default=SendState.DRAFT)
    reason = models.CharField(
        _("reason"), max_length=255, blank=True, default="", help_text=_("Why it is paused or cancelled.")
    )
    audience_count = models.PositiveIntegerField(_("people"), default=0)
    no_address_count = models.PositiveIntegerField(default=0, help_text=_("People of the audience without an address."))
    duplicate_count = models.PositiveIntegerField(
        default=0, help_text=_("People of the audience who share the address of another one.")
    )
    scheduled_at = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    expires_after = models.DurationField(
        default=timedelta(days=1), help_text=_("A scheduled send that is later than this is missed, not sent.")
    )
    created_at = models.DateTimeField(_("created"))
    launched_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("send")
        verbose_name_plural = _("sends")
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (("send_message", _("Can send, pause and cancel messages")),)
        indexes = (
            models.Index(
                fields=("state", "scheduled_at"),
                condition=Q(state__in=("scheduled", "running")),
                name="wm_send_due",
            ),
        )

    def __str__(self) -> str:
        return self.name


class BatchState(models.TextChoices):
    OPEN = "open", _("open")
    CLAIMED = "claimed", _("claimed")
    DONE = "done", _("done")


class SendBatch(models.Model):
    """A range of message ids: what a worker claims, so that a claim writes one row instead of hundreds.

    ``lease_until`` is the database's clock; after it the reaper takes the batch back.
    """

    send = models.ForeignKey(Send, models.CASCADE, related_name="batches")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=BatchState.choices, default=BatchState.OPEN)
    worker = models.CharField(max_length=64, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    available_at = models.DateTimeField(null=True, help_text="Not before this: a retry waits.")

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("send", "first_id"), name="wm_batch_once"),)
        indexes = (
            models.Index(fields=("send", "id"), condition=Q(state="open"), name="wm_batch_open"),
            models.Index(fields=("lease_until",), condition=Q(state="claimed"), name="wm_batch_lease"),
        )

    def __str__(self) -> str:
        return f"{self.first_id} to {self.last_id}"


class MessageState(models.TextChoices):
    """``claimed`` has no row of its own: it is ``pending`` inside a claimed batch."""

    PENDING = "pending", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    SUPPRESSED = "suppressed", _("not allowed")
    CANCELLED = "cancelled", _("cancelled")
    UNKNOWN = "unknown", _("unknown")


class Message(models.Model):
    """One row of the outbox: one send to one address.

    ``state`` and ``attempt`` change only by conditional UPDATE; ``reason`` is a short code
    (``unsubscribed``, ``bounced`` ...) and ``detail`` the server's own words.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    send = models.ForeignKey(Send, models.CASCADE, related_name="messages", verbose_name=_("send"))
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="messages", verbose_name=_("contact"))
    address = models.CharField(_("address"), max_length=254)
    state = models.CharField(_("state"), max_length=10, choices=MessageState.choices, default=MessageState.PENDING)
    attempt = models.PositiveSmallIntegerField(_("attempts"), default=0)
    reason = models.CharField(_("reason"), max_length=40, blank=True, default="")
    detail = models.CharField(_("answer of the server"), max_length=255, blank=True, default="")
    available_at = models.DateTimeField(null=True, help_text="Not before this: a retry waits.")
    urls = models.JSONField(null=True, help_text="Addresses of links that hold a token, frozen for this person.")
    sending_at = models.DateTimeField(null=True, help_text="When the intent was written (the database's clock).")
    settled_at = models.DateTimeField(_("when"), null=True, help_text="When the last outcome was written.")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("id",)
        default_permissions = ("view",)
        constraints = (models.UniqueConstraint(fields=("send", "address"), name="wm_message_once"),)
        indexes = (models.Index(fields=("send", "state", "id"), name="wm_message_state"),)

    def __str__(self) -> str:
        return f"{self.send_id}: {self.uuid}"


class Link(models.Model):
    """A link of a send, frozen with it: the only place from which a click is redirected.

    A ``dynamic`` one holds a token; its address stands on the message row (``Message.urls``).
    """

    send = models.ForeignKey(Send, models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField(_("position"))
    url = models.TextField(_("address"))
    label = models.CharField(_("text"), max_length=120, blank=True, default="")
    dynamic = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ("position",)
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("send", "position"), name="wm_link_once"),)

    def __str__(self) -> str:
        return self.url


class EventType(models.TextChoices):
    OPEN = "open", _("opened")
    CLICK = "click", _("clicked")
    UNSUBSCRIBE = "unsubscribe", _("unsubscribed")
    VIEW = "view", _("seen in the browser")


class MessageEvent(models.Model):
    """Something that was done with a message. ``machine``: by a scanner or proxy; kept, never counted."""

    send = models.ForeignKey(Send, models.CASCADE, related_name="events")
    message = models.ForeignKey(Message, models.CASCADE, related_name="events")
    type = models.CharField(_("what"), max_length=12, choices=EventType.choices)
    link = models.ForeignKey(Link, models.CASCADE, null=True, related_name="events")
    occurred_at = models.DateTimeField(_("when"))
    machine = models.BooleanField(_("by a machine"), default=False)
    rule = models.CharField(max_length=20, blank=True, default="", help_text="Which rule took it for a machine.")

    class Meta:
        verbose_name = _("message event")
        verbose_name_plural = _("message events")
        ordering = ("id",)
        default_permissions = ()
        indexes = (
            models.Index(fields=("send", "type", "machine", "message"), name="wm_event_totals"),
            models.Index(fields=("message", "occurred_at"), name="wm_event_message"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.occurred_at:%Y-%m-%d %H:%M}"
