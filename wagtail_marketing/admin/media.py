"""The kit's own files, loaded by form ``Media`` and only on pages that need them."""

from django.forms import Media

#: Styles of every component, and the small controllers (confirm, poll).
KIT_MEDIA = Media(
    css={"all": ["wagtail_marketing/css/admin.css"]},
    js=["wagtail_marketing/js/kit.js"],
)

#: Chart.js (vendored, MIT) and our controller over it.
CHART_MEDIA = KIT_MEDIA + Media(
    js=["wagtail_marketing/vendor/chart-4.6.1.umd.min.js", "wagtail_marketing/js/chart.js"],
)
