"""What one does with several segments of the list at once."""

from typing import Any

from django.utils.translation import gettext_lazy, ngettext
from wagtail.snippets.bulk_actions.delete import DeleteBulkAction
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.jobs.services import enqueue_job
from wagtail_marketing.segments import services
from wagtail_marketing.segments.models import Segment

from .parts import CHANGE, DELETE


class SegmentBulkAction(SnippetBulkAction):
    """Asks with the names of all that are chosen, then calls one service for each."""

    models = (Segment,)
    template_name = "wagtail_marketing_segments/bulk_confirm.html"
    permission = CHANGE
    question: Any = ""
    done: Any = ""

    def check_perm(self, snippet: Segment) -> bool:
        return may(self.request.user, self.permission)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(question=self.question, **kwargs)

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        count = ngettext("%(count)s segment", "%(count)s segments", num_parent_objects) % {"count": num_parent_objects}
        return f"{self.done}: {count}."


class ActivateBulkAction(SegmentBulkAction):
    display_name = gettext_lazy("Activate")
    aria_label = gettext_lazy("Activate the chosen segments")
    action_type = "activate"
    action_priority = 10
    question = gettext_lazy("Activate these segments?")
    done = gettext_lazy("Activated")

    @classmethod
    def execute_action(cls, objects: list[Segment], **kwargs: Any) -> tuple[int, int]:
        for segment in objects:
            services.activate_segment(segment=segment, user=kwargs["self"].request.user)
        return len(objects), 0


class DeactivateBulkAction(SegmentBulkAction):
    display_name = gettext_lazy("Deactivate")
    aria_label = gettext_lazy("Deactivate the chosen segments")
    action_type = "deactivate"
    action_priority = 15
    question = gettext_lazy("Deactivate these segments? They keep their members; what uses them goes on with these.")
    done = gettext_lazy("Deactivated")

    @classmethod
    def execute_action(cls, objects: list[Segment], **kwargs: Any) -> tuple[int, int]:
        for segment in objects:
            services.deactivate_segment(segment=segment, user=kwargs["self"].request.user)
        return len(objects), 0


class RefreshBulkAction(SegmentBulkAction):
    display_name = gettext_lazy("Refresh")
    aria_label = gettext_lazy("Refresh the chosen segments")
    action_type = "refresh"
    action_priority = 5
    question = gettext_lazy("Bring the members of these segments up to date?")
    done = gettext_lazy("A worker brings up to date")

    @classmethod
    def execute_action(cls, objects: list[Segment], **kwargs: Any) -> tuple[int, int]:
        params = {"segments": [one.pk for one in objects]}
        enqueue_job(kind="segments.refresh", params=params, created_by=kwargs["self"].request.user)
        return len(objects), 0


class DeleteSegmentsBulkAction(DeleteBulkAction):
    """In place of Wagtail's, which asks nobody who uses them: those that are in use stay."""

    models = (Segment,)

    def check_perm(self, snippet: Segment) -> bool:
        return may(self.request.user, DELETE)

    @classmethod
    def execute_action(cls, objects: list[Segment], **kwargs: Any) -> tuple[int, int]:
        gone, kept = 0, []
        for segment in objects:
            try:
                services.delete_segment(segment=segment)
                gone += 1
            except DomainError as error:
                kept.append(str(error))
        kwargs["self"].kept = kept
        return gone, 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        deleted = ngettext("%(count)s segment deleted.", "%(count)s segments deleted.", num_parent_objects)
        return " ".join([deleted % {"count": num_parent_objects}, *getattr(self, "kept", ())])


ACTIONS = (RefreshBulkAction, ActivateBulkAction, DeactivateBulkAction, DeleteSegmentsBulkAction)
