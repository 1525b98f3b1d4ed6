"""A block for pages: some content for the members of a segment, other content for everybody else.

::

    body = StreamField([
        ("paragraph", RichTextBlock()),
        ("for_segment", ShowToSegmentBlock([("paragraph", RichTextBlock())])),
    ])

How it reaches the visitor is the setting ``SEGMENT_BLOCK``: see ``docs/how-to/show-to-a-segment.md``.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page

from wagtail_marketing.conf import settings

from .middleware import make_private
from .visitor import holds

#: Wagtail's name of the preview as a member; any other preview shows what everybody else sees.
AS_MEMBER = "wm-member"


def segment_choices() -> list[tuple[str, str]]:
    """The published segments, by name."""
    from .models import Segment

    return [(str(pk), name) for pk, name in Segment.objects.filter(live=True).values_list("pk", "name")]


class ShowToSegmentBlock(blocks.StructBlock):
    """``segment``, ``inside`` for its members, ``others`` for guests, the unknown and everybody else."""

    segment = blocks.ChoiceBlock(choices=segment_choices, label=_("Segment"))

    def __init__(self, content: Iterable[tuple[str, Any]] = (), **kwargs: Any):
        content = list(content)
        local = [
            ("inside", blocks.StreamBlock(content, label=_("Members of the segment see"))),
            (
                "others",
                blocks.StreamBlock(
                    content,
                    required=False,
                    label=_("Everybody else sees"),
                    help_text=_("Guests and people whom the shop does not know are among them."),
                ),
            ),
        ]
        super().__init__(local if content else (), **kwargs)

    class Meta:
        icon = "wm-segments"
        label = _("Show to a segment")
        template = "wagtail_marketing_segments/blocks/show_to_segment.html"

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        request = context.get("request")
        inside, src = False, ""
        if request is None:
            pass
        elif getattr(request, "is_preview", False):
            inside = getattr(request, "preview_mode", "") == AS_MEMBER
        elif settings.segment_block == "server":
            # Nobody's answer may be stored: neither a member's for the others nor the others' for a member.
            inside = make_private(request) and holds(request, value.get("segment"))
        else:
            page = context.get("page")
            src = self.source(page, value) if isinstance(page, Page) and page.pk else ""
        context.update(shown=value.get("inside" if inside else "others"), src=src)
        return context

    def digest(self, value: Any) -> str:
        """By which the fragment of this value is found on its page."""
        raw = json.dumps(self.get_prep_value(value), sort_keys=True, default=str)
        return hashlib.sha256(raw.encode()).hexdigest()[:24]

    def source(self, page: Page, value: Any) -> str:
        """Where a visitor's browser asks for what it may see instead."""
        return reverse("wagtail_marketing:segment_fragment", args=[page.pk, self.digest(value)])

    def extract_references(self, value: Any) -> Iterator[tuple[Any, str, str, str]]:
        """The segment too, so that a page that needs it is among what uses it."""
        from .models import Segment

        yield from super().extract_references(value)
        if str(value.get("segment") or "").isdecimal():
            yield Segment, str(value["segment"]), "segment", "segment"


class SegmentPreviewMixin:
    """For a page with the block: its preview as a member of its segments, and as everybody else."""

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        others = [mode for mode in super().preview_modes if mode[0]]  # type: ignore[misc]
        return [("", _("As everybody else")), (AS_MEMBER, _("As a member of the segment")), *others]


def shown_to_segments(page: Page) -> Iterator[tuple[ShowToSegmentBlock, Any]]:
    """Every block of the kind on a page, with its value, however deep it stands."""
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            stream = getattr(page, field.name)
            yield from _walk(stream.stream_block, stream)


def _walk(block: Any, value: Any) -> Iterator[tuple[ShowToSegmentBlock, Any]]:
    if isinstance(block, blocks.StreamBlock):
        for child in value or ():
            yield from _walk(child.block, child.value)
    elif isinstance(block, blocks.ListBlock):
        for item in value or ():
            yield from _walk(block.child_block, item)
    elif isinstance(block, blocks.StructBlock):
        if isinstance(block, ShowToSegmentBlock):
            yield block, value
        for name, child in block.child_blocks.items():
            yield from _walk(child, value.get(name))
