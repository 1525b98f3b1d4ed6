"""Which of them: named rules over contacts, their published versions, and who is in since when."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, RevisionMixin

from wagtail_marketing.contacts.models import Contact

from .engine.tree import parse
from .errors import InvalidRules


def default_rules() -> dict:
    """What a new segment starts with: everybody who has ever ordered."""
    return {
        "version": 1,
        "match": "all",
        "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}],
    }


class SegmentQuerySet(models.QuerySet["Segment"]):
    def in_force(self) -> "SegmentQuerySet":
        """Published and not deactivated: what is refreshed, and what may be used newly."""
        return self.filter(live=True, versions__isnull=False).exclude(state__active=False).distinct()


class Segment(DraftStateMixin, RevisionMixin, models.Model):
    """A named rule tree over contacts.

    Here stands what the editor works on; what campaigns and discounts use is the newest
    ``SegmentVersion``, which publishing freezes. Sizes and members stand in tables of their own, because
    publishing a revision writes the revision's copy of every field of this one back.
    """

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(
        _("description"), max_length=255, blank=True, default="", help_text=_("What it is for, for colleagues.")
    )
    site = models.ForeignKey(
        "wagtailcore.Site",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("site"),
        help_text=_("Leave empty for all sites."),
    )
    rules = models.JSONField(_("who belongs to it"), default=default_rules)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ("name", "id")

    def __str__(self) -> str:
        # A draft may be saved before it has a name.
        return self.name or str(_("Segment without a name"))

    def clean(self) -> None:
        """Refuse rules that cannot be, also in a draft: a draft is shown with its count."""
        super().clean()
        try:
            parse(self.rules)
        except InvalidRules as error:
            raise ValidationError({"rules": str(error)}) from error


class SegmentVersion(models.Model):
    """Rules as they were published: never changed, so that a send can say by which rules it chose."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="versions", verbose_name=_("segment"))
    number = models.PositiveIntegerField(_("version"))
    rules = models.JSONField(_("rules"))
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("published by")
    )

    class Meta:
        verbose_name = _("segment version")
        verbose_name_plural = _("segment versions")
        ordering = ("-number",)
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("segment", "number"), name="wm_segment_version_once"),)

    def __str__(self) -> str:
        return f"{self.segment_id} v{self.number}"


class SegmentState(models.Model):
    """Whether a segment is active; one without a row is. Not a field of the segment: publishing an older
    revision would switch it on or off again."""

    segment = models.OneToOneField(Segment, models.CASCADE, primary_key=True, related_name="state")
    active = models.BooleanField(_("active"), default=True)
    changed_at = models.DateTimeField(_("changed"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("changed by")
    )

    class Meta:
        verbose_name = _("state of a segment")
        verbose_name_plural = _("states of segments")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.segment_id}: {'active' if self.active else 'deactivated'}"


class SegmentPin(models.Model):
    """One contact who is always in, or never in, whatever the rules say. "Never" beats "always" by being
    the same row: there is one pin a contact."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="pins", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="segment_pins")
    always = models.BooleanField(_("always in"), help_text=_("Otherwise never in."))
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    created_at = models.DateTimeField(_("pinned"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("pinned by")
    )

    class Meta:
        verbose_name = _("pin")
        verbose_name_plural = _("pins")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("segment", "contact"), name="wm_segment_pin_once"),)
        indexes = (models.Index(fields=("segment", "always", "contact"), name="wm_segment_pin_side"),)

    def __str__(self) -> str:
        return f"{self.contact_id} {'always' if self.always else 'never'} in {self.segment_id}"


class Membership(models.Model):
    """One stay of one contact in one segment; open while ``left_at`` is empty."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="memberships")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="memberships")
    entered_at = models.DateTimeField(_("entered"))
    left_at = models.DateTimeField(_("left"), null=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("segment", "contact"), condition=Q(left_at__isnull=True), name="wm_member_once"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=models.F("entered_at")), name="wm_member_times"
            ),
        )
        indexes = (
            models.Index(fields=("segment", "entered_at"), name="wm_member_entered"),
            models.Index(fields=("segment", "left_at"), name="wm_member_left"),
        )

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.segment_id}"


class SegmentSize(models.Model):
    """How many were in after one refresh, and how many came and went in it: the growth curve."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes")
    measured_at = models.DateTimeField(_("refreshed"))
    size = models.PositiveIntegerField(_("size"))
    entered = models.PositiveIntegerField(_("entered"))
    left = models.PositiveIntegerField(_("left"))

    class Meta:
        verbose_name = _("size")
        verbose_name_plural = _("sizes")
        ordering = ("-measured_at", "-id")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("segment", "measured_at"), name="wm_segment_size_once"),)

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.size}"


class RefreshEvery(models.TextChoices):
    HOURLY = "hourly", _("every hour")
    NIGHTLY = "nightly", _("every night")
    OFF = "off", _("only when something changes")


class RefreshState(models.Model):
    """How one segment's members are kept up to date, and how far they are. Apart from the revisions."""

    segment = models.OneToOneField(Segment, models.CASCADE, primary_key=True, related_name="refresh_state")
    every = models.CharField(
        _("counted anew"),
        max_length=8,
        choices=RefreshEvery.choices,
        blank=True,
        default="",
        help_text=_("Empty: as in the site's settings."),
    )
    size = models.PositiveIntegerField(null=True, help_text="Members now; re-checks move it between two refreshes.")
    due_at = models.DateTimeField(null=True, help_text="Too much changed to look one by one: refresh soon.")
    checked_until = models.DateTimeField(null=True, help_text="Up to when the passing of time is accounted for.")
    took_ms = models.PositiveIntegerField(null=True, help_text="Duration of the last refresh.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.every}"


class SegmentReach(models.Model):
    """How many of the members one channel reaches (one per address), counted after a refresh: for lists."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="reach", db_index=False)
    channel = models.CharField(_("channel"), max_length=40)
    people = models.PositiveIntegerField(_("reachable people"))
    measured_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("reach")
        verbose_name_plural = _("reach")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("segment", "channel"), name="wm_segment_reach_once"),)

    def __str__(self) -> str:
        return f"{self.segment_id} {self.channel}: {self.people}"
