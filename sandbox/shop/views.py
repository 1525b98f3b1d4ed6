"""The storefront. Every page works without JavaScript; every change is a POST."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shop import pricing, selectors, services, session
from shop.errors import AlreadyOrdered, ShopError
from shop.forms import CheckoutForm, CodeForm, LoginForm, QuantityForm, RefundForm
from shop.models import Category, Order, OrderLine, Product
from wagtail_marketing.discounts.errors import LimitExhausted, PriceChanged

PER_PAGE = 24


@require_GET
def product_list(request):
    search = request.GET.get("q", "").strip()[:100]
    number = request.GET.get("category", "")
    category = Category.objects.select_related("parent").filter(pk=number).first() if number.isdecimal() else None
    department = (category.parent or category) if category else None
    found = selectors.products_on_sale(search=search, category=category).prefetch_related("categories")
    return render(
        request,
        "shop/product_list.html",
        {
            "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
            "search": search,
            "category": category,
            "department": department,
            "departments": selectors.departments(),
            "subcategories": selectors.categories_of(department) if department else [],
        },
    )


@require_GET
def product_page(request, sku):
    product = get_object_or_404(Product.objects.prefetch_related("categories__parent"), sku=sku)
    return render(request, "shop/product.html", {"product": product, "form": QuantityForm(initial={"quantity": 1})})


@require_GET
def cart_page(request):
    cart = session.current_cart(request)
    lines = list(cart.filled_lines()) if cart else []
    return render(
        request,
        "shop/cart.html",
        {"cart": cart, "lines": lines, "subtotal": sum(line.amount for line in lines)},
    )


@require_POST
def cart_add(request, sku):
    product = get_object_or_404(Product, sku=sku)
    form = QuantityForm(request.POST)
    quantity = form.cleaned_data["quantity"] if form.is_valid() else 1
    try:
        services.add_to_cart(cart=session.own_cart(request), product=product, quantity=quantity)
        messages.success(request, _("%(name)s is in your cart.") % {"name": product.name})
    except ShopError as error:
        messages.error(request, str(error))
    return redirect("shop:cart")


@require_POST
def cart_set(request, sku):
    product = get_object_or_404(Product, sku=sku)
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a number of pieces from 0 to 99."))
    elif cart := session.current_cart(request):
        services.set_quantity(cart=cart, product=product, quantity=form.cleaned_data["quantity"])
    return redirect("shop:cart")


def checkout(request):
    """Show the price; with POST add or remove a code, or place the order at the price that was shown."""
    cart = session.current_cart(request)
    lines = list(cart.filled_lines()) if cart else []
    if not lines:
        messages.info(request, _("Your cart is empty."))
        return redirect("shop:cart")
    customer = session.current_customer(request)
    form, status = None, 200
    if request.method == "POST":
        session.remember_details(request)
        if request.POST.get("action") != "place":
            return _change_codes(request, cart)
        form, status = CheckoutForm(request.POST), 422
        if form.is_valid():
            order = _place(request, cart, form.cleaned_data, customer)
            if order:
                return redirect("shop:thanks", key=order.access_key)
            form, status = None, 409
    details = session.details(request, customer)
    price = pricing.quote(
        cart=cart,
        lines=lines,
        shipping_method=details["shipping_method"],
        customer=customer,
        email=details["email"],
    )
    context = {
        "lines": lines,
        "price": price,
        "form": form or CheckoutForm(initial=details),
        "method": details["shipping_method"],
        "deliveries": pricing.DELIVERIES,
    }
    return render(request, "shop/checkout.html", context, status=status)


def _change_codes(request, cart):
    codes = list(cart.codes)
    if removed := request.POST.get("remove"):
        codes = [code for code in codes if code.casefold() != removed.casefold()]
        session.forget_code(request)
    form = CodeForm(request.POST)
    # Whatever button was pressed, or Enter: a code that was typed is meant.
    if form.is_valid():
        codes.append(form.cleaned_data["code"])
    services.set_codes(cart=cart, codes=codes)
    return redirect("shop:checkout")


def _place(request, cart, data, customer):
    """The order, or None with a message where the price or the stock is not what was shown."""
    try:
        order = services.place_order(
            cart=cart,
            email=data["email"],
            name=data["name"],
            customer=customer,
            shipping_method=data["shipping_method"],
            expected_total=data["expected_total"],
        )
    except AlreadyOrdered as error:
        order = Order.objects.filter(number=error.order_number).first()
        if order is None:
            messages.error(request, str(error))
            return None
    except PriceChanged as error:
        total = pricing.total_of(error.evaluation)
        if isinstance(error, LimitExhausted):
            text = _("%(reason)s The new total is $%(total)s; nothing has been charged.")
        else:
            text = _("The price has changed. The new total is $%(total)s; nothing has been charged.")
        messages.error(request, text % {"reason": error.message, "total": total})
        return None
    except ShopError as error:
        messages.error(request, str(error))
        return None
    session.forget_cart(request)
    return order


@require_GET
def thanks(request, key):
    """Opened by the key that only whoever ordered was given."""
    number = Order.objects.filter(access_key=key).values_list("number", flat=True).first()
    order = selectors.order_in_full(number) if number else None
    if order is None:
        raise Http404
    return render(request, "shop/thanks.html", {"order": order})


@require_GET
def order_page(request, number):
    order = selectors.order_in_full(number)
    customer = session.current_customer(request)
    owner = order is not None and customer is not None and order.customer_id == customer.pk
    staff = request.user.has_perm("shop.view_order")
    if order is None or not (owner or staff):
        # One answer for "not there" and "not yours".
        raise Http404
    return render(
        request,
        "shop/order.html",
        {
            "order": order,
            "may_cancel": request.user.has_perm("shop.change_order")
            and not order.cancelled_at
            and not order.refunds.all(),
            "may_refund": request.user.has_perm("shop.add_refund") and not order.cancelled_at,
            "refund_ref": uuid4().hex,
        },
    )


@require_POST
def order_cancel(request, number):
    if not request.user.has_perm("shop.change_order"):
        raise PermissionDenied
    order = get_object_or_404(Order, number=number)
    try:
        services.cancel_order(order=order)
        messages.success(request, _("Order %(number)s is cancelled.") % {"number": order.number})
    except ShopError as error:
        messages.error(request, str(error))
    return _back(request, order)


@require_POST
def line_refund(request, number, line):
    if not request.user.has_perm("shop.add_refund"):
        raise PermissionDenied
    line = get_object_or_404(OrderLine.objects.select_related("order"), pk=line, order__number=number)
    form = RefundForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say how many pieces are refunded."))
        return _back(request, line.order)
    try:
        refund = services.refund_line(
            line=line,
            quantity=form.cleaned_data["quantity"],
            by=request.user,
            # The page's own number, so that a second press of the button gives nothing back twice.
            ref=f"{line.pk}-{form.cleaned_data['ref']}" if form.cleaned_data["ref"] else "",
        )
        messages.success(request, _("$%(amount)s was refunded.") % {"amount": refund.amount})
    except ShopError as error:
        messages.error(request, str(error))
    return _back(request, line.order)


def _back(request, order):
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return redirect(target)
    return redirect("shop:order", number=order.number)


@require_GET
def account(request):
    customer = session.current_customer(request)
    if customer is None:
        return render(request, "shop/login.html", {"form": LoginForm()})
    orders = Paginator(customer.orders.annotate(pieces=Sum("lines__quantity")).order_by("-placed_at", "-pk"), 20)
    return render(
        request,
        "shop/account.html",
        {"customer": customer, "page": orders.get_page(request.GET.get("page"))},
    )


@require_POST
def account_log_in(request):
    form = LoginForm(request.POST)
    customer = selectors.customer_by_email(form.cleaned_data["email"]) if form.is_valid() else None
    if customer is None:
        form.add_error("email", _("No customer has this address."))
        return render(request, "shop/login.html", {"form": form}, status=422)
    session.log_in(request, customer)
    messages.success(request, _("Hello %(name)s.") % {"name": customer.first_name or customer.email})
    return redirect("shop:account")


@require_POST
def account_log_out(request):
    session.log_out(request)
    return redirect("shop:account")
