from wagtail.models import Site

from wagtail_marketing.api.models import ApiToken
from wagtail_marketing.jobs.models import Job

from . import PUBLIC, Row, model_rows


def a_site():
    return {"site_id": Site.objects.get(is_default_site=True).pk}


def a_job():
    return {"pk": Job.objects.create(kind="test.none").pk}


def a_token():
    return {"pk": ApiToken.objects.create(name="T", digest="0" * 64, scopes=[]).pk}


ROWS = {
    "marketing_settings:index": Row("manager editor"),
    "marketing_settings:first_site": Row("manager", get=302),
    "marketing_settings:site": Row("manager", a_site),
    **model_rows("marketing_jobs", view="manager editor", read_only=True),
    "marketing_jobs:job": Row("manager editor", a_job),
    "marketing_jobs:progress": Row("manager editor", a_job),
    # A job without a file, and a kind that nobody registered: managers only, and there is nothing.
    "marketing_jobs:file": Row("manager", a_job, get=404),
    "marketing_jobs:cancel": Row("manager", a_job),
    **model_rows("marketing_tokens", view="manager", read_only=True),
    "marketing_tokens:add": Row("manager"),
    "marketing_tokens:revoke": Row("manager", a_token),
    "wagtail_marketing:api:schema-json": PUBLIC,
    "wagtail_marketing:api:schema-yaml": PUBLIC,
    "wagtail_marketing:api:docs": PUBLIC,
}
