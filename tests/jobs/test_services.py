import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.jobs import registry, services
from wagtail_marketing.jobs.models import Job, JobState
from wagtail_marketing.jobs.progress import Progress, Unfinished

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind():
    """Registers a job for one test: ``kind(function)``."""
    names = []

    def register(run, **options):
        name = f"test.{uuid.uuid4().hex[:8]}"
        registry.register(name, label="Test", run=run, permission="wagtail_marketing_jobs.change_job", **options)
        names.append(name)
        return name

    yield register
    for name in names:
        registry.kinds.unregister(name)


def later():
    return clock.now() + timedelta(minutes=1)


def test_a_job_runs_and_keeps_its_result(kind):
    def work(job, progress):
        progress.set(3, 4)
        progress.advance()
        progress.error("row 2", "no address")
        return {"rows": job.params["rows"]}

    job, created = services.enqueue_job(kind=kind(work), params={"rows": 4})
    assert created is True
    assert services.run_due_jobs(later()) == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.done, job.total) == ("done", {"rows": 4}, 4, 4)
    assert (job.error_count, job.errors) == (1, [{"where": "row 2", "message": "no address"}])
    assert (job.attempts, job.lease, job.lease_until) == (1, None, None)
    assert services.run_due_jobs(later()) == 0


def test_an_unknown_kind_is_refused():
    with pytest.raises(InvalidInput) as caught:
        services.enqueue_job(kind="nonsense")
    assert caught.value.field == "kind"
    assert Job.objects.count() == 0


def test_one_key_is_one_job_for_ever(kind):
    name = kind(lambda job, progress: {})
    first, _ = services.enqueue_job(kind=name, key="import-7")
    services.run_due_jobs(later())
    second, created = services.enqueue_job(kind=name, key="import-7")
    assert (second, created) == (first, False)
    assert Job.objects.count() == 1


def test_one_exclusive_key_is_one_open_job(kind):
    name = kind(lambda job, progress: {})
    first, _ = services.enqueue_job(kind=name, exclusive_key="sync")
    assert services.enqueue_job(kind=name, exclusive_key="sync") == (first, False)
    services.run_due_jobs(later())
    second, created = services.enqueue_job(kind=name, exclusive_key="sync")
    assert created is True
    assert second != first


def test_the_constraint_is_what_keeps_it_exclusive(kind):
    """Twin: without the service, the database still refuses."""
    name = kind(lambda job, progress: {})
    services.enqueue_job(kind=name, exclusive_key="sync")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind=name, exclusive_key="sync")


def test_a_fault_is_shown_without_its_text(kind):
    def work(job, progress):
        raise RuntimeError("password=hunter2")

    job, _ = services.enqueue_job(kind=kind(work))
    services.run_due_jobs(later())
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.errors == [{"where": "", "message": "An unexpected error (RuntimeError); the log says more."}]


def test_a_domain_error_says_what_to_do(kind):
    def work(job, progress):
        raise InvalidInput("No shop.", remedy="Name one.")

    job, _ = services.enqueue_job(kind=kind(work))
    services.run_due_jobs(later())
    job.refresh_from_db()
    assert (job.state, job.errors) == ("failed", [{"where": "", "message": "No shop. Name one."}])


def test_a_long_job_goes_on_in_the_next_slice(kind):
    seen = []

    def work(job, progress):
        seen.append(job.cursor)
        if len(seen) < 3:
            raise Unfinished({"after": len(seen)})
        return {"slices": len(seen)}

    job, _ = services.enqueue_job(kind=kind(work))
    assert services.run_due_jobs(later()) == 3
    job.refresh_from_db()
    assert seen == [{}, {"after": 1}, {"after": 2}]
    assert (job.state, job.result, job.attempts) == ("done", {"slices": 3}, 1)


