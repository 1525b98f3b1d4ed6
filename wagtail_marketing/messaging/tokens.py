"""The tokens that a text may hold, and their values for a group of people: one query per namespace, not per person."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.core import clock
from wagtail_marketing.core.money import format_money, to_decimal
from wagtail_marketing.core.registry import Registry

from .engine.language import Missing, Number


@dataclass(frozen=True, slots=True)
class Token:
    """A registered token: ``name`` is ``namespace.name``; ``sample`` is what a preview without a contact shows.

    ``kind``: text, number, money, date, boolean, url, list. ``aliases`` are flat names for the same value.
    """

    name: str
    kind: str
    label: Any
    sample: Any
    fallback: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as a token value: integer minor units and ISO 4217 code."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class TokenContext:
    """What a loader may need to know beside the people: the send's site, if it has one."""

    site: Any = None
    #: What a loader found for the whole send and need not find again for the next group.
    cache: dict[str, Any] = field(default_factory=dict)


Loader = Callable[[Sequence[Any], TokenContext], Mapping[int, Mapping[str, Any]]]

#: name -> Token
tokens: Registry[Token] = Registry("tokens")
#: namespace -> ``load(contacts, context) -> {contact id: {name: raw value}}``
loaders: Registry[Loader] = Registry("token loaders")
#: Tokens whose last part is free, such as ``contact.attributes.<any>``: prefix -> label.
open_prefixes: Registry[Any] = Registry("open token prefixes")


def register_tokens(namespace: str, items: Iterable[Token], loader: Loader | None) -> None:
    """Add the tokens of one namespace with the function that finds their values."""
    for token in items:
        if not token.name.startswith(f"{namespace}."):
            raise ValueError(f"{token.name} is not of the namespace {namespace}")
        tokens.register(token.name, token)
    if loader is not None:
        loaders.register(namespace, loader)


def aliases() -> dict[str, str]:
    """Flat name -> the name that it stands for."""
    return {alias: token.name for token in tokens for alias in token.aliases}


def is_known(path: tuple[str, ...]) -> bool:
    """Whether a text may use the dotted name ``path``."""
    name = ".".join(path)
    return (
        name in tokens
        or (len(path) == 1 and name in aliases())
        or any(".".join(path[:-1]) == prefix for prefix, _label in open_prefixes.items())
    )


def sample_context() -> dict[str, Any]:
    """The values of a made-up person, for previews."""
    return _nest({token.name: token.sample for token in tokens}, sample=True)


def sample_links() -> dict[str, dict[str, Any]]:
    """Links that lead nowhere in particular, for previews with the values of a real person."""
    return {
        "links": {token.name.partition(".")[2]: token.sample for token in LINK_TOKENS},
        "sign_up": {token.name.partition(".")[2]: token.sample for token in SIGN_UP_TOKENS},
    }


def contexts(
    contacts: Sequence[Any], *, roots: Iterable[str], context: TokenContext | None = None
) -> dict[int, dict[str, Any]]:
    """``{contact id: nested values}`` for the namespaces in ``roots`` (flat names bring their own)."""
    context = context or TokenContext()
    wanted = set(roots)
    flat = aliases()
    wanted |= {flat[name].partition(".")[0] for name in wanted & set(flat)}
    loaded = {name: loader(contacts, context) for name, loader in loaders.items() if name in wanted}
    result = {}
    for contact in contacts:
        raw = {
            f"{namespace}.{name}": value
            for namespace, rows in loaded.items()
            for name, value in rows.get(contact.pk, {}).items()
        }
        result[contact.pk] = _nest(raw, namespaces=wanted)
    return result


def _nest(raw: Mapping[str, Any], *, sample: bool = False, namespaces: Iterable[str] | None = None) -> dict[str, Any]:
    values: dict[str, Any] = {prefix.partition(".")[0]: {} for prefix, _label in open_prefixes.items()}
    flat: dict[str, Any] = {}
    for token in tokens:
        if namespaces is not None and token.name.partition(".")[0] not in namespaces:
            continue
        value = format_value(raw.get(token.name), token)
        _put(values, token.name, value)
        for alias in token.aliases:
            flat[alias] = value
    for name, value in raw.items():
        if name not in tokens:
            _put(values, name, format_value(value, None, name))
    values.update(flat)
    return values


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    *parents, last = name.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
    values[last] = value


