from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    name = "wagtail_marketing.insights"
    label = "wagtail_marketing_insights"
    verbose_name = _("Marketing: insights")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = (
        "wagtail_marketing.commerce",
        "wagtail_marketing.activity",
        "wagtail_marketing.segments",
        "wagtail_marketing.messaging",
        "wagtail_marketing.campaigns",
    )

    def ready(self) -> None:
        from wagtail_marketing.api import registry as api
        from wagtail_marketing.core.tasks import drains
        from wagtail_marketing.jobs import registry as jobs

        from . import conditions, privacy, tasks

        conditions.register()
        privacy.register()
        drains.register("attribution", tasks.drain)
        drains.register("scores", tasks.drain_scores)
        jobs.register(
            "insights.scores",
            label=_("Compute the scores of contacts"),
            run="wagtail_marketing.insights.tasks.scores_job",
            permission="wagtail_marketing_insights.compute_rfmscore",
        )
        api.register_scope("reports:read", _("Read reports and the dashboard's figures"))
        api.register("analytics", "wagtail_marketing.insights.api.AnalyticsViewSet", basename="analytics")
        api.register(
            r"campaigns/(?P<campaign_pk>\d+)/report",
            "wagtail_marketing.insights.api.ReportViewSet",
            basename="campaign-report",
        )
