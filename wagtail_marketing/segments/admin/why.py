"""Why somebody is in a segment, or is not."""

from functools import cached_property
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.views import MarketingTemplateView
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core.identity import normalise_email
from wagtail_marketing.segments import selectors

from .parts import VIEW, VIEW_PERSONAL_DATA, SegmentPageMixin, contact_link, local


class WhyView(SegmentPageMixin, MarketingTemplateView):
    """Why a contact is or is not in a segment: every rule with the contact's actual value."""

    marketing_permission = (VIEW, VIEW_PERSONAL_DATA)
    template_name = "wagtail_marketing_segments/why.html"
    page_title = gettext_lazy("Why?")
    tab = "why"

    @cached_property
    def contact(self) -> Contact | None:
        """By id, or by what somebody typed: customer key or e-mail address."""
        if self.request.GET.get("contact", "").isdigit():
            return get_object_or_404(Contact, pk=int(self.request.GET["contact"]))
        wanted = self.request.GET.get("q", "").strip()
        if not wanted:
            return None
        found = Q(external_key=wanted)
        if address := normalise_email(wanted):
            found |= Q(email_normalised=address)
        return Contact.objects.filter(found).order_by("pk").first()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("q", "")
        why = selectors.why(self.segment, self.contact) if self.contact else None
        return super().get_context_data(
            contact=self.contact,
            contact_link=contact_link(self.contact, plain=True) if self.contact else "",
            asked=asked,
            why=why,
            since=local(why.since) if why and why.since else "",
            **kwargs,
        )
