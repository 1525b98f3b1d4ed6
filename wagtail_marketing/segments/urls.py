"""Public addresses of segments."""

from django.urls import path

from .views import FragmentView

urlpatterns = [path("<int:page>/<slug:digest>/", FragmentView.as_view(), name="segment_fragment")]
