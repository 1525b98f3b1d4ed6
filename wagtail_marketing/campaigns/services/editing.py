"""What the editor decides. Names, notes and costs may change at any time, the rest only in a draft."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings as django_settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from wagtail_marketing.campaigns.models import (
    Campaign,
    CampaignDiscount,
    CampaignMessage,
    CampaignSegment,
    CampaignState,
    Goal,
    Role,
)
from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.core.money import to_minor

from .costs import set_costs
from .guards import require_draft, touch

#: May change while a campaign runs and afterwards: nobody has received them.
ALWAYS = frozenset({"name", "goal", "notes", "budget", "ends_on"})
#: Part of what people receive.
DRAFT_ONLY = frozenset({"site", "utm_source", "utm_medium", "utm_campaign", "starts_on"})


def _clean(campaign: Campaign) -> None:
    campaign.name = campaign.name.strip()
    if not campaign.name:
        raise InvalidInput(_("A campaign needs a name."), field="name", remedy=_("Give it one that staff recognise."))
    if campaign.goal and campaign.goal not in Goal.values:
        raise InvalidInput(_("“%(goal)s” is not a goal.") % {"goal": campaign.goal}, field="goal")
    if campaign.starts_on and campaign.ends_on and campaign.ends_on < campaign.starts_on:
        raise InvalidInput(_("The campaign ends before it starts."), field="ends_on", remedy=_("Choose a later day."))
    if not campaign.utm_campaign:
        campaign.utm_campaign = slugify(campaign.name)[:150]


def _budget(amount: Decimal | str | None) -> int | None:
    if amount is None or amount == "":
        return None
    minor = to_minor(amount, settings.currency)
    if minor < 0:
        raise InvalidInput(_("A budget is not negative."), field="budget")
    return minor


@transaction.atomic
def create_campaign(
    *,
    name: str,
    goal: str = "",
    notes: str = "",
    site=None,
    utm_source: str = "shop",
    utm_medium: str = "email",
    utm_campaign: str = "",
    budget: Decimal | str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    include: Sequence = (),
    exclude: Sequence = (),
    templates: Sequence = (),
    discounts: Iterable[tuple[int, int | None]] = (),
    user: "django_settings.AUTH_USER_MODEL | None" = None,
    now: datetime | None = None,
) -> Campaign:
    """A draft. ``budget`` is in the base currency; see ``set_audience``, ``set_messages``, ``set_discounts``.

    Raises ``InvalidInput``.
    """
    now = now or clock.now()
    campaign = Campaign(
        name=name,
        goal=goal,
        notes=notes,
        site=site,
        utm_source=utm_source,
        utm_medium=utm_medium,
        utm_campaign=utm_campaign,
        budget_minor=_budget(budget),
        starts_on=starts_on,
        ends_on=ends_on,
        created_by=user,
        created_at=now,
        updated_at=now,
    )
    _clean(campaign)
    campaign.save()
    campaign.state = CampaignState.objects.create(campaign=campaign)
    set_audience(campaign=campaign, include=include, exclude=exclude, now=now)
    set_messages(campaign=campaign, templates=templates, now=now)
    set_discounts(campaign=campaign, discounts=discounts, now=now)
    return campaign


@transaction.atomic
def update_campaign(*, campaign: Campaign, now: datetime | None = None, **changes) -> Campaign:
    """Change fields of ``create_campaign`` (audience, messages and discounts have services of their own).

    Raises ``InvalidInput``, and ``NotEditable`` where a field of a launched campaign is fixed.
    """
    unknown = set(changes) - ALWAYS - DRAFT_ONLY
    if unknown:
        raise InvalidInput(_("A campaign has no field “%(name)s”.") % {"name": min(unknown)}, field=min(unknown))
    if "budget" in changes:
        changes["budget_minor"] = _budget(changes.pop("budget"))
    changed = {name: value for name, value in changes.items() if getattr(campaign, name) != value}
    if DRAFT_ONLY & changed.keys():
        require_draft(campaign)
    before = {name: getattr(campaign, name) for name in changed}
    try:
        for name, value in changed.items():
            setattr(campaign, name, value)
        _clean(campaign)
    except InvalidInput:
        # What was refused does not linger on the caller's object.
        for name, value in before.items():
            setattr(campaign, name, value)
        raise
    campaign.updated_at = now or clock.now()
    campaign.save()
    return campaign


@transaction.atomic
def set_audience(
    *, campaign: Campaign, include: Sequence, exclude: Sequence = (), now: datetime | None = None
) -> Campaign:
    """The people of any segment of ``include``, without those of any segment of ``exclude``.

    Raises ``InvalidInput`` where a segment stands on both sides, ``NotEditable``.
    """
    require_draft(campaign)
    roles = {segment.pk: Role.INCLUDE for segment in include}
    for segment in exclude:
        if segment.pk in roles:
            raise InvalidInput(
                _("“%(segment)s” is both included and left out.") % {"segment": segment},
                field="exclude",
                remedy=_("Remove it from one of the two."),
            )
        roles[segment.pk] = Role.EXCLUDE
    CampaignSegment.objects.filter(campaign=campaign).delete()
    CampaignSegment.objects.bulk_create(
        [CampaignSegment(campaign=campaign, segment_id=pk, role=role) for pk, role in roles.items()]
    )
    touch(campaign, now)
    return campaign


@transaction.atomic
def set_messages(*, campaign: Campaign, templates: Sequence, now: datetime | None = None) -> Campaign:
    """The e-mails of the campaign, in order. Raises ``NotEditable``."""
    require_draft(campaign)
    CampaignMessage.objects.filter(campaign=campaign).delete()
    CampaignMessage.objects.bulk_create(
        [
            CampaignMessage(campaign=campaign, template=template, position=position)
            for position, template in enumerate(templates)
        ]
    )
    touch(campaign, now)
    return campaign


@transaction.atomic
def set_discounts(
    *, campaign: Campaign, discounts: Iterable[tuple[int, int | None]], now: datetime | None = None
) -> Campaign:
    """``(discount id, code id or None for all its codes)``; orders with such a code count for the campaign.

    Allowed in every state but a cancelled one: a code may be added to a campaign that runs.
    Raises ``WrongState``.
    """
    state = CampaignState.objects.select_for_update().get(campaign=campaign)
    if state.status == "cancelled":
        raise WrongState(_("This campaign is cancelled."), remedy=_("Copy it and change the copy."))
    wanted = set(discounts)
    # A link that stays keeps its row.
    for link in CampaignDiscount.objects.filter(campaign=campaign):
        pair = (link.discount_id, link.code_id)
        if pair in wanted:
            wanted.remove(pair)
        else:
            link.delete()
    CampaignDiscount.objects.bulk_create(
        [
            CampaignDiscount(campaign=campaign, discount_id=discount, code_id=code)
            for discount, code in sorted(wanted, key=lambda pair: (pair[0], pair[1] or 0))
        ]
    )
    touch(campaign, now)
    return campaign


@transaction.atomic
def clone_campaign(*, campaign: Campaign, name: str = "", user=None, now: datetime | None = None) -> Campaign:
    """A draft with the same audience, messages and discounts; without costs, dates and results."""
    links = list(campaign.segment_links.select_related("segment"))
    return create_campaign(
        name=name or _("Copy of %(name)s") % {"name": campaign.name[:130]},
        goal=campaign.goal,
        notes=campaign.notes,
        site=campaign.site,
        utm_source=campaign.utm_source,
        utm_medium=campaign.utm_medium,
        include=[link.segment for link in links if link.role == Role.INCLUDE],
        exclude=[link.segment for link in links if link.role == Role.EXCLUDE],
        templates=[message.template for message in campaign.messages.select_related("template")],
        discounts=list(campaign.discount_links.values_list("discount_id", "code_id")),
        user=user,
        now=now,
    )


#: Parts with a service of their own, and how it is called.
_PARTS = frozenset({"include", "exclude", "templates", "discounts", "costs"})


@transaction.atomic
def save_campaign(*, campaign: Campaign | None, user=None, now: datetime | None = None, **values) -> Campaign:
    """Create (None) or change a campaign with all its parts at once: all or nothing.

    ``values`` are those of ``create_campaign`` and ``costs``; a part that is left out stays. Raises what the
    services of the parts raise.
    """
    parts = {name: values.pop(name) for name in _PARTS & values.keys()}
    if campaign is None:
        campaign = create_campaign(user=user, now=now, **values)
    elif values:
        update_campaign(campaign=campaign, now=now, **values)
    if {"include", "exclude"} & parts.keys():
        sides = {role: [link.segment for link in campaign.segment_links.filter(role=role)] for role in Role.values}
        set_audience(
            campaign=campaign,
            include=parts.get("include", sides[Role.INCLUDE]),
            exclude=parts.get("exclude", sides[Role.EXCLUDE]),
            now=now,
        )
    if "templates" in parts:
        set_messages(campaign=campaign, templates=parts["templates"], now=now)
    if "discounts" in parts:
        set_discounts(campaign=campaign, discounts=parts["discounts"], now=now)
    if "costs" in parts:
        set_costs(campaign=campaign, costs=parts["costs"], now=now)
    return campaign


@transaction.atomic
def delete_campaign(*, campaign: Campaign) -> None:
    """Only a draft that nobody received. Raises ``NotEditable``."""
    require_draft(campaign)
    campaign.delete()
