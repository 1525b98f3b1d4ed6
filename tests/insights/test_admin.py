"""Dashboard, reports and the lists behind their figures."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_marketing.core import clock
from wagtail_marketing.insights import selectors, services
from wagtail_marketing.insights.models import AttributionCursor

from . import builders as b
from .test_report import world  # noqa: F401  fixture

pytestmark = pytest.mark.django_db

PERIOD = "?from=2026-03-10&to=2026-03-11"


@pytest.fixture
def enter(client, django_user_model):
    def make(role: str):
        user = django_user_model.objects.create_user(role, email=f"{role}@shop.example")
        user.groups.add(Group.objects.get(name=f"Marketing {role}s"))
        client.force_login(user)
        return client

    return make


def text(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def csv_of(answer) -> list[str]:
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return b"".join(answer.streaming_content).decode().splitlines()


def test_the_report_shows_every_figure_and_leads_to_its_list(enter, world):  # noqa: F811
    spring, _orders = world
    html = text(enter("analyst").get(reverse("marketing_campaigns:report", args=[spring.pk])))
    for figure in ("$95.00", "$14.00", "$25.00", "280 %", "50.0 % of delivered", "25.0 % of delivered", "SPRING"):
        assert figure in html, figure
    people = reverse("marketing_reports:people", args=[spring.pk])
    for figure in ("sent", "delivered", "opened", "clicked", "unsubscribed", "suppressed", "failed", "unknown"):
        assert f'href="{people}?figure={figure}"' in html, figure


def test_a_draft_has_no_report_yet(enter):
    draft = b.campaign("draft", None)
    assert "Nothing to report yet" in text(enter("analyst").get(reverse("marketing_campaigns:report", args=[draft.pk])))


def test_the_people_behind_a_figure_are_masked_for_analysts(enter, world):  # noqa: F811
    spring, _orders = world
    url = reverse("marketing_reports:people", args=[spring.pk]) + "?figure=failed"
    failed = selectors.messages_of(spring, "failed").get()
    html = text(enter("analyst").get(url))
    assert "1 row" in html
    assert failed.address not in html
    assert f"contact {failed.contact_id}" in html
    assert failed.address in text(enter("manager").get(url))


def test_a_figure_that_is_none_is_not_found(enter, world):  # noqa: F811
    spring, _orders = world
    client = enter("analyst")
    assert client.get(reverse("marketing_reports:people", args=[spring.pk]) + "?figure=x").status_code == 404
    assert client.get(reverse("marketing_dashboard:messages") + "?figure=x").status_code == 404


def test_orders_as_csv_add_up_to_the_revenue(enter, world):  # noqa: F811
    spring, orders = world
    url = reverse("marketing_reports:orders", args=[spring.pk]) + "?export=csv"
    lines = csv_of(enter("analyst").get(url))
    assert lines[0] == "Order,Placed,Customer,Because,Total,Refunded,Revenue"
    assert [line.split(",")[-1] for line in lines[1:]] == ["25.00", "20.00", "50.00"]
    assert lines[3].split(",")[2:4] == [f"contact {orders['first'].contact_id}", "used the campaign's code"]


def test_names_in_a_csv_run_no_formula(enter, world):  # noqa: F811
    spring, orders = world
    person = orders["first"].contact
    type(person).objects.filter(pk=person.pk).update(first_name="=HYPERLINK(1)")
    lines = csv_of(enter("manager").get(reverse("marketing_reports:orders", args=[spring.pk]) + "?export=csv"))
    assert ",'=HYPERLINK(1)," in lines[3]


def test_only_who_may_export_people_gets_their_addresses(enter, world):  # noqa: F811
    spring, _orders = world
    url = reverse("marketing_reports:people", args=[spring.pk]) + "?export=csv"
    assert len(csv_of(enter("manager").get(url))) == 11
    answer = enter("editor").get(url)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Download as CSV" not in answer.content.decode()


def test_the_dashboard_of_two_days(enter, world):  # noqa: F811
    html = text(enter("analyst").get(reverse("marketing_dashboard:index") + PERIOD))
    for figure in ("$135.00", "$95.00", "3 from campaigns", "Spring", "280 %"):
        assert figure in html, figure
    assert "no earlier figure" in html
    assert 'data-controller="wm-chart"' in html
    # 9000 minor units on the first day, also in the table under the chart
    assert "$90.00" in html


@pytest.mark.parametrize(
    "query",
    ["?from=x&to=y", "?from=2026-03-11&to=2026-03-10", "?days=0", "?days=99999", "?from=0001-01-01&to=9999-12-31"],
)
def test_a_period_that_is_none_falls_back_to_the_last_30_days(enter, query):
    html = text(enter("analyst").get(reverse("marketing_dashboard:index") + query))
    assert f'value="{selectors.last_days(30).first.isoformat()}"' in html


def test_the_lists_behind_the_dashboard(enter, world):  # noqa: F811
    client = enter("analyst")
    orders, messages = reverse("marketing_dashboard:orders"), reverse("marketing_dashboard:messages")
    assert "4 rows" in text(client.get(orders + PERIOD))
    assert "3 rows" in text(client.get(orders + PERIOD + "&credited=1"))
    assert "8 rows" in text(client.get(messages + PERIOD + "&figure=delivered"))
    assert "2 rows" in text(client.get(messages + PERIOD + "&figure=clicked"))
    assert "1 row" in text(client.get(messages + PERIOD + "&figure=unsubscribed"))
    assert "1 row" in text(client.get(messages + "?figure=unknown"))
    lines = csv_of(client.get(orders + PERIOD + "&export=csv"))
    assert lines[0] == "Order,Placed,Customer,Total,Refunded,Revenue"
    assert len(lines) == 5


def test_an_empty_shop_says_what_to_do_next(enter):
    url = reverse("marketing_dashboard:index")
    client = enter("editor")
    assert "marketing_sync" in text(client.get(url))
    b.contact()
    html = text(client.get(url))
    assert "Make your first campaign" in html
    assert reverse("marketing_campaigns:add") in html


def test_a_sleeping_worker_is_told(enter):
    client = enter("analyst")
    url = reverse("marketing_dashboard:index")
    assert "A worker last looked: never" in text(client.get(url))
    services.update_attribution()
    assert "Last looked:" in text(client.get(url))
    AttributionCursor.objects.update(seen_until=clock.now() - timedelta(minutes=11))
    assert "A worker last looked:" in text(client.get(url))


def test_the_reports_list_every_launched_campaign(enter, world):  # noqa: F811
    b.campaign("never launched", None)
    html = text(enter("analyst").get(reverse("marketing_reports:index")))
    assert "Spring" in html
    assert "never launched" not in html


def test_pages_take_the_same_queries_however_much_there_is(enter, world, django_assert_num_queries):  # noqa: F811
    spring, _orders = world
    client = enter("manager")
    urls = [
        reverse("marketing_dashboard:index") + PERIOD,
        reverse("marketing_reports:index"),
        reverse("marketing_reports:orders", args=[spring.pk]),
        reverse("marketing_reports:people", args=[spring.pk]),
        reverse("marketing_campaigns:report", args=[spring.pk]),
    ]
    counts = []
    for url in urls:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        counts.append(len(captured))
    for number in range(4):
        more = b.campaign(f"more {number}", b.T0 - timedelta(days=2))
        person = b.contact()
        b.event(b.message(more, person), b.T0)
        b.event(b.message(spring, person), b.T0 + timedelta(hours=1))
        b.order(person, b.T0 + timedelta(hours=2), updated_at=b.T0 + timedelta(days=3))
    services.update_attribution(now=b.T0 + timedelta(days=3))
    for url, number in zip(urls, counts, strict=True):
        with django_assert_num_queries(number):
            client.get(url)


def test_the_panel_on_the_home_page_is_for_who_may_see_it(enter, client, django_user_model):
    assert "Marketing, last 30 days" in text(enter("analyst").get(reverse("wagtailadmin_home")))
    other = django_user_model.objects.create_user("other")
    group = Group.objects.create(name="only the admin")
    from django.contrib.auth.models import Permission

    group.permissions.add(Permission.objects.get(codename="access_admin"))
    other.groups.add(group)
    client.force_login(other)
    html = text(client.get(reverse("wagtailadmin_home")))
    assert "Marketing, last 30 days" not in html
    assert client.get(reverse("marketing_dashboard:index")).status_code == 302
