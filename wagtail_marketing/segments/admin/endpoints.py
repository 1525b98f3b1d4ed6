"""What the builder asks while somebody works: a count, and words to choose from. JSON, and it fails closed."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingView
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.segments import selectors
from wagtail_marketing.segments.engine.draft import parse_draft
from wagtail_marketing.segments.engine.tree import Group
from wagtail_marketing.segments.engine.words import sentence
from wagtail_marketing.segments.errors import InvalidRules, TooSlow
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.references import check_references
from wagtail_marketing.segments.registry import suggesters

from .parts import ADD, CHANGE, VIEW_PERSONAL_DATA

#: A tree of 100 conditions with long lists fits; more is no tree that somebody built.
MAX_BODY = 512 * 1024


class BuilderView(MarketingView):
    """For whoever may add or change segments: a count of any rules tells about people."""

    def get_marketing_permission(self) -> str:
        return ADD if may(self.request.user, ADD) else CHANGE


class PreviewView(BuilderView):
    """``{"rules": ..., "segment": id?}`` -> how many, how many are reachable, three of them, all in words.

    A condition that is not finished does not count and does not stop the count: it stands in ``errors`` as
    ``{"path", "message"}``. ``words`` are by path. Where nothing can be counted, ``count`` is null.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> JsonResponse:
        try:
            if len(request.body) > MAX_BODY:
                raise InvalidRules(_("The rules are too long."))
            asked = json.loads(request.body)
            draft = parse_draft(asked.get("rules"))
        except InvalidRules as error:
            # No failure of the request: somebody is still at work.
            return JsonResponse(self._answer(errors=[error.as_dict()]))
        except (ValueError, AttributeError, RecursionError):
            return JsonResponse({"errors": [{"path": "", "message": _("This is not JSON.")}]}, status=400)
        errors = [fault.as_dict() for fault in draft.faults]
        words = {path: rule.condition.text(rule.params) for path, rule in draft.leaves()}
        if draft.tree is None:
            return JsonResponse(self._answer(text=_("No condition is finished yet."), errors=errors))
        try:
            self._check_references(draft.tree, asked)
            found = selectors.preview(draft.tree)
        except InvalidRules as error:
            errors.append(error.as_dict())
            return JsonResponse(self._answer(errors=errors, words=words))
        except TooSlow as error:
            return JsonResponse(self._answer(text=str(error), errors=errors, words=words))
        return JsonResponse(
            self._answer(
                count=found.count,
                reachable=found.reachable,
                text=_count_text(found),
                sample=[self._shown(person) for person in found.sample],
                sentence=sentence(draft.tree),
                words=words,
                errors=errors,
            )
        )

    def _answer(self, **given: Any) -> dict[str, Any]:
        empty = {"count": None, "reachable": {}, "text": "", "sample": [], "sentence": "", "words": {}, "errors": []}
        found = {**empty, **given}
        return {**found, "notice": _notice(len(found["errors"])) if found["words"] or found["text"] else ""}

    def _check_references(self, tree: Group, asked: dict[str, Any]) -> None:
        """Refuse a circle while it is built. Raises ``InvalidRules`` with the path of the condition."""
        if "segments" not in tree.reads():
            return
        known = asked.get("segment")
        segment = Segment.objects.filter(pk=known).first() if isinstance(known, int) else None
        check_references(rules=asked["rules"], segment=segment)

    def _shown(self, person: selectors.Person) -> str:
        """A name to who may see names; else only which row it is."""
        if may(self.request.user, VIEW_PERSONAL_DATA):
            return person.name or person.email or person.key or f"#{person.id}"
        return _("Contact %(id)s") % {"id": person.id}


def _notice(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(n)s condition is not finished and does not count.",
        "%(n)s conditions are not finished and do not count.",
        count,
    ) % {"n": count}


def _count_text(found: selectors.Preview) -> str:
    people = ngettext("≈ %(n)s person", "≈ %(n)s people", found.count) % {"n": localize(found.count)}
    reach = ", ".join(
        _("%(n)s reachable by %(channel)s") % {"n": localize(count), "channel": _channel(channel)}
        for channel, count in found.reachable.items()
    )
    return f"{people}, {reach}"


def _channel(key: str) -> str:
    """The channel inside a sentence."""
    return {"email": _("e-mail"), "sms": _("SMS")}.get(key) or str(channels[key].label)


class SuggestView(BuilderView):
    """``?kind=categories|skus|tags|channels|...&q=...`` -> a few ``{"value", "label"}``; see ``suggesters``."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> JsonResponse:
        wanted = request.GET.get("q", "").strip()[:100]
        find = suggesters.get(request.GET.get("kind", ""))
        if find is None:
            return JsonResponse({"results": []}, status=404)
        return JsonResponse({"results": [{"value": value, "label": label} for value, label in find(wanted)]})
