"""Long lists without a full count.

``SELECT COUNT(*)`` over a million rows is what makes a list slow; a reader needs to know "more than
10,000". Use it as ``paginator_class`` of an index view (``MarketingModelViewSet`` does)::

    class ContactIndexView(MarketingIndexView):
        paginator_class = CappedPaginator
"""

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.paginator import WagtailPaginator

#: Rows that are counted exactly; more are "more than this".
COUNT_CAP = 10_000


def capped_count(queryset: Any, cap: int = COUNT_CAP) -> tuple[int, bool]:
    """``(count, more)``: rows up to ``cap``, and whether there are more; reads at most ``cap + 1`` index rows.

    The rows are taken by their id: whoever shows a page of them has walked the same index, and a database
    that may take any rows would rather read the table.
    """
    if not hasattr(queryset, "query"):
        count = len(queryset)
        return min(count, cap), count > cap
    count = queryset.order_by("-pk")[: cap + 1].count() if not queryset.query.is_sliced else queryset.count()
    return min(count, cap), count > cap


class CappedPaginator(WagtailPaginator):
    """Counts to ``COUNT_CAP`` and says "more than" beyond; pages end there, so filter or search."""

    cap = COUNT_CAP

    @cached_property
    def _capped(self) -> tuple[int, bool]:
        return capped_count(self.object_list, self.cap)

    @cached_property
    def count(self) -> int:
        return self._capped[0]

    @cached_property
    def items_count_label(self) -> str:
        count, more = self._capped
        if more:
            return _("more than %(count)s %(items)s") % {"count": intcomma(count), "items": self.verbose_name_plural}
        name = self.verbose_name if count == 1 else self.verbose_name_plural
        return f"{intcomma(count)} {name}"
