"""URLs of the notes; they have no menu entry."""

from typing import Any

from django.urls import path

from wagtail_marketing.admin.viewsets import MarketingViewSet
from wagtail_marketing.contacts.masking import PERMISSION

from .contact_page import NOTE, AddNoteView, EditNoteView


class NoteViewSet(MarketingViewSet):
    slug = "notes"
    marketing_permission = ("wagtail_marketing_contacts.view_contact", PERMISSION, NOTE)

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("<int:pk>/", self.view(AddNoteView), name="add"),
            path("<int:pk>/edit/", self.view(EditNoteView), name="edit"),
        ]
