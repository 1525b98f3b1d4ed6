"""The admin's page for cancelling an order and refunding its lines; the storefront's views do it."""

from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shop import selectors


def may_act(user) -> bool:
    return user.has_perm("shop.view_order") and (user.has_perm("shop.change_order") or user.has_perm("shop.add_refund"))


@require_GET
def order_actions(request, number):
    if not may_act(request.user):
        raise PermissionDenied
    order = selectors.order_in_full(number)
    if order is None:
        raise Http404
    return render(
        request,
        "shop/admin/order_actions.html",
        {
            "order": order,
            "may_cancel": request.user.has_perm("shop.change_order")
            and not order.cancelled_at
            and not order.refunds.all(),
            "may_refund": request.user.has_perm("shop.add_refund") and not order.cancelled_at,
            "refund_ref": uuid4().hex,
        },
    )
