"""What the builder asks while somebody works: a count, and words to choose from. JSON, and it fails closed."""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingView
from wagtail_marketing.commerce.models import Category, Product
from wagtail_marketing.contacts.models import Tag
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.segments import selectors
from wagtail_marketing.segments.engine.tree import parse
from wagtail_marketing.segments.engine.words import sentence
from wagtail_marketing.segments.errors import InvalidRules, TooSlow

VIEW_PERSONAL_DATA = "wagtail_marketing_contacts.view_personal_data"
#: A tree of 100 conditions with long lists fits; more is no tree that somebody built.
MAX_BODY = 512 * 1024


class BuilderView(MarketingView):
    """For whoever may add or change segments: a count of any rules tells about people."""

    def get_marketing_permission(self) -> str:
        adds, changes = "wagtail_marketing_segments.add_segment", "wagtail_marketing_segments.change_segment"
        return adds if may(self.request.user, adds) else changes


class PreviewView(BuilderView):
    """``{"rules": ...}`` -> how many, how many are reachable, three of them, and every rule in words.

    Rules that are not finished give ``{"error": {"path", "message"}}``.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> JsonResponse:
        try:
            if len(request.body) > MAX_BODY:
                raise InvalidRules(_("The rules are too long."))
            tree = parse(json.loads(request.body).get("rules"))
            found = selectors.preview(tree)
        except InvalidRules as error:
            # No failure of the request: somebody is still filling in a row.
            return JsonResponse({"error": error.as_dict()})
        except TooSlow as error:
            return JsonResponse({"error": {"path": "", "message": str(error)}})
        except (ValueError, AttributeError):
            return JsonResponse({"error": {"path": "", "message": _("This is not JSON.")}}, status=400)
        return JsonResponse(
            {
                "count": found.count,
                "reachable": found.reachable,
                "text": _count_text(found),
                "sample": [self._shown(person) for person in found.sample],
                "sentence": sentence(tree),
                "words": {rule.path: rule.condition.text(rule.params) for rule in tree.leaves()},
            }
        )

    def _shown(self, person: selectors.Person) -> str:
        """A name to who may see names; else only which row it is."""
        if may(self.request.user, VIEW_PERSONAL_DATA):
            return person.name or person.email or person.key or f"#{person.id}"
        return _("Contact %(id)s") % {"id": person.id}


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
    """``?kind=categories|skus|tags&q=...`` -> at most 20 ``{"value", "label"}``."""

    http_method_names = ["get"]
    MOST = 20

    def get(self, request: HttpRequest) -> JsonResponse:
        wanted = request.GET.get("q", "").strip()[:100]
        finder: Any = {"categories": self._categories, "skus": self._skus, "tags": self._tags}.get(
            request.GET.get("kind", "")
        )
        if finder is None:
            return JsonResponse({"results": []}, status=404)
        return JsonResponse({"results": [{"value": value, "label": label} for value, label in finder(wanted)]})

    def _categories(self, wanted: str) -> list[tuple[str, str]]:
        found = Category.objects.filter(folded__contains=wanted.casefold()).order_by("folded")
        return [(name, name) for name in found.values_list("name", flat=True)[: self.MOST]]

    def _skus(self, wanted: str) -> list[tuple[str, str]]:
        found = Product.objects.filter(Q(sku__istartswith=wanted) | Q(name__icontains=wanted)).order_by("sku")
        return [(sku, f"{sku} · {name}") for sku, name in found.values_list("sku", "name")[: self.MOST]]

    def _tags(self, wanted: str) -> list[tuple[str, str]]:
        found = Tag.objects.filter(name__icontains=wanted).order_by("name")
        return [(slug, name) for slug, name in found.values_list("slug", "name")[: self.MOST]]
