"""What the tick does here."""

from datetime import datetime

from wagtail_marketing.site_settings import for_site

from . import services


def drain(until: datetime) -> int:
    """Run waiting jobs until ``until``; returns how many ran."""
    return services.run_due_jobs(until)


def retain(until: datetime) -> int:
    """Forget jobs past the retention of the default site; returns how many."""
    return services.forget_old_jobs(days=for_site(None).keep_jobs_days)
