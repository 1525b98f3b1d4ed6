"""The main job from end to end, and at each step a second opinion.

Editor (services) -> worker -> SMTP server -> customer's browser -> checkout -> report. Each figure of
the report is held against what somebody else counted: the SMTP server its mails, the shop its orders.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shop.demo import plan
from shop.demo.plan import NotReady, Plan
from shop.demo.report import figures_of
from shop.demo.visitor import Visitor, parse
from shop.mailstore import Mail, MailStore
from wagtail_marketing.campaigns import selectors as campaign_selectors
from wagtail_marketing.campaigns import services as campaigns
from wagtail_marketing.core import tasks
from wagtail_marketing.messaging.models import SendState

CLICKERS, BUYERS = 6, 4
PATIENCE = 120
"""Seconds to wait for the worker before giving up."""
NOT_A_SCANNER = 2.5
"""Seconds to wait before the first click: one that comes at once is taken for a mail scanner's."""


@dataclass(slots=True)
class Outcome:
    figures: dict[str, Any]
    differences: list[str] = field(default_factory=list)


class Journey:
    """One run. `drive` is called while waiting for the worker: in tests it is the worker."""

    def __init__(
        self,
        *,
        base_url: str,
        store: MailStore,
        drive: Callable[[], Any] = lambda: time.sleep(0.5),
        say: Callable[[str], Any] = lambda text: None,
        clickers: int = CLICKERS,
        buyers: int = BUYERS,
    ) -> None:
        self.base_url, self.store, self.drive, self.say = base_url.rstrip("/"), store, drive, say
        self.clickers, self.buyers = clickers, buyers
        self.differences: list[str] = []

    def run(self) -> Outcome:
        began = time.monotonic()
        seen = set(self.store.names())
        self.say("Editor: segment, code, e-mail, campaign, review, test mail")
        made = plan.build()
        campaigns.launch_campaign(campaign=made.campaign)
        self.say("Worker: sending")
        self._await("the worker to send", lambda: self._sent(made))
        mails = self._received(made, seen)
        self._check_mails(made, mails)
        self.say(f"Customers: {self.clickers} click, {self.buyers} of them buy, one leaves")
        time.sleep(NOT_A_SCANNER)
        people = [mails[address] for address in sorted(mails)]
        if len(people) <= self.clickers:
            raise NotReady(f"Only {len(people)} people got the e-mail; load more households.")
        for place, mail in enumerate(people[: self.clickers]):
            self._click(mail, buys=place < self.buyers, made=made)
        self._leave(people[self.clickers], made)
        self.say("Report: waiting for the credit of the orders")
        orders = plan.shop_orders(made.code)
        tasks.wake()
        self._await("the report to know the orders", lambda: figures_of(made.campaign)["orders"] >= len(orders))
        figures = figures_of(made.campaign)
        self._compare(made, figures, mails, orders)
        figures = {**figures, "received": len(mails), "seconds": round(time.monotonic() - began, 1)}
        names = ("audience", "sent", "received", "clicked", "orders", "revenue", "discount", "roi", "unsubscribed")
        return Outcome({name: _plain(figures[name]) for name in (*names, "seconds")}, self.differences)

    # --- What happens ------------------------------------------------------------------------------

    def _await(self, what: str, done: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > until:
                raise NotReady(f"Waited {PATIENCE} seconds for {what} in vain. Is the demo's worker running?")
            self.drive()

    def _sent(self, made: Plan) -> bool:
        sends = [message.send for message in made.campaign.messages.select_related("send")]
        return all(send is not None and send.state == SendState.DONE for send in sends)

    def _received(self, made: Plan, seen: set[str]) -> dict[str, Mail]:
        """The mails of this campaign that the SMTP server has, by recipient."""
        mails: dict[str, Mail] = {}
        for name in self.store.names():
            mail = self.store.get(name) if name not in seen else None
            if mail is None or str(mail.message["Subject"]) != made.subject:
                continue
            for address in mail.recipients:
                if address in mails:
                    self.differences.append(f"{address} got the e-mail twice")
                mails[address] = mail
        return mails

    def _click(self, mail: Mail, *, buys: bool, made: Plan) -> None:
        """Open the mail's button in a browser of one's own, and perhaps buy pastry with the code."""
        visitor = Visitor()
        link = next((url for url, words in parse(mail.html)[0] if words == plan.BUTTON), "")
        shelf = visitor.get(link) if link else None
        if shelf is None or shelf.status != 200 or not shelf.url.startswith(f"{self.base_url}/products/"):
            raise NotReady(f"The button of {mail.recipients[0]}'s mail leads to {shelf and (shelf.status, shelf.url)}")
        if not buys:
            return
        account = visitor.get(f"{self.base_url}/account/")
        visitor.submit(account, account.form("log-in"), email=mail.recipients[0])
        visitor.submit(shelf, shelf.form("/cart/add/"), quantity="4")
        checkout = visitor.get(f"{self.base_url}/checkout/")
        done = visitor.submit(checkout, checkout.form("checkout"), action="place")
        if done.status != 200 or "/orders/thanks/" not in done.url:
            raise NotReady(f"The checkout of {mail.recipients[0]} ended with {done.status} at {done.url}")
        if made.code not in done.text:
            self.differences.append(f"{mail.recipients[0]} paid without the code")

    def _leave(self, mail: Mail, made: Plan) -> None:
        """Unsubscribe as a mail provider does it (RFC 8058): one POST, no cookie, nothing to confirm."""
        if str(mail.message["List-Unsubscribe-Post"]) != "List-Unsubscribe=One-Click":
            self.differences.append("The e-mail offers no one-click unsubscribing")
        found = re.search(r"<(https?://[^>]+)>", str(mail.message["List-Unsubscribe"]))
        answer = Visitor().post(found[1], {"List-Unsubscribe": "One-Click"}) if found else None
        if answer is None or answer.status != 200:
            raise NotReady(f"One-click unsubscribing answered {answer and answer.status}")
        reach = campaign_selectors.review(made.campaign).reach
        if reach is None or reach.reachable != made.reachable - 1:
            self.differences.append(f"After one left, {reach and reach.reachable} can be reached, not one fewer")

    # --- Second opinions ---------------------------------------------------------------------------

    def _check_mails(self, made: Plan, mails: dict[str, Mail]) -> None:
        made.campaign.state.refresh_from_db()
        audience = plan.shop_audience(made.campaign.state.launched_at)
        for address in mails:
            customer = audience.get(address)
            if customer is None:
                self.differences.append(f"{address} got the e-mail and is not in the audience by the shop's tables")
            elif not customer.news_by_email:
                self.differences.append(f"{address} got the e-mail and never asked for news")
        if len(mails) != made.reachable:
            self.differences.append(f"received: the review promised {made.reachable}, the SMTP server has {len(mails)}")
        self.audience = len(audience)

    def _compare(self, made: Plan, figures: dict[str, Any], mails: dict[str, Mail], orders: list[Any]) -> None:
        revenue = sum((order.total - order.refunded for order in orders), Decimal(0))
        cost = Decimal(plan.COST)
        if len(orders) != self.buyers:
            self.differences.append(f"orders: {self.buyers} people bought, the shop has {len(orders)} orders")
        expected = {
            "audience": ("the shop's tables", self.audience),
            "sent": ("the SMTP server", len(mails)),
            "clicked": ("the browsers", self.clickers),
            "orders": ("the shop's tables", len(orders)),
            "revenue": ("the shop's tables", revenue),
            "discount": ("the shop's tables", sum((order.discount for order in orders), Decimal(0))),
            "roi": ("the shop's tables", ((revenue - cost) / cost).quantize(Decimal("0.0001"))),
            "unsubscribed": ("the browsers", 1),
        }
        for name, (who, value) in expected.items():
            if figures[name] != value:
                self.differences.append(f"{name}: the report says {figures[name]}, {who} {value}")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def tell(outcome: Outcome) -> Iterator[str]:
    """The figures, a line each."""
    for name, value in outcome.figures.items():
        yield f"{name:>13}  {value}"
