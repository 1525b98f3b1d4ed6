"""Public addresses of messages; mounted by ``wagtail_marketing.urls``."""

from django.urls import path

from . import views

urlpatterns = [
    path("o/<str:token>.gif", views.open_pixel, name="open"),
    path("c/<str:token>", views.click, name="click"),
    path("u/<str:token>", views.unsubscribe, name="unsubscribe"),
    path("v/<str:token>", views.web_version, name="web_version"),
]
