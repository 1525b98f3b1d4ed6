"""A second reading of segments.md, over plain dicts: slow, obvious, and without a line of the package.

A world is ``{"people": [...], "segments": {id: {"rules", "always", "never", "members"}}}``; ``members`` is None
where a segment is active. ``chosen(rules, world, now)`` is the set of keys.
"""

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")


def chosen(rules, world, now):
    return {one["key"] for one in world["people"] if not one["deleted"] and group(rules, one, world, now)}


def group(rules, one, world, now):
    found = [(group if "rules" in rule else leaf)(rule, one, world, now) for rule in rules["rules"]]
    if rules["match"] == "all":
        return False not in found
    return (True in found) == (rules["match"] == "any")


def leaf(rule, one, world, now):
    params = rule["params"]
    if rule["kind"] == "segment":
        return in_segment(world["segments"][params["id"]], one, world, now)
    if rule["kind"] == "sample":
        digest = hashlib.md5((params["seed"] + one["key"]).encode()).hexdigest()  # noqa: S324
        return int(digest[:8], 16) / 2**32 < params["percent"] / 100
    return {"contact": contact, "orders": orders, "consent": consent, "activity": activity}[rule["kind"]](
        params, one, now
    )


def in_segment(segment, one, world, now):
    """A pin first, then the members of what is switched off, then the rules."""
    if one["key"] in segment["always"] | segment["never"]:
        return one["key"] in segment["always"]
    if segment["members"] is not None:
        return one["key"] in segment["members"]
    return group(segment["rules"], one, world, now)


def when(text):
    """A date is midnight in the shop, a time has its offset."""
    if len(text) == 10:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)
    return datetime.fromisoformat(text)


def compare(op, actual, value):
    if op == "is_not":
        return actual is None or actual != value
    if op == "is_not_set":
        return actual is None
    if actual is None:
        return False
    return {
        "is": lambda: actual == value,
        "is_set": lambda: True,
        "in": lambda: actual in value,
        "contains": lambda: value in actual,
        "starts_with": lambda: actual[: len(value)] == value,
        ">": lambda: actual > value,
        ">=": lambda: not actual < value,
        "<": lambda: actual < value,
        "<=": lambda: not actual > value,
        "between": lambda: not actual < value[0] and not actual > value[1],
    }[op]()


def each(value, convert):
    if value is None:
        return None
    return [convert(item) for item in value] if isinstance(value, list) else convert(value)


def birthday_in(day, now, within):
    """Walk through the calendar, day by day."""
    today = now.astimezone(ZONE).date()
    for step in range(within + 1):
        that = today + timedelta(days=step)
        if (that.month, that.day) == (day.month, day.day):
            return True
        yesterday = that - timedelta(days=1)
        if (day.month, day.day, that.month, that.day) == (2, 29, 3, 1) and yesterday.day == 28:
            return True
    return False


def contact(params, one, now):
    field, op, value = params["field"], params["op"], params.get("value")
    if field == "tag":
        has = one["tags"]
        return {
            "is": lambda: value.lower() in has,
            "is_not": lambda: value.lower() not in has,
            "in": lambda: bool(has & {item.lower() for item in value}),
            "is_set": lambda: len(has) > 0,
            "is_not_set": lambda: len(has) == 0,
        }[op]()
    if field.startswith("attributes."):
        actual = one["attributes"].get(field.removeprefix("attributes."))
    elif field == "email_domain":
        actual = one["email"].partition("@")[2]
    elif field == "phone_country":
        actual = {"+1513": "US", "+1613": "CA", "+4930": "DE", "": ""}[one["phone"][:5]]
    elif field == "age":
        actual = None
        if one["birthday"]:
            today, born = now.astimezone(ZONE).date(), one["birthday"]
            actual = sum(1 for year in range(born.year + 1, today.year + 1) if had_birthday(born, year, today))
    else:
        actual = one[field]
    if op == "anniversary_within_days":
        if isinstance(actual, datetime):
            actual = actual.astimezone(ZONE).date()
        return actual is not None and birthday_in(actual, now, value)
    if isinstance(actual, bool):
        pass
    elif isinstance(actual, str):
        actual = actual.casefold() or None
        value = each(value, str.casefold)
    elif isinstance(actual, datetime):
        value = each(value, when)
    elif isinstance(actual, date):
        value = each(value, date.fromisoformat)
    elif isinstance(actual, Decimal | int):
        value = each(value, lambda item: Decimal(str(item)))
    return compare(op, actual, value)


