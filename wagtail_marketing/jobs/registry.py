"""The kinds of work that rooms bring.

::

    # wagtail_marketing/commerce/apps.py, in ready()
    from wagtail_marketing.jobs import registry as jobs

    jobs.register("commerce.sync", label=_("Fetch from the shop"), run="wagtail_marketing.commerce.tasks.sync_job",
                  permission="wagtail_marketing_commerce.run_sync")

    # wagtail_marketing/commerce/tasks.py
    def sync_job(job, progress):
        for page in pages(after=job.cursor.get("after")):
            progress.set(done, total, note=_("orders"))      # renews the lease; raises when cancelled
            if progress.out_of_time:
                raise Unfinished(cursor={"after": page.last})  # goes on in the next slice
        return {"orders": done}                               # the result, JSON
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import import_string

from wagtail_marketing.core.registry import Registry


@dataclass(frozen=True)
class JobKind:
    """``run`` is ``function(job, progress) -> dict`` or its dotted path; it must bear being run again.

    ``permission`` (a tuple: all of them) is what it takes to stop the job and to read its file.
    """

    key: str
    label: Any
    run: str | Callable[..., Any]
    permission: str | tuple[str, ...]
    most_attempts: int = 3

    def function(self) -> Callable[..., Any]:
        return import_string(self.run) if isinstance(self.run, str) else self.run


kinds: Registry[JobKind] = Registry("job kinds")


def register(key: str, **options: Any) -> JobKind:
    """Make a kind known; options are the fields of :class:`JobKind`. A second time is harmless."""
    return kinds.get(key) or kinds.register(key, JobKind(key=key, **options))
