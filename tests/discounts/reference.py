"""A second engine, slow and plain: an object per unit, every set, every assignment of every unit.

It shares no code with the first beyond reading JSON by eye, so that the two can only agree by being right.
"""

from fractions import Fraction
from itertools import combinations, product
from math import floor

LANES = ["product", "order", "shipping"]


def cents(text):
    return round(Fraction(text) * 100)


def half_up(value):
    return floor(value + Fraction(1, 2))


def matches(products, line):
    if line["sku"] in products.get("exclude_skus", ()) or set(line["categories"]) & set(
        products.get("exclude_categories", ())
    ):
        return False
    if not products.get("skus") and not products.get("categories"):
        return True
    return line["sku"] in products.get("skus", ()) or bool(set(line["categories"]) & set(products["categories"]))


def split(total, units):
    """units: (weight, room, sort key). Largest remainder, what has no room passes on."""
    shares = {key: 0 for _, _, key in units}
    open_units = [unit for unit in units if unit[0] and unit[1]]
    total = min(total, sum(room for _, room, _ in open_units))
    while total and open_units:
        whole = sum(weight for weight, _, _ in open_units)
        exact = {key: Fraction(total * weight, whole) for weight, _, key in open_units}
        full = [unit for unit in open_units if exact[unit[2]] >= unit[1]]
        if not full:
            for key, value in exact.items():
                shares[key] = floor(value)
            left = total - sum(floor(value) for value in exact.values())
            for key in sorted(exact, key=lambda key: (-(exact[key] - floor(exact[key])), key))[:left]:
                shares[key] += 1
            break
        for _, room, key in full:
            shares[key] = room
            total -= room
        open_units = [unit for unit in open_units if unit not in full]
    return shares


def joinable(a, b):
    if a.get("exclusive") or b.get("exclusive"):
        return False
    if a.get("group") and a.get("group") == b.get("group"):
        return False
    if a["lane"] != b["lane"]:
        return b["lane"] in a["combines_with"] and a["lane"] in b["combines_with"]
    return a["lane"] == "product" or (a["lane"] in a["combines_with"] and b["lane"] in b["combines_with"])


def dearest(pieces, most):
    with_room = sorted((p for p in pieces if p[1]), key=lambda p: (-p[0], p[2]))
    return pieces if most is None else sorted(with_room[:most], key=lambda p: p[2])


def percentage(discount, value, pieces, lines):
    value, shares, parts = Fraction(value) / 100, {}, [pieces]
    if discount["lane"] == "product":
        parts = [[p for p in pieces if p[2][0] == line] for line in lines]
    for part in parts:
        shares |= split(half_up(value * sum(weight for weight, _, _ in part)), part)
    return shares


def percentage_benefit(discount, params, pieces, most, lines, left, amount):
    if discount["lane"] == "product":
        pieces = dearest(pieces, most)
    return percentage(discount, params["value"], pieces, lines)


def fixed_amount(discount, params, pieces, most, lines, left, amount):
    if params.get("per") == "unit":
        return {key: min(cents(params["amount"]), room) for _, room, key in dearest(pieces, most)}
    return split(cents(params["amount"]), pieces)


def fixed_price(discount, params, pieces, most, lines, left, amount):
    price = cents(params["price"])
    return {key: min(max(weight - price, 0), room) for weight, room, key in dearest(pieces, most)}


def bundle_price(discount, params, pieces, most, lines, left, amount):
    ordered = sorted((p for p in pieces if p[1]), key=lambda p: (-p[0], p[2]))
    shares, made = {}, 0
    while len(ordered) >= params["quantity"] and made != most:
        bundle, ordered = ordered[: params["quantity"]], ordered[params["quantity"] :]
        saved = sum(weight for weight, _, _ in bundle) - cents(params["price"])
        if saved <= 0:
            break
        shares |= split(saved, bundle)
        made += 1
    return shares


def buy_x_get_y(discount, params, pieces, most, lines, left, amount):
    buy, get = params["buy"], params["get"]
    may_buy = {key for _, _, key in pieces if matches(buy.get("products", {}), lines[key[0]])}
    may_get = sorted(p for p in pieces if p[1] and matches(get.get("products", {}), lines[p[2][0]]))
    limits = [limit for limit in (most, params.get("repeat"), len(pieces)) if limit is not None]
    for times in range(min(limits), 0, -1):
        given = []
        for piece in may_get:
            rest = may_buy - {key for _, _, key in [*given, piece]}
            if len(given) < times * get["quantity"] and len(rest) >= times * buy["quantity"]:
                given.append(piece)
        if len(given) == times * get["quantity"]:
            if "amount_off" in get:
                return {key: min(cents(get["amount_off"]), room) for _, room, key in given}
            value, shares = Fraction(get["percent_off"]) / 100, {}
            for line in lines:
                part = [p for p in given if p[2][0] == line]
                shares |= split(half_up(value * sum(weight for weight, _, _ in part)), part)
            return shares
    return {}


