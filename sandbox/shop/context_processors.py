from django.db.models import Sum
from django.utils.functional import SimpleLazyObject

from shop import session


def storefront(request):
    """Cart and customer for the storefront's header; asked for only where a template shows them."""
    if not hasattr(request, "session"):
        return {}

    def pieces() -> int:
        cart = session.current_cart(request)
        return (cart.lines.aggregate(pieces=Sum("quantity"))["pieces"] or 0) if cart else 0

    return {
        "shop_customer": SimpleLazyObject(lambda: session.current_customer(request)),
        "shop_cart_pieces": SimpleLazyObject(pieces),
    }
