"""The rows of the review. Each check looks at one thing; other rooms may register more (``registry.checks``)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from wagtail_marketing.messaging.models import EmailTemplate, MessageClass
from wagtail_marketing.messaging.rendering import content_problems
from wagtail_marketing.segments.selectors import is_active, published_version
from wagtail_marketing.site_settings import SiteSettings, for_site

from .reach import reach_sentence
from .registry import BLOCK, OK, WARN, ChecklistRow, ReviewContext, checks

#: From this share of the audience left out on, the review asks to look.
MUCH_LEFT_OUT = 0.5


def check_audience(context: ReviewContext) -> Iterator[ChecklistRow]:
    """Somebody is chosen, every segment has published rules and is active, and somebody can be reached."""
    if not context.include:
        yield ChecklistRow(
            BLOCK, "no_audience", _("No segment is chosen: nobody would get this."), "audience", "include"
        )
        return
    unpublished = [segment for segment in (*context.include, *context.exclude) if published_version(segment) is None]
    for segment in unpublished:
        yield ChecklistRow(
            BLOCK,
            "segment_unpublished",
            _("The segment “%(segment)s” has no published rules.") % {"segment": segment},
            "segment",
            object_id=segment.pk,
        )
    for segment in (*context.include, *context.exclude):
        if segment not in unpublished and not is_active(segment):
            yield ChecklistRow(
                BLOCK,
                "segment_deactivated",
                _("The segment “%(segment)s” is deactivated: its people are those of its last refresh.")
                % {"segment": segment},
                "segment",
                object_id=segment.pk,
            )
    if context.audience_error:
        yield ChecklistRow(BLOCK, "audience_error", context.audience_error, "audience", "include")
    if context.reach is None or unpublished:
        return
    if context.reach.total == 0:
        yield ChecklistRow(BLOCK, "empty_audience", _("Nobody is in the audience now."), "audience", "include")
    elif context.reach.reachable == 0:
        yield ChecklistRow(BLOCK, "unreachable", reach_sentence(context.reach), "audience", "include")
    elif context.reach.reachable < context.reach.total * MUCH_LEFT_OUT:
        yield ChecklistRow(WARN, "much_left_out", reach_sentence(context.reach), "audience", "include")
    else:
        yield ChecklistRow(OK, "audience", reach_sentence(context.reach), "audience", "include")


def check_messages(context: ReviewContext) -> Iterator[ChecklistRow]:
    """There is an e-mail, it is published, it lets people leave, and its content can be sent."""
    if not context.messages:
        yield ChecklistRow(BLOCK, "no_template", _("No e-mail is chosen."), "content", "templates")
    for message in context.messages:
        yield from _check_template(message.template)


def _check_template(template: EmailTemplate) -> Iterator[ChecklistRow]:
    def row(level: str, key: str, text: str, field: str = "") -> ChecklistRow:
        return ChecklistRow(level, key, text, "template", field, template.pk)

    names = {"template": template}
    if not template.live:
        yield row(BLOCK, "template_unpublished", _("The e-mail “%(template)s” is not published.") % names)
        return
    if template.message_class != MessageClass.MARKETING:
        yield row(
            BLOCK,
            "no_unsubscribe",
            _("The e-mail “%(template)s” is transactional and carries no unsubscribe link.") % names,
            "message_class",
        )
    problems = content_problems(template)
    for problem in problems:
        line = _(" (line %(line)d)") % {"line": problem.line} if problem.line else ""
        yield row(BLOCK, "content", f"“{template}”, {problem.field}{line}: {problem}", str(problem.field))
    if template.has_unpublished_changes:
        text = _("The e-mail “%(template)s” has changes that are not published: they will not be sent.")
        yield row(WARN, "template_changed", text % names)
    elif not problems and template.message_class == MessageClass.MARKETING:
        yield row(OK, "template", _("The e-mail “%(template)s” is published and can be sent.") % names)


def check_sender(context: ReviewContext) -> Iterator[ChecklistRow]:
    """The site's settings name a sender and a postal address."""
    site = for_site(_site_of(context))
    yield from _check_sender(site)
    if not site.postal_address.strip():
        text = _("No postal address: the law asks for one in every marketing e-mail.")
        yield ChecklistRow(BLOCK, "no_postal_address", text, "settings", "postal_address")


def _check_sender(site: SiteSettings) -> Iterator[ChecklistRow]:
    if not site.senders:
        yield ChecklistRow(BLOCK, "no_sender", _("The site has no sender address."), "settings", "senders")
        return
    sender = site.sender()
    yield ChecklistRow(OK, "sender", _("Comes from %(sender)s.") % {"sender": sender.formatted}, "settings", "senders")


def _site_of(context: ReviewContext):
    template_sites = [message.template.site for message in context.messages if message.template.site_id]
    return context.campaign.site or (template_sites[0] if template_sites else None)


def check_schedule(context: ReviewContext) -> Iterator[ChecklistRow]:
    """The campaign's last day is not over."""
    ends_on = context.campaign.ends_on
    if ends_on and ends_on < context.now.astimezone(for_site(context.campaign.site).zone).date():
        yield ChecklistRow(WARN, "ended", _("The campaign's last day is over."), "details", "ends_on")


def check_cost(context: ReviewContext) -> Iterator[ChecklistRow]:
    """A cost is entered (else there is no ROI), and it is within the budget."""
    costs = sum(context.campaign.costs.values_list("amount_minor", flat=True))
    budget = context.campaign.budget_minor
    if not costs:
        text = _("No cost is entered: the report will have no return on investment.")
        yield ChecklistRow(WARN, "no_cost", text, "costs")
    elif budget is not None and costs > budget:
        yield ChecklistRow(WARN, "over_budget", _("The costs are over the budget."), "costs")
    else:
        yield ChecklistRow(OK, "cost", _("The costs are entered."), "costs")


checks.register("audience", check_audience)
checks.register("messages", check_messages)
checks.register("sender", check_sender)
checks.register("schedule", check_schedule)
checks.register("cost", check_cost)
