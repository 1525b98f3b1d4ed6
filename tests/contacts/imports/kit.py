"""What the tests of imports share: a file from text, and an import run to its end in this process."""

from datetime import UTC, datetime
from typing import Any

from django.core.files.base import ContentFile

from wagtail_marketing.contacts.models import ContactImport
from wagtail_marketing.contacts.services import imports
from wagtail_marketing.jobs.services import run_job

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 5, 4, 12, tzinfo=UTC)


def upload(content: str | bytes, name: str = "people.csv") -> ContactImport:
    data = content.encode() if isinstance(content, str) else content
    return imports.create_import(file=ContentFile(data, name=name), file_name=name)


def work(source: ContactImport) -> ContactImport:
    """Run the job of an import, slice after slice."""
    source = ContactImport.objects.select_related("job").get(pk=source.pk)
    job = source.job
    while job.is_open:
        job = run_job(job=job)
    return ContactImport.objects.get(pk=source.pk)


def check(source: ContactImport, columns: list[str] | None = None, **options: Any) -> ContactImport:
    """Columns as guessed unless given."""
    options = {"status": source.options["status"], **options}
    imports.set_plan(source=source, columns=columns or source.columns, options=options)
    return work(imports.start_check(source=source))


def bring(content: str | bytes, columns: list[str] | None = None, name: str = "people.csv", **options: Any) -> Any:
    """Upload, map, check and run."""
    source = check(upload(content, name), columns, **options)
    return work(imports.start_import(source=source))


def counts(source: ContactImport, *names: str) -> dict[str, int]:
    """The counts that are not zero; only ``names`` where some are given."""
    return {key: value for key, value in source.counts.items() if value and (not names or key in names)}


def faults(source: ContactImport) -> list[tuple[int, dict[str, str]]]:
    return list(source.faults.values_list("number", "errors"))
