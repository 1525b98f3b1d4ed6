"""What the storefront keeps in the visitor's session: the cart, the customer, a code from a link."""

from __future__ import annotations

from django.http import HttpRequest

from shop import pricing, selectors, services
from shop.errors import AlreadyOrdered
from shop.models import Cart, Customer

CART, CUSTOMER, CODE, DETAILS = "shop_cart", "shop_customer", "shop_code", "shop_details"


def current_customer(request: HttpRequest) -> Customer | None:
    """The customer who is logged in to the shop: by the demo log-in, or by the user's own account."""
    if CUSTOMER in request.session:
        return Customer.objects.filter(pk=request.session[CUSTOMER]).first()
    if request.user.is_authenticated:
        return Customer.objects.filter(user=request.user).first()
    return None


def current_cart(request: HttpRequest) -> Cart | None:
    """The visitor's open cart, or none."""
    return selectors.open_cart(request.session[CART]) if CART in request.session else None


def own_cart(request: HttpRequest) -> Cart:
    """The visitor's open cart; makes one where there is none."""
    cart = current_cart(request)
    if cart is None:
        if not request.session.session_key:
            request.session.create()
        customer = current_customer(request)
        code = request.session.get(CODE)
        cart = Cart.objects.create(
            session_key=request.session.session_key,
            customer=customer,
            email=customer.email if customer else "",
            codes=[code] if code else [],
        )
        request.session[CART] = str(cart.key)
    return cart


def remember_code(request: HttpRequest, code: str) -> bool:
    """A link with ?code= only puts the code into the cart; nothing is held or counted yet.

    Whether it was news.
    """
    if request.session.get(CODE) == code:
        return False
    request.session[CODE] = code
    if cart := current_cart(request):
        services.set_codes(cart=cart, codes=[*cart.codes, code])
    return True


def log_in(request: HttpRequest, customer: Customer) -> None:
    """The demo log-in: no password, for the sandbox's made-up customers."""
    cart = current_cart(request)
    request.session.cycle_key()
    request.session[CUSTOMER] = customer.pk
    if cart is not None:
        try:
            services.give_cart(cart=cart, customer=customer)
        except AlreadyOrdered:
            request.session.pop(CART, None)


def log_out(request: HttpRequest) -> None:
    for key in (CART, CUSTOMER, CODE, DETAILS):
        request.session.pop(key, None)


def forget_cart(request: HttpRequest) -> None:
    """The cart became an order; its code is used."""
    request.session.pop(CART, None)
    request.session.pop(CODE, None)


def forget_code(request: HttpRequest) -> None:
    """The customer took a code out; the link that brought it does not put it back."""
    request.session.pop(CODE, None)


def remember_details(request: HttpRequest) -> None:
    """Keep what was typed at the checkout, so that adding a code does not lose it."""
    kept = {name: request.POST.get(name, "").strip()[:160] for name in ("email", "name", "shipping_method")}
    request.session[DETAILS] = kept


def details(request: HttpRequest, customer: Customer | None) -> dict[str, str]:
    """E-mail, name and delivery as typed before, else those of the customer."""
    typed = request.session.get(DETAILS, {})
    methods = {key for key, _label, _amount in pricing.DELIVERIES}
    method = typed.get("shipping_method", "")
    return {
        "email": typed.get("email") or (customer.email if customer else ""),
        "name": typed.get("name") or (str(customer) if customer else ""),
        "shipping_method": method if method in methods else pricing.PICKUP,
    }
