"""Public addresses of consent; mounted by ``wagtail_marketing.urls``."""

from django.urls import path

from .views import confirm, preferences, sign_up

urlpatterns = [
    path("sign-up/", sign_up.sign_up, name="sign_up"),
    path("sign-up/done/", sign_up.done, name="sign_up_done"),
    path("confirm/<str:token>", confirm.confirm, name="confirm"),
    path("preferences/", preferences.mine, name="my_preferences"),
    path("preferences/<str:token>", preferences.preferences, name="preferences"),
]
