"""The checklist, row by row, and the reach in words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from wagtail_marketing.campaigns import selectors, services
from wagtail_marketing.campaigns.reach import reach_sentence
from wagtail_marketing.campaigns.registry import ChecklistRow, checks
from wagtail_marketing.contacts.selectors import Reach
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.discounts.models import Code, Discount, DiscountVersion, Limit
from wagtail_marketing.models import MarketingSettings, Sender
from wagtail_marketing.segments.services import create_segment

from .conftest import everybody

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def rows(campaign) -> dict[str, str]:
    return {row.key: row.level for row in selectors.review(campaign, now=NOW).rows}


def test_a_campaign_that_may_go(ready):
    review = selectors.review(ready, now=NOW)
    assert {row.key: row.level for row in review.rows} == {
        "audience": "ok",
        "template": "ok",
        "sender": "ok",
        "cost": "ok",
    }
    assert (review.ready, review.blocks) == (True, ())
    assert review.sentence == "Will reach 2 of 3 people: 1 never agreed to e-mail."


def test_no_segment(ready):
    services.set_audience(campaign=ready, include=[])
    assert rows(ready)["no_audience"] == "block"


def test_an_empty_segment(ready, segment):
    services.set_audience(campaign=ready, include=[segment("nobody.invalid")])
    assert rows(ready)["empty_audience"] == "block"


def test_nobody_can_be_reached(ready, segment):
    services.set_audience(campaign=ready, include=[segment("cid@")])
    assert rows(ready)["unreachable"] == "block"


def test_most_are_left_out(ready, segment, person):
    for number in range(3):
        person(f"no-{number}@example.com", consent=False)
    assert rows(ready)["much_left_out"] == "warn"


def test_a_segment_without_published_rules_on_either_side(ready, segment):
    draft = create_segment(name="draft", rules=everybody(), publish=False)
    services.set_audience(campaign=ready, include=[segment("ann")], exclude=[draft])
    assert rows(ready)["segment_unpublished"] == "block"


def test_those_left_out_are_not_in_the_audience(ready, segment):
    services.set_audience(campaign=ready, include=[segment("ann"), segment("example")], exclude=[segment("ben")])
    assert sorted(selectors.audience(ready).values_list("email", flat=True)) == ["ann@example.com", "cid@example.com"]


def test_no_segment_holds_nobody(ready, segment):
    services.set_audience(campaign=ready, include=[], exclude=[segment("ben")])
    assert selectors.audience(ready).count() == 0


def test_a_segment_on_both_sides_is_refused(ready, segment):
    ann = segment("ann")
    with pytest.raises(InvalidInput) as caught:
        services.set_audience(campaign=ready, include=[ann], exclude=[ann])
    assert caught.value.field == "exclude"
    assert [s.name for s in selectors.sides(ready)[0]] == ["example.com"]


def test_no_template(ready):
    services.set_messages(campaign=ready, templates=[])
    assert rows(ready)["no_template"] == "block"


def test_a_template_that_was_never_published(ready, template):
    services.set_messages(campaign=ready, templates=[template(live=False)])
    assert rows(ready)["template_unpublished"] == "block"


def test_a_transactional_template_has_no_unsubscribe_link(ready, template):
    services.set_messages(campaign=ready, templates=[template(message_class="transactional")])
    assert rows(ready)["no_unsubscribe"] == "block"


def test_an_unresolved_token(ready, template):
    wrong = template(body=[("heading", {"text": "Hi {{ contact.frist_name }}", "level": "h1"})])
    services.set_messages(campaign=ready, templates=[wrong])
    (row,) = [row for row in selectors.review(ready, now=NOW).rows if row.key == "content"]
    assert (row.level, row.step, row.object_id) == ("block", "template", wrong.pk)
    assert "contact.frist_name" in row.text


def test_changes_that_are_not_published(ready, template):
    services.set_messages(campaign=ready, templates=[template(has_unpublished_changes=True)])
    assert rows(ready)["template_changed"] == "warn"


def test_no_postal_address(ready, brand):
    MarketingSettings.objects.update(postal_address=" ")
    assert rows(ready)["no_postal_address"] == "block"


def test_no_sender(ready, settings):
    settings.DEFAULT_FROM_EMAIL = "webmaster@localhost"
    Sender.objects.all().delete()
    assert rows(ready)["no_sender"] == "block"


def test_no_cost(ready):
    ready.costs.all().delete()
    assert rows(ready)["no_cost"] == "warn"


def test_over_the_budget(ready):
    services.update_campaign(campaign=ready, budget="24.99")
    assert rows(ready)["over_budget"] == "warn"
    services.update_campaign(campaign=ready, budget="25.00")
    assert rows(ready)["cost"] == "ok"


def test_the_last_day_is_over(ready):
    today = NOW.astimezone(clock.shop_zone()).date()
    services.update_campaign(campaign=ready, ends_on=today)
    assert "ended" not in rows(ready)
    services.update_campaign(campaign=ready, ends_on=today - timedelta(days=1))
    assert rows(ready)["ended"] == "warn"


def discount(code: str = "SPRING", **fields) -> Discount:
    made = Discount.objects.create(name=code, currency="USD", created_at=NOW, updated_at=NOW)
    version = DiscountVersion.objects.create(discount=made, number=1, rules={}, created_at=NOW)
    Discount.objects.filter(pk=made.pk).update(**{"live_version": version, "status": "active", **fields})
    if code:
        Code.objects.create(discount=made, code=code, normalised=code, created_at=NOW)
    return made


def test_a_running_limited_discount(ready):
    made = discount()
    Limit.objects.create(discount=made, kind="total", maximum=100)
    services.set_discounts(campaign=ready, discounts=[(made.pk, None)])
    assert rows(ready)["discount"] == "ok"


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"ends_at": NOW}, "discount_expired"),
        ({"status": "draft"}, "discount_inactive"),
        ({"status": "paused"}, "discount_inactive"),
        ({}, "unlimited"),
    ],
)
def test_what_is_wrong_with_a_discount(ready, fields, key):
    services.set_discounts(campaign=ready, discounts=[(discount(**fields).pk, None)])
    assert rows(ready)[key] == "warn"


def test_codes_that_do_not_work(ready):
    made = discount()
    services.set_discounts(campaign=ready, discounts=[(made.pk, None)])
    Code.objects.update(expires_at=NOW)
    assert rows(ready)["code_expired"] == "warn"
    Code.objects.update(active=False)
    assert rows(ready)["no_code"] == "warn"


def test_a_discount_that_is_gone(ready):
    services.set_discounts(campaign=ready, discounts=[(404, None)])
    assert rows(ready)["discount_gone"] == "block"


def test_blocking_rows_come_first_and_other_rooms_may_add_rows(ready):
    services.set_messages(campaign=ready, templates=[])
    checks.register("own", lambda context: [ChecklistRow("warn", "own", "Look.")])
    try:
        keys = [row.key for row in selectors.review(ready, now=NOW).rows]
    finally:
        checks.unregister("own")
    assert keys == ["no_template", "own", "audience", "sender", "cost"]


def test_the_reach_in_words():
    reach = Reach(
        total=1412, reachable=1398, no_address=3, never=0, pending=0, unsubscribed=11, suppressed=0, duplicates=0
    )
    assert reach_sentence(reach) == "Will reach 1,398 of 1,412 people: 11 unsubscribed, 3 without e-mail."
    one = Reach(total=1, reachable=1, no_address=0, never=0, pending=0, unsubscribed=0, suppressed=0, duplicates=0)
    assert reach_sentence(one) == "Will reach 1 of 1 person."


def test_the_review_asks_a_fixed_number_of_questions(ready, segment, template, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        selectors.review(ready, now=NOW)


def test_what_a_form_may_not_say(ready):
    for changes, field in (
        ({"name": "  "}, "name"),
        ({"goal": "world domination"}, "goal"),
        ({"budget": "-1"}, "budget"),
        ({"ends_on": date(2026, 1, 1), "starts_on": date(2026, 1, 2)}, "ends_on"),
        ({"status": "active"}, "status"),
    ):
        with pytest.raises(InvalidInput) as caught:
            services.update_campaign(campaign=ready, **changes)
        assert caught.value.field == field
    for cost, field in (({"amount": "-1"}, "amount"), ({"amount": "1", "kind": "bribes"}, "kind")):
        with pytest.raises(InvalidInput) as caught:
            services.add_cost(campaign=ready, **cost)
        assert caught.value.field == field
    ready.refresh_from_db()
    assert (ready.name, ready.goal, ready.budget_minor, ready.costs.count()) == ("Spring specials", "", None, 1)
