"""The main job from end to end: real SMTP to a server in this process, real HTTP to a live server."""

import json
import socket
from decimal import Decimal
from io import StringIO

import pytest
from aiosmtpd.controller import Controller
from django.core.management import CommandError, call_command
from shop.demo import journey
from shop.demo.journey import Journey
from shop.mailstore import MailStore
from shop.management.commands.mail_catcher import Catcher
from shop.models import Order

from wagtail_marketing.core import tasks


@pytest.fixture
def demo(live_server, settings, tmp_path):
    """The sandbox with forty households, its mail server, and its own address in every link."""
    settings.SANDBOX_MAIL = tmp_path / "mail"
    settings.WAGTAILADMIN_BASE_URL = live_server.url
    with socket.socket() as probe:
        # aiosmtpd connects to itself at the port that it was told, so 0 would not do.
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.WAGTAIL_MARKETING = {
        **settings.WAGTAIL_MARKETING,
        "PUBLIC_BASE_URL": live_server.url,
        "SMTP": {"HOST": "127.0.0.1", "PORT": port},
    }
    controller = Controller(Catcher(MailStore()), hostname="127.0.0.1", port=port)
    controller.start()
    call_command("setup_sandbox", stdout=StringIO())
    call_command("load_complete_journey", households=40, stdout=StringIO())
    call_command("marketing_sync", verbosity=0, stdout=StringIO())
    yield live_server.url
    controller.stop()


def travel(url):
    return Journey(base_url=url, store=MailStore(), drive=tasks.drain_until_idle, clickers=4, buyers=3)


@pytest.mark.django_db(transaction=True)
def test_the_journey_earns_money_and_every_figure_agrees(demo, monkeypatch):
    outcome = travel(demo).run()
    assert outcome.differences == []
    figures = outcome.figures
    assert list(figures) == [
        "audience",
        "sent",
        "received",
        "clicked",
        "orders",
        "revenue",
        "discount",
        "roi",
        "unsubscribed",
        "seconds",
    ]
    assert figures["sent"] == figures["received"]
    assert (figures["clicked"], figures["orders"], figures["unsubscribed"]) == (4, 3, 1)
    orders = Order.objects.filter(channel="web")
    assert Decimal(figures["revenue"]) == sum(order.total for order in orders)
    assert Decimal(figures["discount"]) == sum(order.discount for order in orders)
    # 20 % off pastry is a quarter of what is paid for it, to the cent of each order.
    assert abs(Decimal(figures["discount"]) * 4 - Decimal(figures["revenue"])) <= Decimal("0.02") * len(orders)
    json.dumps(figures)

    # Whoever left is not written to again; and a report that says something else is found out.
    monkeypatch.setattr(journey, "figures_of", tampered(journey.figures_of))
    again = travel(demo).run()
    assert (again.figures["audience"], again.figures["sent"]) == (figures["audience"], figures["sent"] - 1)
    assert [difference.split(":")[0] for difference in again.differences] == ["clicked", "revenue"]


def tampered(true):
    def figures_of(campaign):
        figures = true(campaign)
        return {**figures, "clicked": figures["clicked"] + 1, "revenue": figures["revenue"] + Decimal("0.01")}

    return figures_of


def test_without_the_demo_the_command_says_how_to_start_it():
    with pytest.raises(CommandError, match="Start the demo with: make demo"):
        call_command("demo_journey", base_url="http://127.0.0.1:9")
