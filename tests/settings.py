"""The sandbox's settings, made quick and strict for tests."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SANDBOX_VAR", str(Path(tempfile.gettempdir()) / "wagtail-marketing-tests"))
Path(os.environ["SANDBOX_VAR"]).mkdir(parents=True, exist_ok=True)

from config.settings import *  # noqa: E402, F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["*"]