def had_birthday(born, year, today):
    try:
        return born.replace(year=year) <= today
    except ValueError:
        return date(year, 3, 1) <= today


def inside(within, time, now):
    if not within:
        return True
    if "last_days" in within:
        return timedelta() <= now - time <= timedelta(days=within["last_days"])
    return (not within.get("from") or time >= when(within["from"])) and (
        not within.get("to") or time < when(within["to"])
    )


def orders(params, one, now):
    where = params.get("where", {})
    skus, categories = where.get("skus"), where.get("categories")
    counted = []
    for order in one["orders"]:
        net = order["total"] - order["refunded"]
        if order["cancelled"] or not inside(params.get("within"), order["placed"], now):
            continue
        if where.get("code") and where["code"].upper() not in order["codes"]:
            continue
        if where.get("channel") and where["channel"] != order["channel"]:
            continue
        if where.get("min_total") and net < Decimal(where["min_total"]) * 100:
            continue
        lines = order["lines"]
        if skus:
            lines = [line for line in lines if line["sku"] in skus]
        if categories:
            wanted = [name.lower() for name in categories]
            lines = [line for line in lines if any(name.lower() in wanted for name in line["categories"])]
        if skus or categories:
            if not lines:
                continue
            net = sum(line["total"] - line["refunded"] for line in lines)
        counted.append((order["placed"], net, lines))
    money = [net for _placed, net, _lines in counted]
    placed = [at for at, _net, _lines in counted]
    products = {line["sku"] for _at, _net, lines in counted for line in lines}
    measure = params["measure"]
    value = each(params["value"], lambda item: Fraction(str(item)))
    if measure in ("total", "average", "max"):
        value = each(value, lambda item: item * 100)
    if measure.startswith("days"):
        value = each(value, lambda item: timedelta(days=float(item)))
    actual = {
        "count": lambda: len(counted),
        "total": lambda: sum(money),
        "average": lambda: Fraction(sum(money), len(money)) if money else None,
        "max": lambda: max(money, default=None),
        "distinct_products": lambda: len(products) or None,
        "days_since_first": lambda: now - min(placed) if placed else None,
        "days_since_last": lambda: now - max(placed) if placed else None,
    }[measure]()
    return compare(params["op"], actual, tuple(value) if isinstance(value, list) else value)


def consent(params, one, now):
    state = "never"
    rows = [row for row in one["consent"] if row["channel"] == params["channel"]]
    for row in rows:
        if row["topic"] is None and row["state"] != "unsubscribed" and row["same_address"]:
            state = row["state"]
    for row in rows:
        if row["state"] == "unsubscribed" and row["topic"] in (None, params.get("topic")):
            state = "unsubscribed"
    return state == params["state"]


def activity(params, one, now):
    where = params.get("where", {})
    times = [
        fact["at"]
        for fact in one["activity"]
        if fact["type"] == params["type"]
        and not fact["machine"]
        and inside(params.get("within"), fact["at"], now)
        and (not where.get("campaign") or fact["campaign"] == f"campaign:{where['campaign']}")
        and (not where.get("url") or fact["url"] == where["url"])
    ]
    if params["measure"] == "count":
        return compare(params["op"], len(times), params["value"])
    value = each(params["value"], lambda item: timedelta(days=item))
    return compare(params["op"], now - max(times) if times else None, value)
