import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.log_actions import registry as log_registry

from wagtail_marketing.commerce.models import Category
from wagtail_marketing.discounts import services
from wagtail_marketing.discounts.models import Code, Discount, Limit

from .conftest import NOW, cart, percent

PERMISSIONS = ["view_code", "view_discount", "add_discount", "change_discount", "activate_discount", "delete_discount"]


@pytest.fixture
def login(client, django_user_model, db):
    """Log in somebody who may enter the admin and holds some permissions of this room."""

    def enter(*codenames):
        user = django_user_model.objects.create_user(f"user-{'-'.join(codenames) or 'none'}", password="x")
        user.user_permissions.add(
            Permission.objects.get(codename="access_admin"),
            *Permission.objects.filter(content_type__app_label="wagtail_marketing_discounts", codename__in=codenames),
        )
        client.force_login(user)
        return user

    return enter


def fields(**changes):
    return {
        "name": "Spring",
        "benefit_kind": "percentage",
        "percent": "20",
        "per": "order",
        "lane": "order",
        "base": "reduced",
        "priority": "0",
        "currency": "USD",
        "needs_code": "on",
        **changes,
    }


def test_an_editor_makes_activates_pauses_and_ends_a_discount(client, login):
    Category.objects.create(name="PASTRY", folded="pastry")
    user = login(*PERMISSIONS)
    response = client.post(
        reverse("marketing_discounts:add"),
        fields(
            categories="PASTRY",
            min_spend="50",
            minimum_of_products="on",
            combines_with=["product"],
            code="Spring20",
            limit_per_contact="1",
            max_discount="15",
        ),
    )
    discount = Discount.objects.get()
    page = reverse("marketing_discounts:inspect", args=[discount.pk])
    assert (response.status_code, response.url) == (302, page)
    pastry = {"categories": ["PASTRY"]}
    assert discount.benefit == {"kind": "percentage", "params": {"value": "20", "products": pastry}}
    assert discount.conditions == {
        "match": "all",
        "rules": [{"kind": "min_spend", "params": {"amount": "50.00", "products": pastry}}],
    }
    assert (discount.max_discount_minor, discount.combines_with) == (1500, ["product"])
    assert Code.objects.get().normalised == "SPRING20"
    assert list(Limit.objects.values_list("kind", "maximum", "code")) == [("per_contact", 1, None)]
    for action, status in (("activate", "active"), ("pause", "paused"), ("activate", "active"), ("end", "ended")):
        url = reverse(f"marketing_discounts:{action}", args=[discount.pk])
        assert client.get(url).status_code == 200
        assert client.post(url).status_code == 302
        discount.refresh_from_db()
        assert discount.status == status
    logged = log_registry.get_logs_for_instance(discount).order_by("timestamp").values_list("action", "user")
    assert list(logged) == [
        ("wagtail.create", user.pk),
        *((f"wagtail_marketing.discount.{name}", user.pk) for name in ("activate", "pause", "activate", "end")),
    ]
    text = client.get(page).content.decode()
    assert "20 % off PASTRY, at most $15.00, from $50.00 of PASTRY, once per customer, with a code" in text
    assert client.post(reverse("marketing_discounts:activate", args=[discount.pk])).status_code == 422
    history = client.get(reverse("marketing_discounts:history", args=[discount.pk])).content.decode()
    assert "Ended" in history


def test_the_form_shows_what_is_stored_and_saving_it_changes_nothing(client, login, live_discount):
    Category.objects.create(name="WINE", folded="wine")
    discount = live_discount(
        benefit={
            "kind": "fixed_amount",
            "params": {"amount": "5.00", "per": "unit", "products": {"skus": ["A"], "exclude_categories": ["WINE"]}},
        },
        conditions={"match": "all", "rules": [{"kind": "min_quantity", "params": {"quantity": 3}}]},
        lane="product",
        limits={"total": 7},
    )
    login(*PERMISSIONS)
    url = reverse("marketing_discounts:edit", args=[discount.pk])
    form = client.get(url).context["form"]
    data = {
        name: ("on" if value is True else "\n".join(value) if name in ("skus",) and isinstance(value, list) else value)
        for name in form.fields
        if (value := form[name].value()) not in (None, "", []) and value is not False
    }
    response = client.post(url, data)
    assert response.status_code == 302, response.context["form"].errors
    before = (discount.benefit, discount.conditions, discount.live_version_id)
    discount.refresh_from_db()
    assert (discount.benefit, discount.conditions, discount.live_version_id) == before
    assert discount.limits.get().maximum == 7


