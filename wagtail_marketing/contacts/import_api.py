"""REST: files of contacts, checked and imported by the same services as in the admin."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingViewSet

from .imports import plan
from .imports.errors import row_error
from .models import ContactImport, ContactList, ImportFault, Topic
from .services import imports


class ImportSerializer(serializers.ModelSerializer):
    id = serializers.UUIDField(source="uuid", read_only=True)
    columns = serializers.SerializerMethodField(help_text="Heading -> target; empty: ignored.")
    checked = serializers.SerializerMethodField(help_text="What a check found, by word; empty before it.")
    counts = serializers.SerializerMethodField(help_text="What the import did so far, by word.")
    done = serializers.IntegerField(source="position", help_text="Rows that the present phase has done.")
    may_resume = serializers.BooleanField(help_text="It stopped halfway and can go on.")

    class Meta:
        model = ContactImport
        fields = (
            "id",
            "file_name",
            "state",
            "preset",
            "columns",
            "done",
            "total",
            "checked",
            "counts",
            "may_resume",
            "created_at",
            "finished_at",
        )

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_columns(self, source: ContactImport) -> dict[str, str]:
        return dict(zip(source.names, source.columns, strict=True))

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_checked(self, source: ContactImport) -> dict[str, int]:
        return source.checked_counts

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_counts(self, source: ContactImport) -> dict[str, int]:
        return source.counts


class NewImportSerializer(serializers.Serializer):
    file = serializers.FileField(help_text="CSV or XLSX.")
    columns = serializers.JSONField(
        required=False, help_text="Heading -> target, as JSON; headings left out keep the guess, “” ignores a column."
    )
    known = serializers.ChoiceField(
        plan.KNOWN, default=plan.UPDATE, help_text="What to do with known contacts: update, fill (gaps only), skip."
    )
    tag = serializers.CharField(max_length=80, required=False, allow_blank=True, help_text="Put on everybody.")
    list = serializers.PrimaryKeyRelatedField(
        queryset=ContactList.objects.all(), required=False, allow_null=True, help_text="Static list to put them on."
    )
    status = serializers.ChoiceField(
        plan.STATUSES, required=False, help_text="What the file says of everybody; left out: as the file's name says."
    )
    channel = serializers.CharField(default="email", help_text="The channel that status is about: email or sms.")
    topic = serializers.SlugRelatedField("slug", queryset=Topic.objects.all(), required=False, allow_null=True)
    agreed_by = serializers.CharField(
        max_length=500, required=False, help_text="How consent was given, in words; without it none is added."
    )
    agreed_at = serializers.DateTimeField(required=False, help_text="When, for rows without a date of their own.")
    date_order = serializers.ChoiceField(("", "dmy", "mdy"), required=False, help_text="Of dates such as 03/04/2026.")
    run = serializers.BooleanField(default=False, help_text="Import at once; else the file is only checked.")

    def validate_columns(self, columns: Any) -> dict[str, str]:
        if not isinstance(columns, dict) or not all(isinstance(target, str) for target in columns.values()):
            raise serializers.ValidationError("An object of heading and target.")
        return columns


class FaultSerializer(serializers.Serializer):
    row = serializers.IntegerField(help_text="As a spreadsheet counts it.")
    column = serializers.CharField()
    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField()
    remedy = serializers.CharField()


class FaultRowSerializer(serializers.Serializer):
    row = serializers.IntegerField(source="number")
    errors = serializers.SerializerMethodField()

    @extend_schema_field(FaultSerializer(many=True))
    def get_errors(self, fault: ImportFault) -> list[dict[str, Any]]:
        names = self.context["names"]
        return [
            row_error(fault.number, names[int(place)] if place else "", code) for place, code in fault.errors.items()
        ]


class ImportViewSet(ListModelMixin, RetrieveModelMixin, MarketingViewSet):
    """Nothing here adds more than weak, dated evidence; whoever left or is suppressed stays so."""

    required_scopes = {"read": ("imports:read",), "write": ("imports:write",)}
    queryset = ContactImport.objects.select_related("job")
    serializer_class = ImportSerializer
    lookup_field = "uuid"
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
    keyset_ordering = ("-pk",)
    parser_classes = (MultiPartParser, JSONParser)

    @extend_schema(request={"multipart/form-data": NewImportSerializer}, responses={201: ImportSerializer})
    def create(self, request: Request) -> Response:
        """Upload a file, say what its columns mean, and have it checked (or imported, with ``run``)."""
        asked = NewImportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = dict(asked.validated_data)
        upload = data.pop("file")
        source = imports.create_import(file=upload, file_name=upload.name, asked_by=request.auth.name)
        try:
            columns, run = data.pop("columns", {}), data.pop("run")
            if unknown := set(columns) - set(source.names):
                raise serializers.ValidationError({"columns": f"The file has no column “{min(unknown)}”."})
            chosen = [columns.get(name, key) for name, key in zip(source.names, source.columns, strict=True)]
            options = {
                "status": source.options["status"],
                **data,
                "list": data["list"].pk if data.get("list") else None,
                "topic": data["topic"].pk if data.get("topic") else None,
            }
            source = imports.set_plan(source=source, columns=chosen, options=options)
            source = (imports.start_import if run else imports.start_check)(source=source)
        except Exception:
            # A refused request leaves no file behind.
            imports.forget_file(source)
            source.delete()
            raise
        return Response(self.get_serializer(source).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=FaultRowSerializer(many=True))
    @action(detail=True, methods=["get"])
    def errors(self, request: Request, uuid: str) -> Response:
        """The rows that could not be taken: row, column, what is wrong, what to do. The values are not repeated."""
        source = self.get_object()
        rows: QuerySet[ImportFault] = ImportFault.objects.filter(source=source)
        self.keyset_ordering = ("number",)  # type: ignore[assignment]
        page = self.paginate_queryset(rows)
        shown = FaultRowSerializer(page, many=True, context={"names": source.names})
        return self.get_paginated_response(shown.data)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def run(self, request: Request, uuid: str) -> Response:
        """Import a file that was checked."""
        return Response(self.get_serializer(imports.start_import(source=self.get_object())).data)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, uuid: str) -> Response:
        """Stop at the next step; what was done stays."""
        return Response(self.get_serializer(imports.stop_import(source=self.get_object())).data)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, uuid: str) -> Response:
        """Go on after the last row that was done."""
        return Response(self.get_serializer(imports.resume_import(source=self.get_object())).data)
