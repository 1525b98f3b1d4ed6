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
    "wagtail_marketing_private": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
ALLOWED_HOSTS = ["*"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, not memory: the browser tests' server has threads, and one connection in memory shared by
    # them would mix the transactions of two requests. Its own for each run, so that two do not meet.
    DATABASES["default"]["TEST"] = {"NAME": VAR / f"test-{os.getpid()}.sqlite3"}  # noqa: F405
