"""``/marketing/api/v1/``: the routers of every installed capability, the schema and its page."""

from django.urls import include, path
from django.utils.module_loading import import_string
from rest_framework.routers import SimpleRouter

from . import registry, views

app_name = "api"

router = SimpleRouter()
for _route in registry.routes:
    router.register(_route.prefix, import_string(_route.viewset), basename=_route.basename)

urlpatterns = [
    path("v1/schema.json", views.schema_json, name="schema-json"),
    path("v1/schema.yaml", views.schema_yaml, name="schema-yaml"),
    path("v1/docs/", views.docs, name="docs"),
    path("v1/", include(router.urls)),
]
