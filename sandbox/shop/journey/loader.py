"""Writes the data set into the shop's tables: in batches, in bounded memory, safe to run again.

An order and its lines are written in one transaction, so an order that is there is complete: a
second run, or one after a crash, adds only what is missing and leaves what the shop changed since
(a price, a cancelled order, a household that wants no news any more) alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from shop.journey import rules
from shop.journey.catalogue import load_products
from shop.journey.rows import BASKETS_AT_ONCE, ROWS_AT_ONCE, Loaded, Progress, Survey, batches, dollars
from shop.journey.source import DEMOGRAPHICS, Source
from shop.models import Customer, Order, OrderLine, Store


def load(
    source: Source,
    *,
    households: int | None = None,
    shift: bool = True,
    today: date | None = None,
    whole_catalogue: bool = False,
    progress: Progress = lambda *_: None,
) -> Loaded:
    """Load `source`, or its first `households` in sampling order, into the shop.

    With `shift`, all times get the same number of whole days so that the last order falls on the
    day before `today` (UTC; default: today). Orders of an earlier load are moved along with them.
    `whole_catalogue` also loads products that nobody bought; they are not on sale, for want of a
    price.
    """
    started = monotonic()
    chosen = source.households()[:households]
    survey = _survey(source, set(chosen), progress)
    result = Loaded(households=len(chosen))
    if survey.last is not None:
        delta = _shift(survey, shift=shift, today=today or timezone.now().date(), result=result)
        customers = _customers(source, chosen, survey, delta, result, progress)
        products = load_products(source, survey, whole_catalogue, result, progress)
        mine = {household: customers[household] for household in chosen}
        _orders(source, mine, products, delta, survey.baskets, result, progress)
    result.seconds = round(monotonic() - started, 2)
    return result


def _survey(source: Source, chosen: set[int], progress: Progress) -> Survey:
    survey = Survey({}, None, {}, 0)
    for basket in source.baskets(chosen):
        survey.baskets += 1
        if survey.baskets % BASKETS_AT_ONCE == 0:
            progress("Reading baskets", survey.baskets, 0)
        earliest = survey.first.get(basket.household_id)
        if earliest is None or basket.at < earliest[0]:
            survey.first[basket.household_id] = (basket.at, basket.basket_id)
        if survey.last is None or basket.at > survey.last:
            survey.last = basket.at
        for product_id, quantity, cents in basket.lines:
            line = rules.line(quantity, cents)
            if line.unit_cents and not line.odd:
                survey.prices[product_id] = line.unit_cents
            else:
                survey.prices.setdefault(product_id, 0)
    progress("Reading baskets", survey.baskets, survey.baskets)
    return survey


def _shift(survey: Survey, *, shift: bool, today: date, result: Loaded) -> timedelta:
    """Choose the shift, and move the orders of an earlier load to it."""
    originals = {str(basket): at for at, basket in survey.first.values()}
    old_orders = Order.objects.filter(channel=Order.Channel.STORE)
    known = None
    for numbers in batches(originals, ROWS_AT_ONCE):
        known = known or old_orders.filter(number__in=numbers).values("number", "placed_at").first()
    old = known["placed_at"] - originals[known["number"]] if known else None
    last = survey.last
    if old is not None:
        # A larger load may be there already; its last order must not land in the future.
        last = max(last, old_orders.aggregate(last=Max("placed_at"))["last"] - old)
    new = rules.whole_day_shift(last, today) if shift else timedelta(0)
    result.shift_days = new.days
    if old is not None and old != new:
        by = new - old
        now = timezone.now()
        result.moved_days = by.days
        with transaction.atomic():
            old_orders.update(
                placed_at=F("placed_at") + by,
                paid_at=F("paid_at") + by,
                fulfilled_at=F("fulfilled_at") + by,
                updated_at=now,
            )
            people = Customer.objects.filter(key__startswith="household-")
            # Whoever chose anew since then keeps the date of that choice.
            people.filter(
                news_by_email_at__gte=F("joined"),
                news_by_email_at__lt=F("joined") + timedelta(hours=1),
            ).update(news_by_email_at=F("news_by_email_at") + by)
            people.update(joined=F("joined") + by, updated_at=now)
    return new


def _customers(
    source: Source,
    chosen: list[int],
    survey: Survey,
    delta: timedelta,
    result: Loaded,
    progress: Progress,
) -> dict[int, int]:
    """Make the customers that are missing; give household to primary key."""
    demographics = source.demographics()
    there = set(Customer.objects.filter(key__startswith="household-").values_list("key", flat=True))
    rows = []
    for household_id in chosen:
        person = rules.household(household_id)
        if person.key in there:
            continue
        joined = survey.first[household_id][0] + delta
        facts = dict(zip(DEMOGRAPHICS, demographics.get(household_id, ()), strict=False))
        rows.append(
            Customer(
                key=person.key,
                email=person.email,
                phone=person.phone,
                first_name=person.first_name,
                last_name=person.last_name,
                joined=joined,
                news_by_email=person.wants_news,
                news_by_email_at=rules.news_date(household_id, joined) if person.wants_news else None,
                **facts,
            )
        )
    Customer.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    result.new_customers = len(rows)
    progress("Customers", len(chosen), len(chosen))
    keys = Customer.objects.filter(key__startswith="household-").values_list("key", "pk")
    return {int(key.removeprefix("household-")): pk for key, pk in keys.iterator()}


def _orders(
    source: Source,
    customers: dict[int, int],
    products: dict[int, tuple[int, str]],
    delta: timedelta,
    total: int,
    result: Loaded,
    progress: Progress,
) -> None:
    stores = {int(number): pk for number, pk in Store.objects.values_list("number", "pk") if number.isdigit()}
    done = 0
    for batch in batches(source.baskets(set(customers)), BASKETS_AT_ONCE):
        numbers = [str(basket.basket_id) for basket in batch]
        there = set(Order.objects.filter(number__in=numbers).values_list("number", flat=True))
        fresh = [basket for basket in batch if str(basket.basket_id) not in there]
        with transaction.atomic():
            for basket in fresh:
                if basket.store_id not in stores:
                    stores[basket.store_id] = Store.objects.create(
                        number=str(basket.store_id), name=f"Store {basket.store_id}"
                    ).pk
            orders = Order.objects.bulk_create(
                Order(
                    number=str(basket.basket_id),
                    customer_id=customers[basket.household_id],
                    email=f"household-{basket.household_id}@example.com",
                    channel=Order.Channel.STORE,
                    store_id=stores[basket.store_id],
                    total=dollars(sum(cents for _, _, cents in basket.lines)),
                    placed_at=basket.at + delta,
                    paid_at=basket.at + delta,
                    fulfilled_at=basket.at + delta,
                )
                for basket in fresh
            )
            lines = list(_lines(orders, fresh, products, result))
            OrderLine.objects.bulk_create(lines, batch_size=ROWS_AT_ONCE)
        done += len(batch)
        result.new_orders += len(fresh)
        result.new_lines += len(lines)
        progress("Orders", done, total)


def _lines(orders, baskets, products, result: Loaded) -> Iterator[OrderLine]:
    for order, basket in zip(orders, baskets, strict=True):
        for position, (product_id, quantity, cents) in enumerate(basket.lines, start=1):
            line = rules.line(quantity, cents)
            result.odd_lines += line.odd
            pk, name = products[product_id]
            yield OrderLine(
                order_id=order.pk,
                position=position,
                product_id=pk,
                sku=str(product_id),
                name=name,
                quantity=line.quantity,
                unit_price=dollars(line.unit_cents),
                amount=dollars(line.cents),
            )