def test_conditions_the_form_cannot_show_are_kept(client, login, live_discount):
    nested = {"match": "any", "rules": [{"match": "all", "rules": [{"kind": "nth_order", "params": {"n": 3}}]}]}
    discount = live_discount(conditions=nested)
    login(*PERMISSIONS)
    url = reverse("marketing_discounts:edit", args=[discount.pk])
    assert "made by a program" in client.get(url).content.decode()
    assert client.post(url, fields(percent="30")).status_code == 302
    discount.refresh_from_db()
    assert (discount.conditions, discount.benefit) == (nested, percent("30"))
    assert discount.versions.count() == 2


@pytest.mark.parametrize(
    ("lane", "benefit", "words"),
    [
        ("shipping", {"kind": "shipping", "params": {"percent": "100"}}, "Free shipping, with a code"),
        (
            "product",
            {"kind": "bundle_price", "params": {"quantity": 3, "price": "10.00", "products": {"skus": ["A"]}}},
            "3 of A for $10.00, with a code",
        ),
        (
            "product",
            {"kind": "buy_x_get_y", "params": {"buy": {"quantity": 2}, "get": {"quantity": 1, "percent_off": "100"}}},
            "Buy 2 of every product and get 1 of every product free, with a code",
        ),
        (
            "order",
            {"kind": "tiered_spend", "params": {"tiers": [{"from": "50.00", "amount": "5.00"}]}},
            "$5.00 from $50.00 off the order, with a code",
        ),
    ],
)
def test_a_benefit_the_form_cannot_show_is_kept_and_said_in_words(client, login, live_discount, lane, benefit, words):
    discount = live_discount(benefit=benefit, lane=lane)
    login(*PERMISSIONS)
    url = reverse("marketing_discounts:edit", args=[discount.pk])
    page = client.get(url).content.decode()
    assert "made by a program" in page
    assert words in page
    data = {"name": "Renamed", "lane": lane, "base": "reduced", "priority": "0", "currency": "USD", "needs_code": "on"}
    assert client.post(url, data).status_code == 302
    discount.refresh_from_db()
    assert (discount.name, discount.benefit, discount.versions.count()) == ("Renamed", benefit, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"percent": "120"}, "percent"),
        ({"benefit_kind": "fixed_amount"}, "amount"),
        ({"categories": "NOSUCH"}, "categories"),
        ({"attributes": "brand"}, "attributes"),
        ({"needs_code": "", "code": "X123"}, "code"),
        ({"code": "SAVE"}, "code"),
        ({"starts_at": "2026-12-02 00:00", "ends_at": "2026-12-01 00:00"}, "ends_at"),
        ({"currency": "XX1"}, "currency"),
        ({"min_spend": "1.005"}, "min_spend"),
        ({"max_discount": "0.001"}, "max_discount"),
    ],
)
def test_mistakes_stand_at_their_field(client, login, live_discount, changes, field):
    live_discount()
    login(*PERMISSIONS)
    response = client.post(reverse("marketing_discounts:add"), fields(**changes))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert Discount.objects.count() == 1


def test_the_sentence_follows_the_fields_and_writes_nothing(client, login):
    login("view_discount")
    url = reverse("marketing_discounts:summary")
    assert client.post(url, fields(min_spend="50", exclusive="on")).json() == {
        "sentence": "20 % off the order, orders from $50.00, with a code; never together with another discount."
    }
    assert "will stand here" in client.post(url, {}).json()["sentence"]
    assert Discount.objects.count() == 0