def test_a_waiting_job_is_cancelled_at_once(kind):
    calls = []
    job, _ = services.enqueue_job(kind=kind(lambda job, progress: calls.append(1)))
    assert services.cancel_job(job=job).state == "cancelled"
    assert services.run_due_jobs(later()) == 0
    assert calls == []
    with pytest.raises(WrongState):
        services.cancel_job(job=job)


def test_a_running_job_stops_at_its_next_step(kind):
    steps = []

    def work(job, progress):
        for step in range(5):
            steps.append(step)
            if step == 1:
                services.cancel_job(job=Job.objects.get(pk=job.pk))
            progress.set(step, 5, force=True)

    job, _ = services.enqueue_job(kind=kind(work))
    services.run_due_jobs(later())
    job.refresh_from_db()
    assert (job.state, steps) == ("cancelled", [0, 1])


def test_a_dead_workers_job_runs_again_and_fails_in_the_end(kind):
    name = kind(lambda job, progress: {}, most_attempts=2)
    job, _ = services.enqueue_job(kind=name)
    services.claim_job()
    assert services.reclaim_jobs() == 0
    for state in ("queued", "failed"):
        Job.objects.filter(pk=job.pk).update(lease_until=clock.database_now() - timedelta(seconds=1))
        assert services.reclaim_jobs() == 1
        job.refresh_from_db()
        assert job.state == state
        services.claim_job()
    assert job.errors == [{"where": "", "message": "The worker died 2 times."}]


def test_a_worker_that_lost_its_lease_settles_nothing(kind):
    def work(job, progress):
        Job.objects.filter(pk=job.pk).update(lease=uuid.uuid4())
        return {"mine": True}

    job, _ = services.enqueue_job(kind=kind(work))
    services.run_due_jobs(later())
    job.refresh_from_db()
    assert (job.state, job.result) == ("running", {})


def test_two_workers_take_one_job_once(kind):
    services.enqueue_job(kind=kind(lambda job, progress: {}))
    assert services.claim_job() is not None
    assert services.claim_job() is None


def test_run_job_refuses_what_is_over(kind):
    job, _ = services.enqueue_job(kind=kind(lambda job, progress: {"ran": 1}))
    assert services.run_job(job=job).result == {"ran": 1}
    with pytest.raises(WrongState):
        services.run_job(job=job)


def test_only_a_hundred_errors_are_kept(kind):
    def work(job, progress):
        for row in range(150):
            progress.error(row, "bad")
        return {}

    job, _ = services.enqueue_job(kind=kind(work))
    services.run_due_jobs(later())
    job.refresh_from_db()
    assert (job.error_count, len(job.errors)) == (150, 100)


def test_progress_is_written_once_a_second(kind, django_assert_num_queries):
    job, _ = services.enqueue_job(kind=kind(lambda job, progress: {}))
    job = services.claim_job()
    progress = Progress(job, later())
    progress.set(1, 1000)
    with django_assert_num_queries(0):
        for done in range(100):
            progress.set(done, 1000)


def test_old_jobs_go_with_their_files(kind):
    job, _ = services.enqueue_job(kind=kind(lambda job, progress: progress.attach("out.csv", b"a,b\r\n")))
    fresh, _ = services.enqueue_job(kind=job.kind)
    services.run_due_jobs(later())
    job.refresh_from_db()
    storage, name = job.result_file.storage, job.result_file.name
    assert (job.result_name, job.result_file.read()) == ("out.csv", b"a,b\r\n")
    job.result_file.close()
    Job.objects.filter(pk=job.pk).update(finished_at=clock.now() - timedelta(days=91))
    assert services.forget_old_jobs(days=90) == 1
    assert list(Job.objects.all()) == [fresh]
    assert storage.exists(name) is False


def test_open_jobs_are_never_forgotten(kind):
    job, _ = services.enqueue_job(kind=kind(lambda job, progress: {}))
    Job.objects.update(created_at=clock.now() - timedelta(days=9999))
    assert services.forget_old_jobs(days=1) == 0
    assert Job.objects.get().state == JobState.QUEUED
