"""``list``, ``discount`` and ``campaign`` on random people: SQL, the check in memory and a naive reading agree."""

import json
import os
from datetime import datetime, timedelta
from random import Random

import pytest

from tests.segments import naive, random_world
from tests.segments.shop import order, person
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.contacts.models import ContactList, ListMembership
from wagtail_marketing.discounts.models import Code, Discount, DiscountVersion, Redemption, RedemptionState
from wagtail_marketing.messaging.models import Message, MessageEvent, Send
from wagtail_marketing.segments.compiler import contacts_of, explain
from wagtail_marketing.segments.engine.tree import moment_at, parse
from wagtail_marketing.segments.registry import Facts

pytestmark = pytest.mark.django_db
TREES = int(os.environ.get("WM_DIFFERENTIAL_TREES", "50"))
AGES = [timedelta(days=days, seconds=seconds) for days in (0, 1, 6, 7, 8, 30, -1) for seconds in (0, 1)]


def draw(random: Random, now: datetime) -> dict:
    """One person: lists, redemptions ``(discount, code, at, reversed)``, codes, messages, events, orders."""
    times = random.choice
    return {
        "lists": set(random.sample([0, 1], times([0, 0, 1, 2]))),
        "used": [
            (times([0, 1]), times(["ONE", "TWO", None]), now - times(AGES), random.random() < 0.2)
            for _ in range(times([0, 0, 1, 2]))
        ],
        "codes": [
            {
                "discount": times([0, 1]),
                "active": random.random() < 0.8,
                "expires": times([None, now + timedelta(seconds=1), now, now - timedelta(days=1)]),
                "used": times([None, None, "yes", "reversed"]),
            }
            for _ in range(times([0, 0, 1, 2]))
        ],
        "messages": [
            {
                "campaign": number,
                "sent": random.random() < 0.8,
                "at": now - times(AGES),
                "events": [
                    (times(["open", "click", "unsubscribe"]), random.random() < 0.3, now - times(AGES))
                    for _ in range(times([0, 0, 1, 2]))
                ],
            }
            for number in random.sample([0, 1, 2], times([0, 1, 1, 2]))
        ],
        "orders": [(now - times(AGES), random.random() < 0.2) for _ in range(times([0, 0, 1, 2]))],
    }


def write(world: dict, now: datetime) -> dict:
    """The drawn people as rows; the third send is nobody's campaign."""
    stamps = {"created_at": now, "updated_at": now}
    ends = (None, now + timedelta(seconds=1))
    world["discounts"] = [
        Discount.objects.create(name=f"D{n}", currency="USD", needs_code=True, ends_at=ends[n], **stamps)
        for n in range(2)
    ]
    versions = [
        DiscountVersion.objects.create(discount=one, number=1, rules={}, created_at=now) for one in world["discounts"]
    ]
    shared = {
        (n, word): Code.objects.create(discount=one, code=f"{word}-{n}", normalised=f"{word}-{n}", created_at=now)
        for n, one in enumerate(world["discounts"])
        for word in ("ONE", "TWO")
    }
    world["campaigns"] = [Campaign.objects.create(name=f"C{n}", **stamps) for n in range(2)]
    refs = [campaign.ref for campaign in world["campaigns"]] + ["welcome:1"]
    sends = [
        Send.objects.create(
            name=ref, channel="email", content={}, message_class="marketing", source_ref=ref, created_at=now
        )
        for ref in refs
    ]
    world["lists"] = [ContactList.objects.create(name=f"L{n}", created_at=now) for n in range(2)]
    contacts, count = {}, 0
    for key, one in world["people"].items():
        contact = contacts[key] = person(key)
        for number in one["lists"]:
            ListMembership.objects.create(contact_list=world["lists"][number], contact=contact, added_at=now)
        for number, word, at, undone in one["used"]:
            count += 1
            Redemption.objects.create(
                order_ref=f"r{count}", discount=world["discounts"][number], version=versions[number], contact=contact,
                code=shared[number, word] if word else None, amount_minor=1, currency="USD", redeemed_at=at,
                state=RedemptionState.REVERSED if undone else RedemptionState.APPLIED,
            )  # fmt: skip
        for own in one["codes"]:
            count += 1
            code = Code.objects.create(
                discount=world["discounts"][own["discount"]], code=f"OWN{count}", normalised=f"OWN{count}",
                contact=contact, active=own["active"], expires_at=own["expires"], created_at=now,
            )  # fmt: skip
            if own["used"]:
                # By somebody who is not in the shop any more: who used it does not matter, that it was does.
                Redemption.objects.create(
                    order_ref=f"o{count}", discount=code.discount, version=versions[own["discount"]], code=code,
                    contact=None, amount_minor=1, currency="USD", redeemed_at=now,
                    state=RedemptionState.APPLIED if own["used"] == "yes" else RedemptionState.REVERSED,
                )  # fmt: skip
        for sent in one["messages"]:
            message = Message.objects.create(
                send=sends[sent["campaign"]], contact=contact, address=contact.email, settled_at=sent["at"],
                state="sent" if sent["sent"] else "failed",
            )  # fmt: skip
            for kind, machine, at in sent["events"]:
                MessageEvent.objects.create(
                    send=message.send, message=message, type=kind, machine=machine, occurred_at=at
                )
        for number, (at, cancelled) in enumerate(one["orders"]):
            order(contact, f"{key}-{number}", placed_at=at, cancelled=cancelled)
    return contacts


