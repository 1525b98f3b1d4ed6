"""Remembers the code of a link such as /products/?code=SPRING, whatever page it leads to."""

import re

from django.contrib import messages
from django.utils.translation import gettext as _

from shop import session

FORM = re.compile(r"[\w-]{1,64}")


class RememberCode:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        code = request.GET.get("code", "") if request.method == "GET" else ""
        ours = FORM.fullmatch(code) and not request.path.startswith(("/admin/", "/marketing/", "/django-admin/"))
        if ours and session.remember_code(request, code):
            messages.info(request, _("The code %(code)s is kept for your checkout.") % {"code": code})
        return self.get_response(request)
