"""Work on many contacts: what is asked is kept as filter and count, what is done goes on where it stopped.

Nobody's id travels: a job reads the next slice of its filter by rising id, changes it with one statement per
step and notes in the same transaction how far it is. A worker that dies loses the slice that it had not
finished, and the next one does that slice again as if for the first time.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.criteria import Criteria
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import BulkAction, bulk_actions
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.jobs.models import Job
from wagtail_marketing.jobs.progress import Progress, Unfinished
from wagtail_marketing.jobs.services import enqueue_job

#: Contacts that one transaction changes: few enough to be quick, many enough to be worth a commit.
SLICE = 5_000


def job_kind(action: str) -> str:
    return f"contacts.bulk.{action}"


def action_named(name: str) -> BulkAction:
    """Raises ``InvalidInput`` for one that nobody registered."""
    found = bulk_actions.get(name)
    if found is None:
        raise InvalidInput(_("“%(name)s” is not something to do with contacts.") % {"name": name}, field="action")
    return found


def ask_bulk(
    *, action: str, criteria: Criteria, options: Mapping[str, Any], by: Any = None, once: str = ""
) -> tuple[Job, bool]:
    """Ask for ``action`` on everybody who fits ``criteria`` now; returns ``(job, created)``.

    ``once`` is a word of the asker's: the same is never done twice. Who comes to fit later is not touched,
    who has ceased to fit when their turn comes neither. Raises ``InvalidInput``.
    """
    spec = action_named(action)
    options = spec.check(dict(options))
    people = criteria.contacts()
    count = people.count()
    if not count:
        raise InvalidInput(_("Nobody matches."), field="criteria", remedy=_("Change the filter."))
    if (most := options.get("most")) and count > most:
        raise InvalidInput(
            _("%(count)s are more than the %(most)s that fit.") % {"count": count, "most": most},
            field="format",
            remedy=_("Take CSV, or narrow the filter."),
        )
    return enqueue_job(
        kind=job_kind(action),
        params={
            "action": action,
            "criteria": criteria.dump(),
            "options": options,
            "count": count,
            "up_to": Contact.objects.aggregate(last=Max("pk"))["last"],
        },
        key=f"contacts.bulk:{once}" if once else "",
        created_by=by,
    )


def run(job: Job, progress: Progress) -> dict[str, int]:
    """Do what was asked, slice by slice. Raises ``Unfinished`` when the time is up."""
    spec = action_named(job.params["action"])
    people = Criteria.load(job.params["criteria"]).contacts().filter(pk__lte=job.params["up_to"]).order_by("pk")
    at = {"after": 0, "matched": 0, "changed": 0} | job.cursor
    progress.set(at["matched"], job.params["count"], note=spec.label)
    while True:
        with transaction.atomic():
            ids = list(people.filter(pk__gt=at["after"]).values_list("pk", flat=True)[:SLICE])
            if not ids:
                break
            changed = spec.change(Contact.objects.filter(pk__in=ids), job.params["options"])
            at = {"after": ids[-1], "matched": at["matched"] + len(ids), "changed": at["changed"] + changed}
            progress.keep(at, at["matched"], note=spec.label)
        if progress.out_of_time:
            raise Unfinished(at)
    return {"matched": at["matched"], "changed": at["changed"], "as they were": at["matched"] - at["changed"]}