def tiered_spend(discount, params, pieces, most, lines, left, amount):
    spent = sum(amount(key) for key in left if matches(params.get("products", {}), lines[key[0]]))
    reached = [tier for tier in params["tiers"] if cents(tier["from"]) <= spent]
    if not reached:
        return {}
    tier = max(reached, key=lambda tier: cents(tier["from"]))
    if "percent" in tier:
        return percentage(discount, tier["percent"], pieces, lines)
    return split(cents(tier["amount"]), pieces)


def tiered_quantity(discount, params, pieces, most, lines, left, amount):
    units = sum(matches(params.get("products", {}), lines[key[0]]) for key in left)
    reached = [tier for tier in params["tiers"] if tier["from"] <= units]
    if not reached:
        return {}
    value = max(reached, key=lambda tier: tier["from"])["percent"]
    return percentage_benefit(discount, {"value": value}, pieces, most, lines, left, amount)


BENEFITS = {
    "percentage": percentage_benefit,
    "fixed_amount": fixed_amount,
    "fixed_price": fixed_price,
    "bundle_price": bundle_price,
    "buy_x_get_y": buy_x_get_y,
    "tiered_spend": tiered_spend,
    "tiered_quantity": tiered_quantity,
}


def touches(discount, line, all_lines):
    """Whether a discount may use units of a line."""
    params = discount["benefit"]["params"]
    if discount["benefit"]["kind"] != "buy_x_get_y":
        return matches(params.get("products", {}), line)
    filters = [params[side].get("products", {}) for side in ("buy", "get")]
    if not all(any(matches(products, other) for other in all_lines) for products in filters):
        return False
    return any(matches(products, line) for products in filters)


def take(discount, cart, left, mine):
    """What a discount takes off each unit, or None."""
    original = discount.get("base") == "original"
    lines = {line["id"]: line for line in cart["lines"]}

    def amount(key):
        return cents(lines[key[0]]["unit_price"]) if original else left[key]

    for rule in discount["conditions"]["rules"]:
        products = rule["params"].get("products", {})
        covered = [key for key in left if matches(products, lines[key[0]])]
        if rule["kind"] == "min_spend" and sum(amount(key) for key in covered) < cents(rule["params"]["amount"]):
            return None
        if rule["kind"] == "min_quantity" and len(covered) < rule["params"]["quantity"]:
            return None
    kind, params = discount["benefit"]["kind"], discount["benefit"]["params"]
    most = discount.get("max_applications")
    if kind == "buy_x_get_y":
        pieces = [(amount(key), left[key], key) for key in mine]
    else:
        pieces = [(amount(key), left[key], key) for key in mine if original or left[key]]
    shares = BENEFITS[kind](discount, params, pieces, most, lines, left, amount)
    cap = discount.get("max_discount")
    if cap is not None and sum(shares.values()) > cents(cap):
        shares = split(cents(cap), [(share, share, key) for key, share in shares.items()])
    return shares if sum(shares.values()) else None


def best(cart, discounts):
    """(saved, ids) of the set that saves most."""
    lines = {line["id"]: line for line in cart["lines"]}
    units = [(line["id"], n) for line in cart["lines"] for n in range(line["quantity"])]
    start = {key: cents(lines[key[0]]["unit_price"]) for key in units}
    found = [((0, 1 << 62, 0, []), [])]
    for size in range(1, len(discounts) + 1):
        for members in combinations(discounts, size):
            if not all(joinable(a, b) for a, b in combinations(members, 2)):
                continue
            ordered = sorted(members, key=lambda d: (LANES.index(d["lane"]), -d["priority"], d["id"]))
            in_products = [d["id"] for d in ordered if d["lane"] == "product"]
            sharing = [d["id"] for d in ordered if d["lane"] == "product" and "product" in d["combines_with"]]
            options = []
            for key in units:
                wanting = [
                    d["id"] for d in ordered if d["id"] in in_products and touches(d, lines[key[0]], cart["lines"])
                ]
                claims = [(one,) for one in wanting if one not in sharing]
                together = tuple(one for one in wanting if one in sharing)
                options.append(claims + [together] if together else claims or [()])
            for assignment in product(*options):
                saved = attempt(cart, ordered, units, start, lines, dict(zip(units, assignment, strict=True)))
                if saved is not None:
                    rank = (-saved, -max(d["priority"] for d in members), size, sorted(d["id"] for d in members))
                    found.append((rank, rank[3]))
    (saved, *_), ids = min(found, key=lambda entry: entry[0])
    return -saved, ids


def attempt(cart, ordered, units, start, lines, assignment):
    left, saved = dict(start), 0
    for discount in ordered:
        mine = [key for key in units if touches(discount, lines[key[0]], cart["lines"])]
        if discount["lane"] == "product":
            mine = [key for key in mine if discount["id"] in assignment[key]]
        shares = take(discount, cart, left, mine)
        if shares is None:
            return None
        for key, share in shares.items():
            left[key] -= share
            saved += share
    return saved
