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
    params = discount["benefit"]["params"]
    shares = {}
    pieces = [(amount(key), left[key], key) for key in mine if left[key]]
    if discount["benefit"]["kind"] == "percentage":
        value = Fraction(params["value"]) / 100
        parts = [pieces]
        if discount["lane"] == "product":
            parts = [[p for p in pieces if p[2][0] == line] for line in lines]
        for part in parts:
            shares |= split(half_up(value * sum(weight for weight, _, _ in part)), part)
    elif params.get("per") == "unit":
        shares = {key: min(cents(params["amount"]), room) for _, room, key in pieces}
    else:
        shares = split(cents(params["amount"]), pieces)
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
                    d["id"]
                    for d in ordered
                    if d["id"] in in_products and matches(d["benefit"]["params"].get("products", {}), lines[key[0]])
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
        products = discount["benefit"]["params"].get("products", {})
        mine = [key for key in units if matches(products, lines[key[0]])]
        if discount["lane"] == "product":
            mine = [key for key in mine if discount["id"] in assignment[key]]
        shares = take(discount, cart, left, mine)
        if shares is None:
            return None
        for key, share in shares.items():
            left[key] -= share
            saved += share
    return saved
