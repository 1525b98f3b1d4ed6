"""The demo's mailbox: what the local SMTP server received, for staff only, read-only."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from django.contrib.auth.decorators import user_passes_test
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from shop.mailstore import Mail, MailStore

# A mail may not run, fetch or frame anything; a link opens a tab of its own.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

staff_only = user_passes_test(lambda user: user.has_perm("wagtailadmin.access_admin"), login_url="wagtailadmin_login")


def _mail(name: str) -> Mail:
    mail = MailStore().get(name)
    if mail is None:
        raise Http404
    return mail


def _row(mail: Mail) -> dict:
    try:
        sent = parsedate_to_datetime(str(mail.message["Date"]))
    except (TypeError, ValueError):
        sent = None
    return {
        "name": mail.name,
        "to": ", ".join(mail.recipients),
        "from": str(mail.message.get("From", mail.sender)),
        "subject": str(mail.message.get("Subject", "")),
        "sent": sent,
    }


@require_GET
@staff_only
def inbox(request):
    store = MailStore()
    page = Paginator(store.names(), 50).get_page(request.GET.get("page"))
    mails = (store.get(name) for name in page)
    return render(request, "shop/mailbox.html", {"page": page, "rows": [_row(mail) for mail in mails if mail]})


@require_GET
@staff_only
def message(request, name):
    mail = _mail(name)
    kept = [(key, str(value)) for key, value in mail.message.items() if not key.startswith("X-Envelope")]
    return render(
        request,
        "shop/mail.html",
        {"mail": _row(mail), "has_html": bool(mail.html), "text": mail.text, "headers": kept},
    )


@require_GET
@staff_only
@xframe_options_sameorigin
def html_body(request, name):
    """The mail's HTML as it came, for a sandboxed frame."""
    response = HttpResponse(f'<base target="_blank">{_mail(name).html}')
    response["Content-Security-Policy"] = MAIL_POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response
