"""``/marketing/api/v1/``: the routers of every installed capability, the schema and its page."""

from django.urls import include, path
from django.utils.module_loading import import_string
from rest_framework.routers import SimpleRouter

from . import registry

app_name = "api"

router = SimpleRouter()
for _route in registry.routes:
    router.register(_route.prefix, import_string(_route.viewset), basename=_route.basename)

urlpatterns = [
    path("v1/", include(router.urls)),
]
