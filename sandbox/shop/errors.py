"""What the shop refuses. `str(error)` may be shown to the customer."""


class ShopError(Exception):
    """The shop refused; nothing was changed."""


class EmptyCart(ShopError):
    pass


class AlreadyOrdered(ShopError):
    """The cart became an order before, by a second press of the button."""

    def __init__(self, message: str, order_number: str = "") -> None:
        super().__init__(message)
        self.order_number = order_number


class OutOfStock(ShopError):
    pass


class OrderClosed(ShopError):
    """The order is cancelled, or has refunds, so that this cannot be done to it."""


class NothingToRefund(ShopError):
    pass
