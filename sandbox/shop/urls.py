from django.urls import path

from shop import mailbox, views

app_name = "shop"
urlpatterns = [
    path("products/", views.product_list, name="products"),
    path("products/<slug:sku>/", views.product_page, name="product"),
    path("cart/", views.cart_page, name="cart"),
    path("cart/add/<slug:sku>/", views.cart_add, name="cart-add"),
    path("cart/set/<slug:sku>/", views.cart_set, name="cart-set"),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/thanks/<uuid:key>/", views.thanks, name="thanks"),
    path("orders/<slug:number>/", views.order_page, name="order"),
    path("orders/<slug:number>/cancel/", views.order_cancel, name="order-cancel"),
    path("orders/<slug:number>/lines/<int:line>/refund/", views.line_refund, name="line-refund"),
    path("account/", views.account, name="account"),
    path("account/log-in/", views.account_log_in, name="log-in"),
    path("account/log-out/", views.account_log_out, name="log-out"),
    path("mailbox/", mailbox.inbox, name="mailbox"),
    path("mailbox/<slug:name>/", mailbox.message, name="mail"),
    path("mailbox/<slug:name>/html/", mailbox.html_body, name="mail-html"),
]
