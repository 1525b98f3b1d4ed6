import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_marketing.jobs import registry, services
from wagtail_marketing.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind():
    registry.register(
        "test.export",
        label="Export",
        run=lambda job, progress: progress.attach("people.csv", b"a\r\n") or {"rows": 1},
        permission="auth.view_group",
    )
    yield "test.export"
    registry.kinds.unregister("test.export")


@pytest.fixture
def person(django_user_model, client):
    def make(*codenames):
        user = django_user_model.objects.create_user(f"user{django_user_model.objects.count()}", password="x")
        user.user_permissions.add(*Permission.objects.filter(codename__in=("access_admin", *codenames)))
        client.force_login(user)
        return user

    return make


def test_the_file_is_for_who_may_do_what_the_job_did(client, kind, person):
    job, _ = services.enqueue_job(kind=kind)
    services.run_job(job=job)
    url = reverse("marketing_jobs:file", args=[job.pk])
    person("view_job")
    assert client.get(url).status_code == 302
    person("view_group")
    assert client.get(url).status_code == 302
    person("view_job", "view_group")
    response = client.get(url)
    assert b"".join(response.streaming_content) == b"a\r\n"
    assert response["Content-Disposition"] == 'attachment; filename="people.csv"'


def test_a_file_that_is_gone_is_not_found(client, kind, admin_user):
    job, _ = services.enqueue_job(kind=kind)
    job = services.run_job(job=job)
    job.result_file.storage.delete(job.result_file.name)
    client.force_login(admin_user)
    assert client.get(reverse("marketing_jobs:file", args=[job.pk])).status_code == 404


def test_stopping_asks_first_and_is_written_down(client, kind, admin_user):
    job, _ = services.enqueue_job(kind=kind)
    client.force_login(admin_user)
    url = reverse("marketing_jobs:cancel", args=[job.pk])
    assert client.get(url).status_code == 200
    assert Job.objects.get().state == "queued"
    assert client.post(url).url == reverse("marketing_jobs:job", args=[job.pk])
    assert Job.objects.get().state == "cancelled"
    assert [entry.user for entry in ModelLogEntry.objects.filter(action="wagtail_marketing.cancel_job")] == [admin_user]
    assert client.post(url).status_code == 422


def test_result_and_errors_are_shown(client, kind, admin_user):
    job = Job.objects.create(kind=kind, state="failed", error_count=2, result={"rows_read": 7})
    Job.objects.update(errors=[{"where": "row 3", "message": "<b>no address</b>"}])
    client.force_login(admin_user)
    html = client.get(reverse("marketing_jobs:job", args=[job.pk])).content.decode()
    assert "2 errors" in html
    assert "rows read" in html
    assert "&lt;b&gt;no address&lt;/b&gt;" in html
    assert "data-wm-poll-done" in html


def test_the_list_takes_the_same_queries_for_many_jobs(client, kind, admin_user, django_assert_max_num_queries):
    client.force_login(admin_user)
    url = reverse("marketing_jobs:index")
    counts = []
    for _ in range(2):
        for _ in range(5):
            Job.objects.create(kind=kind, created_by=admin_user)
        with django_assert_max_num_queries(20) as captured:
            assert client.get(url).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_groups_form_knows_our_permissions(admin_client):
    group = Group.objects.get(name="Marketing editors")
    html = admin_client.get(reverse("wagtailusers_groups:edit", args=[group.pk])).content.decode()
    permission = Permission.objects.get(codename="change_marketingsettings")
    assert f'value="{permission.pk}"' in html
