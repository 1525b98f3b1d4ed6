from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class SegmentsConfig(AppConfig):
    name = "wagtail_marketing.segments"
    label = "wagtail_marketing_segments"
    verbose_name = _("Marketing: segments")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ("wagtail_marketing.contacts", "wagtail_marketing.commerce")

    def ready(self) -> None:
        from wagtail_marketing.api import registry as api
        from wagtail_marketing.contacts.registry import change_readers, list_users
        from wagtail_marketing.core.tasks import drains
        from wagtail_marketing.jobs import registry as jobs

        from . import conditions, facts, page_uses, privacy, registry, subscribers, tasks, timeline  # noqa: F401  they listen

        conditions.register()
        list_users.register("segments", conditions.static_list.users_of)
        registry.usages.register("pages", page_uses.pages_with)
        registry.usage_counts.register("pages", page_uses.page_counts)
        privacy.register()
        change_readers.register("segments", "wagtail_marketing.segments.tasks.recheck")
        timeline.register()
        # A contact that changed waits for no refresh.
        drains.register("segments.recheck", tasks.recheck_due)
        drains.register("segments.wheel", tasks.turn_wheel)
        drains.register("segments", tasks.refresh_due)
        drains.register("segments.retain", tasks.retain)
        jobs.register(
            "segments.refresh",
            label=_("Bring segments up to date"),
            run="wagtail_marketing.segments.tasks.refresh_job",
            permission="wagtail_marketing_segments.change_segment",
        )
        api.register_scope("segments:read", _("Read segments and count people"))
        api.register_scope("segments:write", _("Create, change, refresh and delete segments"))
        api.register("segments", "wagtail_marketing.segments.api.SegmentViewSet", basename="segment")
        if apps.is_installed("wagtail_marketing.discounts"):
            from wagtail_marketing.discounts.registry import fact_choices, fact_providers

            fact_providers.register("segments", facts.segments_of)
            fact_choices.register("segments", facts.choices)
            registry.usages.register("discounts", facts.discounts_with)
            registry.usage_counts.register("discounts", facts.discount_counts)
        jobs.register(
            "segments.to_list",
            label=_("Add a segment's people to a list"),
            run="wagtail_marketing.segments.tasks.to_list_job",
            permission="wagtail_marketing_contacts.change_contactlist",
        )
