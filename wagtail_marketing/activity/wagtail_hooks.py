"""The timeline on the contact's page."""

from wagtail_marketing.admin import registry
from wagtail_marketing.contacts.registry import profile_blocks

from . import words
from .admin.contact_page import TIMELINE
from .admin.viewsets import NoteViewSet

words.register()
profile_blocks.register("timeline", TIMELINE)
registry.register_viewset(NoteViewSet)
