"""Every branch on a Wagtail or Django version, in one place."""

import django
from wagtail import VERSION as WAGTAIL_VERSION

WAGTAIL_8 = WAGTAIL_VERSION >= (8, 0)
DJANGO_6_1 = django.VERSION >= (6, 1)

__all__ = ["DJANGO_6_1", "WAGTAIL_8"]
