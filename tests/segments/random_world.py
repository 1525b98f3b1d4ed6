"""Random people, orders and rule trees, drawn so that rules hold for some and fail for others."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tests.segments import shop
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.contacts.models import ConsentState, Contact, Topic

#: Moments that calendars trip over: new year, leap days, and the two days on which New York's clocks change.
MOMENTS = [
    datetime(2018, 1, 1, 3, tzinfo=UTC),
    datetime(2017, 2, 28, 18, tzinfo=UTC),
    datetime(2017, 3, 1, 4, 30, tzinfo=UTC),
    datetime(2016, 2, 29, 12, tzinfo=UTC),
    datetime(2017, 11, 5, 6, 30, tzinfo=UTC),
    datetime(2017, 12, 31, 23, 59, 59, 123456, tzinfo=UTC),
]
SKUS = ("A1", "B2", "C3", "D4")
CATEGORIES = {"A1": ["PASTRY"], "B2": ["PASTRY", "Brot & Käse"], "C3": ["MILK"], "D4": []}
FIRST_NAMES = ("Ann", "ÄNNE", "Straße", "İpek", "O'Neil", "50%_off", "")
CITIES = ("Zürich", "ZÜRICH", "Cincinnati", "")
LANGUAGES = ("en", "de", "de-AT", "DE", "")
WORDS = ("Gold", "blue", "Blue", "")


def world(random, now, people=30):
    return {"people": [_person(random, number, now) for number in range(people)], "segments": {}}


def _person(random, number, now):
    email = random.choice([f"User{number}@example.com", f"u{number}@Shop.test", ""])
    attributes = {
        "plan": random.choice([None, "Gold", "Blue"]),
        "motto": random.choice([None, "Carpe Diem", "straße", "STRASSE"]),
        "score": random.choice([None, Decimal("0.1"), Decimal(3), Decimal("-2.5"), 12]),
        "signed": random.choice([None, date(2016, 2, 29), date(2017, 3, 1), date(2015, 12, 31)]),
        "vip": random.choice([None, True, False]),
    }
    return {
        "key": f"k{number}",
        "email": email,
        "first_name": random.choice(FIRST_NAMES),
        "city": random.choice(CITIES),
        "language": random.choice(LANGUAGES),
        "country": random.choice(["US", "DE", ""]),
        "phone": random.choice(["+15135550123", "+16135550123", "+493012345678", ""]),
        "birthday": random.choice([None, date(2000, 2, 29), date(1980, 3, 1), date(1999, 12, 31), date(2001, 1, 1)]),
        "created_at": now - timedelta(days=random.choice([0, 1, 30, 365, 366, 1000]), seconds=random.choice([0, 1])),
        "tags": set(random.sample(["vip", "press", "käse"], random.choice([0, 0, 1, 2]))),
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "orders": [_order(random, now) for _ in range(random.choice([0, 0, 1, 1, 2, 3, 6]))],
        "consent": _consent(random),
        "activity": [_activity(random, now) for _ in range(random.choice([0, 0, 1, 3]))],
        "deleted": random.random() < 0.05,
    }


def _age(random):
    return timedelta(days=random.choice([0, 1, 10, 29, 30, 31, 90, 365, -1]), seconds=random.choice([0, 0, 1, 3600]))


def _order(random, now):
    lines = []
    for sku in random.choices(SKUS, k=random.choice([0, 1, 1, 2, 3])):
        total = random.choice([0, 1, 100, 999, 1000, 5000])
        refunded = random.choice([0, 0, 0, total])
        lines.append({"sku": sku, "total": total, "refunded": refunded, "categories": CATEGORIES[sku]})
    return {
        "placed": now - _age(random),
        "total": sum(line["total"] for line in lines),
        "refunded": sum(line["refunded"] for line in lines),
        "cancelled": random.random() < 0.15,
        "codes": set(random.sample(["SPRING", "VIP10"], random.choice([0, 0, 1, 2]))),
        "channel": random.choice(["web", "store", ""]),
        "lines": lines,
    }


def _consent(random):
    rows = []
    for channel in ("email", "sms"):
        for topic in (None, "specials"):
            if random.random() < 0.5:
                states = ["subscribed", "unsubscribed"] + ([] if topic else ["pending"])
                rows.append(
                    {
                        "channel": channel,
                        "topic": topic,
                        "state": random.choice(states),
                        "same_address": random.random() < 0.8,
                    }
                )
    return rows


def _activity(random, now):
    return {
        "type": random.choice(["email.opened", "email.clicked"]),
        "at": now - _age(random),
        "campaign": random.choice(["campaign:1", "campaign:2"]),
        "url": random.choice(["https://shop.test/a", ""]),
        "machine": random.random() < 0.3,
    }


def write(world, now):
    """The world into the mirror; returns the contacts by key."""
    for sku in SKUS:
        shop.product(sku, *CATEGORIES[sku])
    topic = Topic.objects.create(name="Specials", slug="specials")
    contacts = {}
    for one in world["people"]:
        columns = (
            "email",
            "phone",
            "first_name",
            "city",
            "language",
            "country",
            "birthday",
            "created_at",
            "attributes",
            "tags",
        )
        contact = shop.person(one["key"], **{name: one[name] for name in columns})
        contacts[one["key"]] = contact
        for number, order in enumerate(one["orders"]):
            shop.order(
                contact,
                f"{one['key']}-{number}",
                *((line["sku"], line["total"], line["refunded"]) for line in order["lines"]),
                placed_at=order["placed"],
                refunded=order["refunded"],
                cancelled=order["cancelled"],
                codes=order["codes"],
                channel=order["channel"],
            )
        for row in one["consent"]:
            own = contact.email_hash if row["channel"] == "email" else contact.phone_hash
            ConsentState.objects.create(
                contact=contact,
                channel=row["channel"],
                topic=topic if row["topic"] else None,
                state=row["state"],
                strength=1,
                address_hash=own if row["same_address"] else "another",
                changed_at=now,
            )
        Activity.objects.bulk_create(
            Activity(
                contact=contact,
                type=fact["type"],
                occurred_at=fact["at"],
                campaign_ref=fact["campaign"],
                url=fact["url"],
                machine=fact["machine"],
                dedupe=f"{one['key']}-{number}",
            )
            for number, fact in enumerate(one["activity"])
        )
        if one["deleted"]:
            Contact.objects.filter(pk=contact.pk).update(host_deleted_at=now)
            contact.refresh_from_db()
    shop.count_totals()
    return contacts


def tree(random, segments=(), depth=1, least=1):
    """Groups nested to five levels at most, and in one branch to ``least`` at least."""
    rules = []
    for place in range(random.choice([1, 1, 2, 2, 3])):
        deeper = place == 0 and depth < least
        nested = deeper or (depth < 5 and random.random() < 0.3)
        rules.append(tree(random, segments, depth + 1, least if deeper else 1) if nested else leaf(random, segments))
    return {"match": random.choice(["all", "any", "none"]), "rules": rules}


def leaf(random, segments=()):
    kinds = ["contact"] * 5 + ["orders"] * 7 + ["consent", "activity", "sample"] + (["segment"] if segments else [])
    kind = random.choice(kinds)
    if kind == "segment":
        return {"kind": kind, "params": {"id": random.choice(segments)}}
    make = {"contact": _contact_rule, "orders": _orders_rule, "consent": _consent_rule, "activity": _activity_rule}
    if kind == "sample":
        params = {"percent": random.choice([1, 12.5, 50, 99.9, 100]), "seed": random.choice(["", "spring", "ö"])}
        return {"kind": kind, "params": params}
    return {"kind": kind, "params": make[kind](random)}


TEXT = ("is", "is_not", "in", "contains", "starts_with", "is_set", "is_not_set")
ORDERED = (">", ">=", "<", "<=", "between", "is", "is_not")
FIELDS = {
    "email": (TEXT, ["user1@EXAMPLE.com", "u", "shop.test", "User"]),
    "email_domain": (TEXT, ["example.com", "SHOP.test", "ex"]),
    "first_name": (TEXT, ["änne", "ANN", "strasse", "i̇pek", "%", "_", "o'neil"]),
    "city": (TEXT, ["zürich", "cin", "Z"]),
    "language": (TEXT, ["de", "DE-at", "e", "en"]),
    "country": (TEXT, ["de", "US"]),
    "phone_country": (TEXT, ["us", "CA", "de"]),
    "birthday": ((*ORDERED, "is_set", "is_not_set", "anniversary_within_days"), ["2000-02-29", "1980-03-01"]),
    "age": ((*ORDERED, "in", "is_set", "is_not_set"), [16, 17, 18, 36, 37]),
    "created_at": (
        (">", ">=", "<", "<=", "between", "is_set", "is_not_set", "anniversary_within_days"),
        ["2017-01-01", "2016-12-02T03:00:00+00:00", "2017-03-01"],
    ),
    "tag": (("is", "is_not", "in", "is_set", "is_not_set"), ["VIP", "press", "käse", "none"]),
    "attributes.plan": (TEXT, ["Gold", "blue"]),
    "attributes.motto": (TEXT, ["carpe", "STRASSE", "Carpe Diem"]),
    "attributes.score": ((*ORDERED, "in", "is_set", "is_not_set"), [0.1, "3", -2.5, 4]),
    "attributes.signed": (
        (*ORDERED, "is_set", "is_not_set", "anniversary_within_days"),
        ["2016-02-29", "2017-03-01", "2016-01-01"],
    ),
    "attributes.vip": (("is", "is_not", "is_set", "is_not_set"), [True, False]),
}


def _contact_rule(random):
    field = random.choice(list(FIELDS))
    ops, values = FIELDS[field]
    op = random.choice(ops)
    params = {"field": field, "op": op}
    if op == "anniversary_within_days":
        params["value"] = random.choice([0, 1, 3, 31, 200, 364, 366])
    elif op == "in":
        params["value"] = random.sample(values, random.choice([1, 2]))
    elif op == "between":
        params["value"] = sorted(random.sample(values, 2), key=_sorting)
    elif op not in ("is_set", "is_not_set"):
        params["value"] = random.choice(values)
    return params


def _sorting(value):
    return (float(value), "") if not isinstance(value, str) or value.replace(".", "").isdigit() else (0, value)


def _within(random):
    return random.choice(
        [
            {"last_days": random.choice([0, 1, 29, 30, 30.5, 90])},
            {"from": "2017-10-01", "to": "2018-01-01"},
            {"from": "2016-12-02T03:00:00+00:00"},
            {"to": "2017-11-05"},
        ]
    )


def _orders_rule(random):
    measure = random.choice(
        ["count", "total", "average", "max", "days_since_first", "days_since_last", "distinct_products"]
    )
    days = measure.startswith("days")
    op = random.choice(ORDERED[:5] if days else ORDERED)
    values = [0, 1, 2, 3] if measure in ("count", "distinct_products") else [0, "0.01", "10.00", 9.99, "25.005", 50]
    if measure == "count":
        values.append(1.5)
    if days:
        values = [0, 1, 29, 30, 30.5, 90, 365]
    value = sorted(random.sample(values, 2), key=float) if op == "between" else random.choice(values)
    params = {"measure": measure, "op": op, "value": value}
    if random.random() < 0.5:
        params["within"] = _within(random)
    if random.random() < 0.6:
        every = {
            "skus": random.sample([*SKUS, "none"], random.choice([1, 2])),
            "categories": random.sample(["pastry", "BROT & KÄSE", "MILK", "none"], random.choice([1, 2])),
            "code": random.choice(["spring", "VIP10", "none"]),
            "channel": random.choice(["web", "store"]),
            "min_total": random.choice(["0.01", "10.00", "9.995"]),
        }
        params["where"] = {name: every[name] for name in random.sample(list(every), random.choice([1, 1, 2, 3]))}
    return params


def _consent_rule(random):
    params = {
        "channel": random.choice(["email", "sms"]),
        "state": random.choice(["subscribed", "unsubscribed", "never", "pending"]),
    }
    if random.random() < 0.4:
        params["topic"] = "specials"
    return params


def _activity_rule(random):
    measure = random.choice(["count", "days_since_last"])
    op = random.choice(ORDERED[:4] if measure == "days_since_last" else (*ORDERED[:4], "is", "is_not"))
    params = {
        "type": random.choice(["email.opened", "email.clicked", "nothing"]),
        "measure": measure,
        "op": op,
        "value": random.choice([0, 1, 2, 30]),
    }
    if random.random() < 0.4:
        params["within"] = _within(random)
    if random.random() < 0.3:
        params["where"] = {"campaign": random.choice([1, 2])}
    return params
