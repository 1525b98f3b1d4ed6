"""The Settings entry of the menu: cards of every room's settings, and "Sender and brand" per site."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList, Panel
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.views import generic
from wagtail.log_actions import log
from wagtail.models import Site

from wagtail_marketing.conf import settings
from wagtail_marketing.models import MarketingSettings

from . import registry
from .components import Checklist, CheckRow
from .contrast import ENOUGH, contrast
from .media import KIT_MEDIA
from .permissions import may
from .views import MarketingPermissionMixin, MarketingTemplateView, MarketingView
from .viewsets import MarketingViewSet

CHANGE = "wagtail_marketing.change_marketingsettings"
VIEW = "wagtail_marketing.view_marketingsettings"


class ReadabilityPanel(Panel):
    """Whether the saved colours can be read on each other."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "wagtail_marketing/admin/readability.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context = super().get_context_data(parent_context)
            # The row as it is saved: a bound form has put what was typed into the instance.
            saved = MarketingSettings.objects.filter(pk=self.instance.pk).first() or MarketingSettings()
            context["checklist"] = Checklist(contrast_rows(saved), label=_("Readability"))
            return context


class ZoneSelect(forms.Select):
    """Every IANA zone; empty is the installation's."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        empty = _("As the installation: %(zone)s") % {"zone": settings.time_zone}
        self.choices = [("", empty), *((zone, zone) for zone in sorted(available_timezones()))]
        return super().optgroups(name, value, attrs)


class LanguageSelect(forms.Select):
    """The site's languages; empty is the installation's."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        empty = _("As the installation: %(language)s") % {"language": django_settings.LANGUAGE_CODE}
        self.choices = [("", empty), *django_settings.LANGUAGES]
        return super().optgroups(name, value, attrs)


class ColourInput(forms.TextInput):
    """A hex colour as text, with a picker beside it where scripts run."""

    def __init__(self, label: Any):
        super().__init__(
            attrs={"data-controller": "wm-colour", "data-wm-colour-label-value": label, "spellcheck": "false"}
        )


def colour(name: str, label: Any) -> FieldPanel:
    return FieldPanel(name, widget=ColourInput(label))


panels = ObjectList(
    [
        InlinePanel(
            "senders",
            heading=gettext_lazy("Senders"),
            label=gettext_lazy("Sender"),
            help_text=gettext_lazy("In whose name messages go out. The first is the default."),
            panels=[FieldPanel("name"), FieldPanel("address"), FieldPanel("reply_to")],
        ),
        MultiFieldPanel(
            [FieldPanel("postal_address"), FieldPanel("footer_text")],
            heading=gettext_lazy("At the foot of every e-mail"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("logo"),
                FieldRowPanel(
                    [
                        colour("colour_brand", gettext_lazy("Pick the brand colour")),
                        colour("colour_on_brand", gettext_lazy("Pick the colour of text on it")),
                    ]
                ),
                FieldRowPanel(
                    [
                        colour("colour_background", gettext_lazy("Pick the background")),
                        colour("colour_text", gettext_lazy("Pick the colour of text")),
                    ]
                ),
                ReadabilityPanel(),
            ],
            heading=gettext_lazy("Look"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel(
                    [
                        FieldPanel("time_zone", widget=ZoneSelect),
                        FieldPanel("default_locale", widget=LanguageSelect),
                    ]
                ),
                FieldPanel("currency"),
            ],
            heading=gettext_lazy("Place"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("keep_message_bodies_days"), FieldPanel("keep_messages_days")]),
                FieldRowPanel([FieldPanel("keep_events_days"), FieldPanel("keep_carts_days")]),
                FieldPanel("keep_jobs_days"),
            ],
            heading=gettext_lazy("How long data is kept (days)"),
        ),
    ]
)


class SettingsIndexView(MarketingTemplateView):
    """Cards, each shown to who holds its permission."""

    template_name = "wagtail_marketing/admin/settings_index.html"
    page_title = gettext_lazy("Marketing settings")
    header_icon = "wm-settings"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        cards = sorted(
            (page for page in registry.settings_pages if may(user, page.permission)),
            key=lambda page: (page.order, page.key),
        )
        return super().get_context_data(cards=cards, **kwargs)