def holds(kind: str, params: dict, one: dict, world: dict, now: datetime) -> bool:
    if kind == "list":
        return [row.pk for row in world["lists"]].index(params["id"]) in one["lists"]
    if kind == "discount":
        wanted = params.get("discount")
        numbers = [n for n, row in enumerate(world["discounts"]) if wanted in (None, row.pk)]
        if params["what"] == "used":
            return any(
                not undone and number in numbers and naive.inside(params.get("within"), at, now)
                and (not params.get("code") or (word and f"{word}-{number}" == params["code"].upper()))
                for number, word, at, undone in one["used"]
            )  # fmt: skip
        return any(
            own["active"] and own["used"] != "yes" and own["discount"] in numbers
            and (own["expires"] is None or own["expires"] > now)
            for own in one["codes"]
        )  # fmt: skip
    campaigns = [n for n, row in enumerate(world["campaigns"]) if params.get("id") in (None, row.pk)]
    mine = [sent for sent in one["messages"] if sent["campaign"] in campaigns]
    times = {
        "received": lambda: [sent["at"] for sent in mine if sent["sent"]],
        "opened": lambda: [at for sent in mine for what, robot, at in sent["events"] if what == "open" and not robot],
        "clicked": lambda: [at for sent in mine for what, robot, at in sent["events"] if what == "click" and not robot],
        "bought": lambda: [
            at
            for at, cancelled in one["orders"]
            for sent in mine
            if sent["sent"] and not cancelled
            and timedelta() <= at - sent["at"] <= timedelta(days=params.get("days", 7))
        ],
    }[params["did"]]()  # fmt: skip
    return any(naive.inside(params.get("within"), at, now) for at in times)


def chosen(rules: dict, one: dict, world: dict, now: datetime) -> bool:
    found = [
        chosen(rule, one, world, now) if "rules" in rule else holds(rule["kind"], rule["params"], one, world, now)
        for rule in rules["rules"]
    ]
    return {"all": all(found), "any": any(found), "none": not any(found)}[rules["match"]]


def leaf(random: Random, world: dict) -> dict:
    kind = random.choice(["list", "discount", "discount", "campaign", "campaign"])
    if kind == "list":
        return {"kind": kind, "params": {"id": random.choice(world["lists"]).pk}}
    params: dict = {}
    within = {"last_days": random.choice([0, 1, 7, 30])}
    if kind == "discount":
        params["what"] = random.choice(["used", "has_unused_code"])
        if random.random() < 0.5:
            params["discount"] = random.choice(world["discounts"]).pk
        if params["what"] == "used":
            params |= {"within": within} if random.random() < 0.5 else {}
            params |= {"code": random.choice(["one-0", "TWO-1", "NONE"])} if random.random() < 0.3 else {}
        return {"kind": kind, "params": params}
    params["did"] = random.choice(["received", "opened", "clicked", "bought"])
    if random.random() < 0.6:
        params["id"] = random.choice(world["campaigns"]).pk
    if random.random() < 0.4:
        params["within"] = within
    if params["did"] == "bought" and random.random() < 0.5:
        params["days"] = random.choice([1, 6, 30])
    return {"kind": kind, "params": params}


def tree(random: Random, world: dict, depth: int = 1) -> dict:
    rules = [
        tree(random, world, depth + 1) if depth < 4 and random.random() < 0.3 else leaf(random, world)
        for _ in range(random.choice([1, 2, 3]))
    ]
    return {"match": random.choice(["all", "any", "none"]), "rules": rules}


@pytest.mark.parametrize("number", [0, 3, 5])
def test_three_readings_agree(number):
    random = Random(f"more kinds {number} {os.environ.get('WM_DIFFERENTIAL_SEED', '')}")  # noqa: S311
    now = random_world.MOMENTS[number]
    world = {"people": {f"k{n}": draw(random, now) for n in range(25)}}
    contacts = write(world, now)
    moment = moment_at(now)
    facts = {key: Facts(contact) for key, contact in contacts.items()}
    sizes = set()
    for _ in range(TREES):
        rules = tree(random, world)
        shown = json.dumps(rules)
        expected = {key for key, one in world["people"].items() if chosen(rules, one, world, now)}
        assert set(contacts_of(rules, now=now).values_list("external_key", flat=True)) == expected, shown
        parsed = parse(rules, moment)
        assert {key for key, one in facts.items() if explain(parsed, one, moment).holds} == expected, shown
        few = random.sample(sorted(contacts), 3)
        pushed = contacts_of(rules, now=now, contact_ids=[contacts[key].pk for key in few])
        assert set(pushed.values_list("external_key", flat=True)) == expected & set(few), shown
        sizes.add(len(expected))
    assert len(sizes) >= min(10, TREES // 5)
