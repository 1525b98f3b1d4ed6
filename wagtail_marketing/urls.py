"""The public mount point: ``path("marketing/", include("wagtail_marketing.urls"))``.

Each installed capability adds its own ``urls`` module here; the names stay in one namespace.
"""

from importlib.util import find_spec

from django.apps import apps
from django.urls import include, path

app_name = "wagtail_marketing"

#: capability -> prefix of its public URLs
PUBLIC = {
    "wagtail_marketing.contacts": "c/",
    "wagtail_marketing.messaging": "m/",
    "wagtail_marketing.segments": "s/",
}

urlpatterns = [
    path(prefix, include(f"{name}.urls"))
    for name, prefix in PUBLIC.items()
    if apps.is_installed(name) and find_spec(f"{name}.urls")
]
if apps.is_installed("wagtail_marketing.api") and find_spec("wagtail_marketing.api.urls"):
    urlpatterns.append(path("api/", include("wagtail_marketing.api.urls")))