def test_codes_are_added_made_and_stopped(client, login, live_discount):
    discount = live_discount(code=None, needs_code=True)
    login(*PERMISSIONS)
    add = reverse("marketing_discounts:add_code", args=[discount.pk])
    assert client.post(add, {"code": "one", "limit_total": "1"}).status_code == 302
    assert client.post(add, {"code": "ONE"}).status_code == 422
    make = reverse("marketing_discounts:make_codes", args=[discount.pk])
    assert client.post(make, {"pattern": "GIFT-####", "quantity": "5"}).status_code == 422
    assert client.post(make, {"pattern": "GIFT-###-###-###", "quantity": "5", "uses": "1"}).status_code == 302
    assert discount.codes.count() == 6
    assert list(Limit.objects.values_list("code__batch__quantity", "kind", "maximum").order_by("pk")) == [
        (None, "total", 1),
        *[(5, "total", 1)] * 5,
    ]
    code = discount.codes.get(normalised="ONE")
    assert client.post(reverse("marketing_discounts:stop_code", args=[code.pk])).status_code == 302
    assert services.quote(cart=cart((1, "10.00")), codes=["one"], now=NOW).discount_total == 0
    page = client.get(reverse("marketing_codes:index"), {"q": "one"}).content.decode()
    assert "one" in page


def test_only_a_draft_can_be_deleted(client, login, live_discount):
    live = live_discount()
    draft = services.create_discount(name="Draft", benefit=percent("10"), now=NOW)
    login(*PERMISSIONS)
    for discount in (live, draft):
        assert client.post(reverse("marketing_discounts:delete", args=[discount.pk])).status_code == 302
    assert list(Discount.objects.all()) == [live]


def test_the_list_filters_searches_and_counts(client, login, live_discount, django_assert_num_queries):
    first = live_discount(code="A11", name="Alpha")
    live_discount(code="B11", name="Beta")
    services.create_discount(name="Gamma", benefit=percent("10"), now=NOW)
    services.commit(order_ref="o1", cart=cart((1, "100.00")), codes=["A11"], now=NOW)
    login(*PERMISSIONS)
    url = reverse("marketing_discounts:index")

    def names(**query):
        return sorted(discount.name for discount in client.get(url, query).context["page_obj"].object_list)

    assert names() == ["Alpha", "Beta", "Gamma"]
    assert names(current_status="draft") == ["Gamma"]
    assert names(q="alph") == ["Alpha"]
    assert first.name in client.get(url).content.decode()
    assert "$10.00" in client.get(url).content.decode()
    for number in range(5):
        live_discount(code=f"C{number}{number}", name=f"More {number}")
    client.get(url)
    with django_assert_num_queries(10):
        client.get(url)


def test_without_permission_nothing_opens_and_nothing_changes(client, login, live_discount):
    discount = live_discount()
    before = (Discount.objects.values().get(), Code.objects.values().get())
    login()
    own = ("edit", "inspect", "delete", "history", "activate", "pause", "end", "add_code", "make_codes")
    urls = [reverse(f"marketing_discounts:{name}", args=[discount.pk]) for name in own]
    urls += [reverse(f"marketing_discounts:{name}") for name in ("index", "add", "summary")]
    urls += [reverse("marketing_codes:index"), reverse("marketing_discounts:stop_code", args=[Code.objects.get().pk])]
    for url in urls:
        for method in (client.get, client.post):
            response = method(url, {"name": "Mine", "code": "MINE", "pattern": "M-###-###-###", "quantity": "1"})
            denied = response.status_code in (403, 405) or response.url == reverse("wagtailadmin_home")
            assert denied, (url, response.status_code)
    assert (Discount.objects.values().get(), Code.objects.values().get()) == before


def test_who_may_edit_may_not_activate(client, login):
    draft = services.create_discount(name="Draft", benefit=percent("10"), now=NOW)
    login("view_discount", "change_discount")
    assert client.get(reverse("marketing_discounts:edit", args=[draft.pk])).status_code == 200
    assert client.post(reverse("marketing_discounts:activate", args=[draft.pk])).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "draft"
