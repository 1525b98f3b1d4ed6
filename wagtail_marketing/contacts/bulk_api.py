"""REST: tags of one contact, and work on everybody who matches."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.jobs.models import Job

from . import services
from .criteria import IDS, SEARCH, Criteria, every_filter
from .models import Tag
from .services.bulk import ask_bulk, job_kind

#: What a program may ask for, and the scope that it takes beside ``contacts:write``. A file is for people;
#: programs read the pages of the list.
ACTIONS = {
    "tag": "contacts:write",
    "untag": "contacts:write",
    "list-add": "lists:write",
    "list-remove": "lists:write",
    "suppress": "consent:write",
}


def filter_parameters() -> list[OpenApiParameter]:
    """The filters of the list, for the schema."""
    found = [OpenApiParameter(SEARCH, str, description="Customer key, e-mail, @domain, phone or beginnings of names.")]
    for name, spec in every_filter().items():
        if spec.kind == "period":
            found += [
                OpenApiParameter(f"{name}_{side}", OpenApiTypes.DATE, description=f"{spec.label}, {word}")
                for side, word in (("from", "from this day"), ("to", "up to and with this day"))
            ]
            continue
        fixed = [str(value) for value, _label in spec.choices()] if spec.choices and not spec.open_choices else None
        found.append(OpenApiParameter(name, str, description=str(spec.label), enum=fixed, many=spec.kind == "several"))
    return found


class TagSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=80)


class BulkSerializer(serializers.Serializer):
    action = serializers.ChoiceField(choices=list(ACTIONS))
    filter = serializers.DictField(
        child=serializers.JSONField(),
        help_text="As the parameters of the list: a text, or a list of texts. Empty means everybody: say all=true.",
    )
    all = serializers.BooleanField(default=False, help_text="Needed where the filter is empty.")
    options = serializers.DictField(
        child=serializers.JSONField(),
        default=dict,
        help_text='tag: {"name"}; untag: {"tag": id}; list-add, list-remove: {"list": id}; '
        'suppress: {"channels": [], "reason"}.',
    )


class BulkJobSerializer(serializers.ModelSerializer):
    count = serializers.IntegerField(source="params.count", help_text="Who matched when it was asked.")

    class Meta:
        model = Job
        fields = ("id", "state", "count", "done", "result", "errors")


class BulkMixin:
    """For the viewset of contacts."""

    @extend_schema(request=TagSerializer, responses={200: serializers.ListSerializer(child=serializers.CharField())})
    @action(detail=True, methods=["post"], pagination_class=None)
    def tags(self, request: Request, uuid: str) -> Response:
        """Put a tag on the contact; again is harmless. Returns its tags."""
        contact = self.get_object()  # type: ignore[attr-defined]
        asked = TagSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.add_tag(contact=contact, name=asked.validated_data["name"])
        return Response(list(contact.tags.order_by("name").values_list("name", flat=True)))

    @extend_schema(
        request=None, responses={204: None}, parameters=[OpenApiParameter("slug", str, OpenApiParameter.PATH)]
    )
    @action(detail=True, methods=["delete"], url_path=r"tags/(?P<slug>[^/.]+)", pagination_class=None)
    def untag(self, request: Request, uuid: str, slug: str) -> Response:
        """Take a tag off the contact; harmless where it is not on."""
        services.remove_tag(contact=self.get_object(), tag=get_object_or_404(Tag, slug=slug))  # type: ignore[attr-defined]
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=BulkSerializer, responses={202: BulkJobSerializer})
    @action(detail=False, methods=["post"], pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Do something with everybody who matches, in the background: ask for the job to see how far it is."""
        asked = BulkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted: dict[str, Any] = asked.validated_data
        if ACTIONS[wanted["action"]] not in request.auth.scopes:
            raise PermissionDenied(_("The token lacks the scope %(scope)s.") % {"scope": ACTIONS[wanted["action"]]})
        if IDS in wanted["filter"]:
            raise InvalidInput(_("Rows are not named by number here."), field="filter.ids")
        known = set(Criteria.names())
        for name in wanted["filter"]:
            if name not in known:
                raise InvalidInput(_("“%(name)s” is not a filter.") % {"name": name}, field=f"filter.{name}")
        criteria = Criteria.read(wanted["filter"], plain=True)
        if not criteria and not wanted["all"]:
            raise InvalidInput(_("Without a filter everybody is meant: say so with all."), field="all")
        job, _created = ask_bulk(action=wanted["action"], criteria=criteria, options=wanted["options"])
        return Response(BulkJobSerializer(job).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        responses=BulkJobSerializer, filters=False, parameters=[OpenApiParameter("job", int, OpenApiParameter.PATH)]
    )
    @action(detail=False, methods=["get"], url_path=r"bulk/(?P<job>\d{1,18})", pagination_class=None)
    def bulk_job(self, request: Request, job: str) -> Response:
        """How far a bulk action is, and what came of it."""
        kinds = [job_kind(name) for name in ACTIONS]
        return Response(BulkJobSerializer(get_object_or_404(Job, pk=job, kind__in=kinds)).data)
