"""Remembers the code of a link such as /products/?code=SPRING, whatever page it leads to."""

import re

from shop import session

FORM = re.compile(r"[\w-]{1,64}")


class RememberCode:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        code = request.GET.get("code", "") if request.method == "GET" else ""
        if FORM.fullmatch(code) and not request.path.startswith(("/admin/", "/marketing/", "/django-admin/")):
            session.remember_code(request, code)
        return self.get_response(request)
