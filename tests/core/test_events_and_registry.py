import logging
from dataclasses import dataclass

import pytest
from django.db import transaction

from wagtail_marketing.core import events
from wagtail_marketing.core.registry import Registry


@dataclass(frozen=True)
class Happened(events.Event):
    number: int


@pytest.fixture
def heard():
    numbers = []

    def handler(event):
        numbers.append(event.number)

    events.subscribe(Happened)(handler)
    yield numbers
    events._subscribers.pop(Happened)


@pytest.mark.django_db(transaction=True)
def test_news_is_told_on_commit_only(heard):
    with transaction.atomic():
        events.publish(Happened(1))
        assert heard == []
    assert heard == [1]


@pytest.mark.django_db(transaction=True)
def test_news_of_a_rolled_back_change_is_never_told(heard):
    with pytest.raises(RuntimeError), transaction.atomic():
        events.publish(Happened(1))
        raise RuntimeError
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_a_failing_subscriber_stops_nobody_else(heard, caplog):
    def fails(event):
        raise RuntimeError("no")

    events._subscribers[Happened].insert(0, fails)
    with caplog.at_level(logging.ERROR):
        events.publish(Happened(2))
    assert heard == [2]
    assert "A subscriber of Happened failed" in caplog.text


def test_a_key_belongs_to_one_item():
    registry = Registry("colours")
    registry.register("red", "#f00")
    registry.register("red", "#f00")
    with pytest.raises(ValueError, match="colours: “red” is registered already"):
        registry.register("red", object())
    registry.register("blue", "#00f")
    assert list(registry) == ["#f00", "#00f"]
    assert registry.keys() == ("red", "blue")
    assert "red" in registry
    assert len(registry) == 2
    registry.unregister("red")
    assert registry.get("red") is None
