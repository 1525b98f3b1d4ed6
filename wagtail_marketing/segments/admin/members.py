"""The people behind each figure of a segment: searched, narrowed, paged by key, exported."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils.formats import date_format, localize
from django.utils.html import format_html
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.components import DataTable, EmptyState
from wagtail_marketing.admin.export import csv_lines
from wagtail_marketing.admin.pagination import capped_count
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.contacts.selectors import deliverable_q, search_q
from wagtail_marketing.core import clock
from wagtail_marketing.segments import figures
from wagtail_marketing.segments.models import Membership, Segment

from .parts import EXPORT, VIEW, VIEW_PERSONAL_DATA, SegmentPageMixin, contact_link, local

PER_PAGE = 50
ENTERED, LEFT = "entered", "left"
DID = {"bought": gettext_lazy("ordered"), **{
    "email.sent": gettext_lazy("were sent an e-mail"),
    "email.opened": gettext_lazy("opened an e-mail"),
    "email.clicked": gettext_lazy("clicked in an e-mail"),
    "email.unsubscribed": gettext_lazy("unsubscribed by e-mail"),
}}  # fmt: skip


@dataclass
class Wanted:
    """What the address asks for; what it says wrongly is left out."""

    show: str = ""
    q: str = ""
    reach: str = ""
    did: str = ""
    also_in: list[Segment] = field(default_factory=list)
    not_in: list[Segment] = field(default_factory=list)
    start: date = date.min
    end: date = date.max

    @classmethod
    def read(cls, data: QueryDict) -> "Wanted":
        def segments(name: str) -> list[Segment]:
            ids = [int(one) for one in data.getlist(name)[:5] if one.isdecimal() and len(one) < 18]
            return list(Segment.objects.filter(pk__in=ids).order_by("pk")) if ids else []

        start, end = figures.read_period(data, days=90)
        show, reach, did = data.get("show", ""), data.get("reach", ""), data.get("did", "")
        return cls(
            show=show if show in (ENTERED, LEFT) else "",
            q=data.get("q", "").strip()[:100],
            reach=reach if reach in channels else "",
            did=did if did in DID else "",
            also_in=segments("in"),
            not_in=segments("not_in"),
            start=start,
            end=end,
        )

    @property
    def column(self) -> str:
        return "left_at" if self.show == LEFT else "entered_at"

    def stays(self, segment: Segment, *, plain: bool) -> QuerySet[Membership]:
        """Of people, in any order. A search by name or address is for who may see them."""
        week = clock.now() - figures.WEEK
        stays = Membership.objects.filter(segment=segment)
        if self.show:
            stays = stays.filter(**{f"{self.column}__gte": week})
        else:
            stays = figures.narrowed(
                stays.filter(left_at__isnull=True),
                also_in=[one.pk for one in self.also_in],
                not_in=[one.pk for one in self.not_in],
            )
        if self.q:
            stays = stays.filter(contact__in=Contact.objects.filter(search_q(self.q, plain=plain)).values("pk"))
        if self.reach:
            stays = stays.filter(deliverable_q(self.reach, contact="contact"))
        if self.did:
            start, end = figures.days_to_instants(self.start, self.end)
            if self.did == "bought":
                stays = figures.bought_in(stays, start=start, end=end)
            else:
                stays = figures.did_in(stays, self.did, start=start, end=end)
        return stays

    def words(self) -> list[str]:
        """What the list is narrowed to."""
        found = []
        if self.show:
            found.append(_("came in the last 7 days") if self.show == ENTERED else _("left in the last 7 days"))
        if self.reach:
            found.append(_("reachable by e-mail") if self.reach == "email" else _("reachable by SMS"))
        found += [_("also in “%(segment)s”") % {"segment": one} for one in self.also_in]
        found += [_("not in “%(segment)s”") % {"segment": one} for one in self.not_in]
        if self.did:
            days = {
                "what": DID[self.did],
                "start": date_format(self.start, "SHORT_DATE_FORMAT"),
                "end": date_format(self.end, "SHORT_DATE_FORMAT"),
            }
            found.append(_("%(what)s from %(start)s to %(end)s") % days)
        return found


def after(stays: QuerySet[Membership], column: str, mark: str) -> QuerySet[Membership]:
    """``stays`` from the newest on, after the row that ``mark`` (``time~id``) names: by index, at any depth."""
    stays = stays.order_by(F(column).desc(), "-pk")
    moment, _tilde, pk = mark.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        number = int(pk)
    except ValueError:
        return stays
    if at.tzinfo is None:
        return stays
    return stays.filter(Q(**{f"{column}__lt": at}) | Q(**{column: at, "pk__lt": number}))


class MembersView(SegmentPageMixin, MarketingTemplateView):
    template_name = "wagtail_marketing_segments/members.html"
    page_title = gettext_lazy("Members")
    tab = "members"

    @cached_property
    def wanted(self) -> Wanted:
        return Wanted.read(self.request.GET)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wanted = self.wanted
        stays = wanted.stays(self.segment, plain=self.plain)
        count, more = capped_count(stays)
        page = list(
            after(stays, wanted.column, self.request.GET.get("after", "")).select_related("contact")[: PER_PAGE + 1]
        )
        shown, rest = page[:PER_PAGE], page[PER_PAGE:]
        return super().get_context_data(
            wanted=wanted,
            words=wanted.words(),
            table=self._table(shown) if shown else None,
            empty=EmptyState(
                title=_("Nobody here"), text=_("Nobody matches, as of the last refresh."), icon="wm-segments"
            ),
            count=(_("more than %(count)s people") if more else _("%(count)s people")) % {"count": localize(count)},
            next_url=self._url(shown[-1]) if rest else "",
            first_url=self._url() if self.request.GET.get("after") else "",
            all_url=reverse("marketing_segments:members", args=(self.segment.pk,)),
            export_url=self._export_url(),
            hidden=[
                (name, value)
                for name, values in self.request.GET.lists()
                for value in values
                if name not in ("q", "after")
            ],
            **kwargs,
        )

    def _url(self, last: Membership | None = None) -> str:
        query = self.request.GET.copy()
        query.pop("after", None)
        if last is not None:
            query["after"] = f"{getattr(last, self.wanted.column).isoformat()}~{last.pk}"
        return f"?{query.urlencode()}"

    def _export_url(self) -> str:
        if not may(self.request.user, (EXPORT, VIEW_PERSONAL_DATA)):
            return ""
        query = self.request.GET.copy()
        query.pop("after", None)
        return f"{reverse('marketing_segments:export_members', args=(self.segment.pk,))}?{query.urlencode()}"

    def _table(self, shown: list[Membership]) -> DataTable:
        headings = [_("Contact"), _("In since")]
        if self.wanted.show == LEFT:
            headings.append(_("Left"))
        if self.plain:
            headings.append(_("Why"))
        why = reverse("marketing_segments:why", args=(self.segment.pk,))
        rows = []
        for one in shown:
            row = [contact_link(one.contact, plain=self.plain), local(one.entered_at)]
            if self.wanted.show == LEFT:
                row.append(local(one.left_at))
            if self.plain:
                row.append(
                    format_html(
                        '<a href="{}?{}">{}<span class="w-sr-only"> {}</span></a>',
                        why,
                        urlencode({"contact": one.contact_id}),
                        _("Why?"),
                        one.contact,
                    )
                )
            rows.append(row)
        return DataTable(caption=_("Members"), quiet_caption=True, headings=headings, rows=rows)


class ExportMembersView(SegmentPageMixin, MarketingView):
    """The same list as CSV, streamed: a million rows take no memory."""

    marketing_permission = (VIEW, EXPORT, VIEW_PERSONAL_DATA)
    http_method_names = ["get"]
    CHUNK = 2000

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        wanted = Wanted.read(request.GET)
        stays = wanted.stays(self.segment, plain=True).order_by(F(wanted.column).desc(), "-pk")
        headings = ["external_key", "email", "first_name", "last_name", "entered_at", "left_at"]
        response = StreamingHttpResponse(csv_lines(headings, self._rows(stays)), content_type="text/csv; charset=utf-8")
        name = slugify(self.segment.name) or "segment"
        response["Content-Disposition"] = f'attachment; filename="{name}-{self.segment.pk}.csv"'
        return response

    def _rows(self, stays: QuerySet[Membership]) -> Iterator[list[Any]]:
        columns = ("contact__external_key", "contact__email", "contact__first_name", "contact__last_name")
        for *who, entered, left in stays.values_list(*columns, "entered_at", "left_at").iterator(self.CHUNK):
            yield [*(value or "" for value in who), entered.isoformat(), left.isoformat() if left else ""]