class FirstSiteView(MarketingView):
    """Leads to the settings of the site in whose admin one is, else of the default site."""

    def get(self, request: HttpRequest) -> HttpResponse:
        site = Site.find_for_request(request) or Site.objects.order_by("-is_default_site", "pk").first()
        if site is None:
            messages.error(request, _("There is no site yet: add one under Settings, Sites."))
            return redirect("marketing_settings:index")
        return redirect("marketing_settings:site", site.pk)


class SiteSettingsView(MarketingPermissionMixin, generic.EditView):
    """The form of one site. Its row is made by the first save, so that looking changes nothing."""

    model = MarketingSettings
    template_name = "wagtail_marketing/admin/site_settings.html"
    page_title = gettext_lazy("Sender and brand")
    header_icon = "wm-settings"
    # MarketingPermissionMixin asks; Wagtail's own check would ask about an object that is not there yet.
    permission_required = None
    success_message = gettext_lazy("The settings were saved.")
    error_message = gettext_lazy("The settings could not be saved due to errors.")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if may(request.user, self.marketing_permission, owner=type(self).__name__):
            self.object = self.get_object()
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    @cached_property
    def site(self) -> Site:
        return get_object_or_404(Site, pk=self.kwargs["site_id"])

    def get_object(self, queryset: Any = None) -> MarketingSettings:
        return MarketingSettings.objects.filter(site=self.site).first() or MarketingSettings(site=self.site)

    def get_panel(self) -> Any:
        return panels.bind_to_model(MarketingSettings)

    def get_edit_url(self) -> str:
        return reverse("marketing_settings:site", args=[self.site.pk])

    get_success_url = get_edit_url

    def get_success_buttons(self) -> list[Any]:
        return []

    def get_page_subtitle(self) -> str:
        return _("Sender and brand of %(site)s") % {"site": self.site}

    def get_header_title(self) -> str:
        return self.get_page_subtitle()

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("marketing_settings:index"), "label": _("Marketing settings")},
            {"url": "", "label": self.get_page_title(), "sublabel": str(self.site)},
        ]

    def get_side_panels(self) -> Any:
        return MediaContainer()

    def save_instance(self) -> MarketingSettings:
        created = self.object.pk is None
        instance = self.form.save()
        log(
            instance=instance,
            action="wagtail.create" if created else "wagtail.edit",
            user=self.request.user,
            content_changed=self.form.has_changed(),
        )
        return instance

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        for row in contrast_rows(self.object):
            if row.level != "ok":
                messages.warning(self.request, f"{row.label}: {row.text}")
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["media"] = context["media"] + KIT_MEDIA
        context["sites"] = Site.objects.order_by("-is_default_site", "pk")
        context["site"] = self.site
        return context


def contrast_rows(row: MarketingSettings) -> list[CheckRow]:
    """Whether buttons and text can be read, as rows of a checklist."""
    pairs = (
        (_("Text on buttons"), row.colour_on_brand, row.colour_brand),
        (_("Text on the background"), row.colour_text, row.colour_background),
        (_("Links on the background"), row.colour_brand, row.colour_background),
    )
    rows = []
    for label, ink, ground in pairs:
        ratio = contrast(ink, ground)
        enough = ratio >= ENOUGH
        text = _("contrast %(ratio)s : 1") % {"ratio": f"{ratio:.1f}"}
        if not enough:
            text += ". " + _("Ordinary text needs 4.5 : 1; make one of the two darker or lighter.")
        rows.append(CheckRow("ok" if enough else "warn", label, text))
    return rows


class SettingsViewSet(MarketingViewSet):
    """``/admin/marketing/settings/``."""

    slug = "settings"
    menu_label = gettext_lazy("Settings")
    icon = "wm-settings"
    marketing_permission = VIEW

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.view(SettingsIndexView), name="index"),
            path("site/", self.view(FirstSiteView, marketing_permission=CHANGE), name="first_site"),
            path(
                "site/<int:site_id>/",
                self.view(SiteSettingsView, marketing_permission=CHANGE),
                name="site",
            ),
        ]


registry.register_viewset(SettingsViewSet, order=registry.SETTINGS)
registry.register_settings_page(
    "site",
    label=gettext_lazy("Sender and brand"),
    description=gettext_lazy("Who writes, postal address, logo, colours, time zone, currency, how long data is kept."),
    url_name="marketing_settings:first_site",
    permission=CHANGE,
    icon="mail",
    order=100,
)