def format_value(value: Any, token: Token | None, name: str = "") -> Any:
    """A raw value as Liquid gets it: text in the active language; numbers still compare as numbers."""
    if value is None or value == "" or value == []:
        return Missing(token.name if token else name, fallback=token.fallback if token else "")
    if isinstance(value, str | bool):
        return value
    if isinstance(value, Money):
        return Number(to_decimal(value.minor, value.currency), format_money(value.minor, value.currency))
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value, clock.shop_zone()), "DATE_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, int | float | Decimal):
        return Number(Decimal(str(value)), formats.number_format(value, use_l10n=True, force_grouping=True))
    if isinstance(value, Mapping):
        return {str(key): format_value(item, None, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [format_value(item, None) for item in value]
    return str(value)


CONTACT_TOKENS = (
    Token("contact.first_name", "text", _("First name"), "Ada", aliases=("first_name",)),
    Token("contact.last_name", "text", _("Last name"), "Lovelace", aliases=("last_name",)),
    Token("contact.name", "text", _("Full name"), "Ada Lovelace", aliases=("customer_name",)),
    Token("contact.email", "text", _("E-mail address"), "ada@example.com", aliases=("email",)),
    Token("contact.city", "text", _("City"), "London"),
    Token("contact.region", "text", _("Region"), "Greater London"),
    Token("contact.country", "text", _("Country"), "GB"),
    Token("contact.birthday", "date", _("Birthday"), date(1990, 12, 10)),
    Token(
        "contact.territory",
        "text",
        _("Territory (attribute “territory”, else region)"),
        "North",
        aliases=("territory",),
    ),
    Token("contact.rep_name", "text", _("Representative (attribute “rep_name”)"), "Charles", aliases=("rep_name",)),
)
ORDER_TOKENS = (
    Token("order.count", "number", _("Number of orders"), 7, aliases=("order_count",)),
    Token("order.total", "money", _("Total of all orders"), Money(41250, "USD")),
    Token("order.last.date", "date", _("Date of the last order"), date(2026, 3, 14), aliases=("last_order_date",)),
    Token("order.last.number", "text", _("Number of the last order"), "10042", aliases=("last_order_number",)),
    Token("order.last.total", "money", _("Total of the last order"), Money(5990, "USD"), aliases=("last_order_total",)),
)
SHOP_TOKENS = (
    Token("shop.name", "text", _("Name of the sender"), "Corner Shop"),
    Token("shop.postal_address", "text", _("Postal address"), "1 Main Street, Springfield"),
    Token("shop.url", "url", _("Address of the shop"), "https://shop.example/"),
)
LINK_TOKENS = (
    Token("links.unsubscribe", "url", _("Link: unsubscribe"), "https://shop.example/unsubscribe"),
    Token("links.preferences", "url", _("Link: topics, pauses and other preferences"), "https://shop.example/mine"),
    Token("links.web_version", "url", _("Link: see this message in the browser"), "https://shop.example/view"),
)

SIGN_UP_TOKENS = (
    Token("sign_up.confirm", "url", _("Link: confirm the sign-up (confirmation only)"), "https://shop.example/yes"),
    Token("sign_up.topics", "text", _("Topics that were chosen (confirmation only)"), "Weekly specials, Recipes"),
)


def load_contacts(contacts: Sequence[Any], context: TokenContext) -> dict[int, dict[str, Any]]:
    rows = {}
    for contact in contacts:
        given = contact.attributes or {}
        row = {
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "name": contact.name,
            "email": contact.email,
            "city": contact.city,
            "region": contact.region,
            "country": contact.country,
            "birthday": contact.birthday,
            "territory": given.get("territory") or contact.region,
            "rep_name": given.get("rep_name"),
        }
        row.update({f"attributes.{name}": value for name, value in given.items()})
        rows[contact.pk] = row
    return rows


def load_orders(contacts: Sequence[Any], context: TokenContext) -> dict[int, dict[str, Any]]:
    """From the totals row, and the newest order that was not cancelled: two queries for the whole group."""
    from django.db.models import OuterRef, Subquery

    from wagtail_marketing.commerce.models import ContactTotals, Order
    from wagtail_marketing.conf import settings

    ids = [contact.pk for contact in contacts]
    rows: dict[int, dict[str, Any]] = {
        totals.pk: {"count": totals.order_count, "total": Money(totals.total_base, settings.currency)}
        for totals in ContactTotals.objects.filter(pk__in=ids)
    }
    newest = Order.objects.filter(contact=OuterRef("contact"), cancelled_at__isnull=True).order_by("-placed_at", "-id")
    last = Order.objects.filter(contact__in=ids, pk=Subquery(newest.values("pk")[:1]))
    found = last.values_list("contact", "number", "ref", "total_minor", "currency", "placed_at")
    for contact_id, number, ref, total_minor, currency, placed_at in found:
        rows.setdefault(contact_id, {}).update(
            {"last.date": placed_at, "last.number": number or ref, "last.total": Money(total_minor, currency)}
        )
    return rows


def load_shop(contacts: Sequence[Any], context: TokenContext) -> dict[int, dict[str, Any]]:
    from .brand import brand_for

    brand = context.cache.get("brand") or context.cache.setdefault("brand", brand_for(context.site))
    row = {"name": brand.sender_name, "postal_address": brand.postal_address, "url": brand.base_url + "/"}
    return {contact.pk: row for contact in contacts}


def load_sign_ups(contacts: Sequence[Any], context: TokenContext) -> dict[int, dict[str, Any]]:
    """What each of them signed up for, and the link by which they confirm it: two or three queries."""
    from wagtail_marketing.contacts.links import confirm_url
    from wagtail_marketing.contacts.models import SignUp, Topic

    from .brand import brand_for

    brand = context.cache.get("brand") or context.cache.setdefault("brand", brand_for(context.site))
    asked = list(SignUp.objects.filter(contact__in=contacts, channel="email", ask=True).order_by("pk"))
    chosen = {pk for row in asked for pk in row.topics}
    topics = {topic.pk: topic.words()[0] for topic in Topic.objects.filter(pk__in=chosen).prefetch_related("texts")}
    return {
        row.contact_id: {
            "confirm": confirm_url(row, base_url=brand.base_url),
            "topics": ", ".join(topics[pk] for pk in row.topics if pk in topics),
        }
        for row in asked
        if row.contact_id is not None
    }


def register() -> None:
    """Register our own tokens (from ``AppConfig.ready``)."""
    register_tokens("contact", CONTACT_TOKENS, load_contacts)
    register_tokens("order", ORDER_TOKENS, load_orders)
    register_tokens("shop", SHOP_TOKENS, load_shop)
    register_tokens("links", LINK_TOKENS, None)
    register_tokens("sign_up", SIGN_UP_TOKENS, load_sign_ups)
    open_prefixes.register("contact.attributes", _("any attribute that the shop’s adapter declares"))
