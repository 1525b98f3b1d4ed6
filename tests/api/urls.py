"""A small API over Django's groups, standing on the kit as a capability's does."""

import uuid

from django.contrib.auth.models import Group
from django.urls import include, path
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingAPIView, MarketingViewSet
from wagtail_marketing.core.errors import InvalidInput, NotConfigured, WrongState


class GroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = Group
        fields = ["id", "name"]


class GroupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, MarketingViewSet):
    required_scopes = {"read": ("groups:read",), "write": ("groups:write",), "purge": ("groups:purge",)}
    queryset = Group.objects.all()
    serializer_class = GroupSerializer

    @extend_schema(request=None, responses={204: None})
    @action(detail=False, methods=["post"])
    def purge(self, request):
        Group.objects.all().delete()
        return Response(status=204)

    @extend_schema(request=None, responses={201: GroupSerializer})
    @action(detail=False, methods=["post"])
    def copy(self, request):
        """Makes a group of a name that nobody has."""
        group = Group.objects.create(name=uuid.uuid4().hex)
        return Response(self.get_serializer(group).data, status=201)

    @extend_schema(request=None, responses={200: GroupSerializer})
    @action(detail=False, methods=["post"])
    def fail(self, request):
        Group.objects.create(name="half done")
        kind = request.data.get("kind")
        errors = {"input": InvalidInput, "state": WrongState, "setting": NotConfigured}
        raise errors[kind]("It failed.", field="kind", remedy="Do not.")


class BareView(MarketingAPIView):
    def get(self, request):
        return Response({"open": True})


router = SimpleRouter()
router.register("groups", GroupViewSet, basename="group")
urlpatterns = [
    path("marketing/", include(([path("api/", include((router.urls, "api")))], "wagtail_marketing"))),
    path("bare/", BareView.as_view()),
]
