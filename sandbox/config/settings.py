"""The sandbox shop: a Wagtail site with customers and orders, and the plug-in beside it.

``DATABASE_URL`` and ``REDIS_URL`` switch to real services; without them SQLite and the ORM broker serve.
"""

import os
from pathlib import Path

import dj_database_url
import django

import wagtail_marketing

SANDBOX = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("SANDBOX_VAR", SANDBOX / "var"))

DEBUG = os.environ.get("DEBUG", "1") == "1"
SECRET_KEY = "sandbox-only-" + "k" * 40  # the sandbox is not for production
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

INSTALLED_APPS = [
    *wagtail_marketing.APPS,
    "shop",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "import_export",
    "wagtail_modeladmin",
    "wagtail.contrib.settings",
    "wagtail.contrib.redirects",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "wagtail_marketing.segments.middleware.PrivateContentMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "shop.middleware.RememberCode",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
                "shop.context_processors.storefront",
            ]
        },
    }
]

if os.environ.get("DATABASE_URL"):
    DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600)}
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        INSTALLED_APPS.append("django.contrib.postgres")  # Wagtail's search columns; Django 6.1 insists (postgres.E005)
else:
    VAR.mkdir(parents=True, exist_ok=True)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR / "sandbox.sqlite3",
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR / "cache",
    }
}
Q_CLUSTER = {
    "name": "marketing",
    "workers": 1,
    "timeout": 90,
    "retry": 120,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "queue_limit": 2,
    "poll": 0.2,
    "label": "Queue",
}
if os.environ.get("REDIS_URL"):
    Q_CLUSTER["redis"] = os.environ["REDIS_URL"]
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["REDIS_URL"]}
else:
    Q_CLUSTER["orm"] = "default"

AUTH_PASSWORD_VALIDATORS = []
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "America/New_York"
USE_I18N = True
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"

DEMO_SMTP_HOST, DEMO_SMTP_PORT = "127.0.0.1", int(os.environ.get("DEMO_SMTP_PORT", "1025"))
if django.VERSION >= (6, 1):
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": DEMO_SMTP_HOST, "port": DEMO_SMTP_PORT},
        }
    }
else:
    EMAIL_HOST, EMAIL_PORT = DEMO_SMTP_HOST, DEMO_SMTP_PORT
SANDBOX_MAIL = VAR / "mail"  # where the demo's SMTP server keeps what it receives

DEMO_PORT = int(os.environ.get("DEMO_PORT", "8000"))
WAGTAIL_SITE_NAME = "Corner Grocery"
WAGTAILADMIN_BASE_URL = os.environ.get("BASE_URL", f"http://localhost:{DEMO_PORT}")
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None

WAGTAIL_MARKETING = {
    "HOST_ADAPTER": "shop.marketing.ShopAdapter",
    "HASH_KEY": "sandbox-hash-key-not-for-production",
    "TOKEN_KEYS": {"1": "sandbox-token-key-not-for-production"},
    "PUBLIC_BASE_URL": WAGTAILADMIN_BASE_URL,
    "CURRENCY": "USD",
    "TIME_ZONE": TIME_ZONE,
}
if "shop" not in INSTALLED_APPS or not (SANDBOX / "shop" / "marketing.py").exists():
    del WAGTAIL_MARKETING["HOST_ADAPTER"]
