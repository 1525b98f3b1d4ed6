from . import PUBLIC

ROWS = {
    "wagtail_marketing:open": PUBLIC,
    "wagtail_marketing:click": PUBLIC,
    "wagtail_marketing:unsubscribe": PUBLIC,
    "wagtail_marketing:web_version": PUBLIC,
}
