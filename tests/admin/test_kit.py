"""The kit refuses when something is forgotten, and says what it shows."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from wagtail import hooks
from wagtail.admin.viewsets.base import ViewSet

from wagtail_marketing.admin import registry
from wagtail_marketing.admin.columns import LocalTimeColumn, MoneyColumn, StatusColumn
from wagtail_marketing.admin.components import (
    Change,
    Chart,
    Checklist,
    CheckRow,
    ProgressBar,
    Section,
    Series,
    StatusBadge,
    Timeline,
    TimelineItem,
)
from wagtail_marketing.admin.contrast import contrast
from wagtail_marketing.admin.guards import GuardedViewsMixin, may_touch
from wagtail_marketing.admin.home import register_home_panel
from wagtail_marketing.admin.pagination import CappedPaginator, capped_count
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import ConfirmView, MarketingView
from wagtail_marketing.admin.viewsets import MarketingViewSet
from wagtail_marketing.core.errors import WrongState


def user_with(django_user_model, *codenames, name="user"):
    user = django_user_model.objects.create_user(name, password="x")
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


class OpenView(MarketingView):
    def get(self, request):
        return HttpResponse("in")


def ask(view, user, method="get", data=None):
    request = getattr(RequestFactory(), method)("/", data)
    request.user = user
    return view(request)


def test_a_view_without_a_permission_lets_nobody_in(admin_user):
    with pytest.raises(ImproperlyConfigured, match="OpenView needs marketing_permission"):
        ask(OpenView.as_view(), admin_user)


@pytest.mark.parametrize("permission", ["", (), ("",), (None,)])
def test_an_empty_permission_is_none(admin_user, permission):
    with pytest.raises(ImproperlyConfigured):
        ask(OpenView.as_view(marketing_permission=permission), admin_user)


@pytest.mark.django_db
def test_every_permission_is_needed_and_the_admin_too(django_user_model):
    view = OpenView.as_view(marketing_permission=("auth.view_group", "auth.add_group"))
    one = user_with(django_user_model, "access_admin", "view_group", name="one")
    outside = user_with(django_user_model, "view_group", "add_group", name="outside")
    both = user_with(django_user_model, "access_admin", "view_group", "add_group", name="both")
    for user in (one, outside, AnonymousUser()):
        with pytest.raises(PermissionDenied):
            ask(view, user)
    assert ask(view, both).content == b"in"
    both.is_active = False
    assert may(both, "auth.view_group") is False


def test_a_viewset_without_a_permission_cannot_be_registered():
    class Forgotten(MarketingViewSet):
        slug = "forgotten"
        menu_label = "Forgotten"

    with pytest.raises(ImproperlyConfigured):
        Forgotten().on_register()


@pytest.mark.django_db
def test_a_models_views_are_guarded_whatever_wagtail_puts_there(django_user_model):
    class Base(ViewSet):
        model = Group

    class Guarded(GuardedViewsMixin, Base):
        pass

    class Anything(MarketingView):
        marketing_permission = "wagtailadmin.access_admin"

        def get(self, request):
            return HttpResponse("in")

    bystander = user_with(django_user_model, "access_admin", name="bystander")
    reader = user_with(django_user_model, "access_admin", "view_group", name="reader")
    assert ask(Base("plain").construct_view(Anything), bystander).content == b"in"  # the twin
    with pytest.raises(PermissionDenied):
        ask(Guarded("guarded").construct_view(Anything), bystander)
    assert ask(Guarded("guarded").construct_view(Anything), reader).content == b"in"
    assert (may_touch(bystander, Group), may_touch(reader, Group)) == (False, True)


class Confirm(ConfirmView):
    marketing_permission = "wagtailadmin.access_admin"
    page_title = question = "Sure?"
    typed_confirmation = "12"
    done = 0

    def perform(self):
        if self.request.POST.get("fail"):
            raise WrongState("It runs already.", remedy="Wait.")
        type(self).done += 1

    def get_success_url(self):
        return "/admin/"


@pytest.fixture
def confirm(admin_user, monkeypatch, rf):
    from django.contrib.messages.storage.fallback import FallbackStorage

    Confirm.done = 0

    def post(**data):
        request = rf.post("/x/", data)
        request.user, request.session = admin_user, {}
        request._messages = FallbackStorage(request)
        response = Confirm.as_view()(request)
        return response, [str(message).strip() for message in request._messages]

    return post


def test_a_confirmation_wants_the_word(confirm):
    response, said = confirm(typed="11")
    assert (response.status_code, Confirm.done) == (422, 0)
    assert said == ["Type the confirmation exactly as it is shown."]
    assert confirm(typed=" 12 ")[0].status_code == 302
    assert Confirm.done == 1


def test_a_domain_error_is_shown(confirm):
    response, said = confirm(typed="12", fail="1")
    assert (response.status_code, said, Confirm.done) == (422, ["It runs already. Wait."], 0)


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [("/admin/marketing/", "/admin/marketing/"), ("https://evil.example/", "/admin/"), ("//evil.example", "/admin/")],
)
def test_it_leads_nowhere_else(confirm, wanted, led_to):
    assert confirm(typed="12", next=wanted)[0].url == led_to


@pytest.mark.django_db
def test_long_lists_are_counted_to_the_cap(django_assert_num_queries):
    Group.objects.all().delete()
    Group.objects.bulk_create([Group(name=str(number)) for number in range(12)])
    rows = Group.objects.order_by("pk")
    with django_assert_num_queries(1):
        assert capped_count(rows, cap=10) == (10, True)
    assert capped_count(rows, cap=12) == (12, False)
    assert capped_count([1, 2, 3], cap=2) == (2, True)

    class Small(CappedPaginator):
        cap = 10

    paginator = Small(rows, 4)
    assert (paginator.count, paginator.num_pages) == (10, 3)
    assert paginator.items_count_label == "more than 10 groups"
    assert CappedPaginator(rows, 4).items_count_label == "12 groups"


@pytest.mark.parametrize(
    ("change", "text", "tone"),
    [
        (Change(12.5), "up 12.5 %", "positive"),
        (Change(-3), "down 3 %", "critical"),
        (Change(-3, good_when="down"), "down 3 %", "positive"),
        (Change(5, good_when="neither"), "up 5 %", "neutral"),
        (Change(0), "unchanged", "neutral"),
        (Change(None), "no earlier figure", "neutral"),
        (Change(1, versus="on last month"), "up 1 % on last month", "positive"),
    ],
)
def test_a_change_has_a_word(change, text, tone):
    assert (change.text, change.tone) == (text, tone)


def render(component):
    return Template("{% load wagtailadmin_tags %}{% component c %}").render(Context({"c": component}))


def test_a_chart_is_a_table_too():
    chart = Chart("Revenue", ["1 Nov", "2 Nov"], [Series("A", [1200, None], ["$12.00", "–"]), Series("B", [1, 2])])
    assert chart.rows == [("1 Nov", ["$12.00", "1"]), ("2 Nov", ["–", "2"])]
    html = render(chart)
    assert "$12.00" in html
    assert "chart-4.6.1" in str(chart.media)
    assert Chart("Empty", ["x"], [Series("A", [0])]).is_empty is True
    assert "<canvas" not in render(Chart("Empty", ["x"], [Series("A", [0])]))


def test_data_is_never_markup():
    evil = "<b onclick=x>'\""
    for component in (
        StatusBadge(evil, evil, evil),
        Chart(evil, [evil], [Series(evil, [1], [evil])]),
        Checklist([CheckRow("block", evil, evil, url="/x", link_label=evil)]),
        Timeline([TimelineItem(datetime(2026, 1, 1, tzinfo=UTC), evil, evil, kind=evil)]),
        ProgressBar(1, 2, evil),
        Section(evil, text=evil),
    ):
        assert "<b onclick" not in render(component)
    assert "<b" not in str(StatusBadge(evil, evil))


def test_a_section_brings_the_media_of_its_parts():
    assert "chart-4.6.1" in str(Section("S", [Section("T", [Chart("C", [], [])])]).media)


def test_a_checklist_knows_whether_it_blocks():
    assert Checklist([CheckRow("ok", "a"), CheckRow("warn", "b")]).blocked is False
    assert Checklist([CheckRow("warn", "b")]).warned is True
    assert Checklist([CheckRow("block", "b")]).blocked is True


@pytest.mark.parametrize(
    ("done", "total", "percent"), [(0, 10, 0), (3, 10, 30), (20, 10, 100), (5, None, None), (0, 0, None)]
)
def test_progress_has_a_measure(done, total, percent):
    assert ProgressBar(done, total).percent == percent


def test_days_of_a_timeline_are_the_shops(settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "TIME_ZONE": "America/New_York"}
    moments = [datetime(2026, 3, 2, 4, 30, tzinfo=UTC), datetime(2026, 3, 1, 5, 30, tzinfo=UTC)]
    days = Timeline([TimelineItem(moment, "x") for moment in moments]).days
    assert [(day.isoformat(), len(items)) for day, items in days] == [("2026-03-01", 2)]


def test_columns_speak_peoples_language():
    class Row:
        state, amount, currency, when = "done", 1234, "USD", datetime(2026, 7, 1, 12, tzinfo=UTC)

        def get_state_display(self):
            return "Done"

    assert "Done" in str(StatusColumn("state", tones={"done": "positive"}).get_value(Row()))
    assert "wm-badge--positive" in str(StatusColumn("state", tones={"done": "positive"}).get_value(Row()))
    assert MoneyColumn("amount").get_value(Row()) == "$12.34"
    assert "EDT" in LocalTimeColumn("when").get_value(Row())
    assert LocalTimeColumn("missing").get_value(Row()) == ""


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)]
)
def test_contrast_is_wcags(one, other, ratio):
    assert round(contrast(one, other), 2) == ratio == round(contrast(other, one), 2)


def test_a_viewset_that_comes_too_late_is_told_where_to_register():
    class Late(MarketingViewSet):
        pass

    with pytest.raises(RuntimeError, match="AppConfig.ready"):
        registry.register_viewset(Late)


def test_the_menu_stands_in_the_wanted_order(admin_client):
    orders = [entry.order for entry in registry.ordered() if entry.order is not None]
    assert orders == sorted(orders)
    assert orders[-1] == registry.SETTINGS


@pytest.mark.django_db
def test_a_home_panel_is_built_for_who_may_see_it_only(django_user_model, rf, monkeypatch):
    monkeypatch.setattr(hooks, "_hooks", {})
    built = []
    register_home_panel(lambda request: built.append(1) or Section("Mine"), permission="auth.view_group")
    construct = hooks._hooks["construct_homepage_panels"][0][0]
    request, panels = rf.get("/"), []
    request.user = user_with(django_user_model, "access_admin", name="bystander")
    construct(request, panels)
    assert (panels, built) == ([], [])
    request.user = user_with(django_user_model, "access_admin", "view_group", name="reader")
    construct(request, panels)
    assert "Mine" in panels[0].render_html(Context({"request": request}))
    with pytest.raises(ImproperlyConfigured):
        register_home_panel(lambda request: None, permission="")
