"""Running a discount: activate, pause, end; its codes. Each write is one service."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.log_actions import log

from wagtail_marketing.admin.views import ConfirmView, MarketingTemplateView
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.discounts import services, words
from wagtail_marketing.discounts.models import Code, Discount
from wagtail_marketing.discounts.rules import rules_of

from .forms import BatchForm, CodeForm

INDEX = "marketing_discounts:index"


class _OfDiscount:
    """A view on one discount, with the way back to it."""

    @cached_property
    def discount(self) -> Discount:
        return get_object_or_404(Discount, pk=self.kwargs["pk"])  # type: ignore[attr-defined]

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse(INDEX), "label": _("Discounts")},
            {"url": self.get_success_url(), "label": self.discount.name},
        ]

    def get_success_url(self) -> str:
        return reverse("marketing_discounts:inspect", args=[self.discount.pk])


class _MoveView(_OfDiscount, ConfirmView):
    header_icon = "wm-discounts"
    action = ""

    def get_details(self) -> list[str]:
        return [
            words.summary(rules_of(self.discount), starts_at=self.discount.starts_at, ends_at=self.discount.ends_at)
        ]

    def perform(self) -> Discount:
        with transaction.atomic():
            discount = getattr(services, self.action)(discount=self.discount)
            log(instance=discount, action=f"wagtail_marketing.discount.{self.action}", user=self.request.user)
        return discount


class ActivateView(_MoveView):
    action = "activate"
    page_title = gettext_lazy("Activate")
    question = gettext_lazy("Let this discount apply?")
    confirm_label = gettext_lazy("Activate")

    def get_success_message(self, result: Discount) -> str:
        return _("“%(name)s” is %(status)s.") % {
            "name": result.name,
            "status": str(result.get_status_display()).lower(),
        }


class PauseView(_MoveView):
    action = "pause"
    page_title = gettext_lazy("Pause")
    question = gettext_lazy("Stop this discount for a while?")
    confirm_label = gettext_lazy("Pause")
    success_message = gettext_lazy("Paused. Carts priced from now on do not get it.")


class EndView(_MoveView):
    action = "end"
    page_title = gettext_lazy("End")
    question = gettext_lazy("End this discount for good?")
    confirm_label = gettext_lazy("End it")
    irreversible = True
    destructive = True
    success_message = gettext_lazy("Ended. Its redemptions stay.")


class DeactivateCodeView(ConfirmView):
    header_icon = "wm-discounts"
    page_title = gettext_lazy("Stop a code")
    question = gettext_lazy("Stop this code?")
    confirm_label = gettext_lazy("Stop it")
    success_message = gettext_lazy("The code is stopped.")

    @cached_property
    def code(self) -> Code:
        return get_object_or_404(Code.objects.select_related("discount"), pk=self.kwargs["pk"])

    def get_details(self) -> list[str]:
        return [self.code.code, self.code.discount.name]

    def perform(self) -> None:
        with transaction.atomic():
            services.deactivate_code(code=self.code)
            log(
                instance=self.code.discount,
                action="wagtail_marketing.discount.stop_code",
                user=self.request.user,
                data={"code": self.code.code},
            )

    def get_success_url(self) -> str:
        return reverse("marketing_discounts:inspect", args=[self.code.discount_id])


class _CodesView(_OfDiscount, MarketingTemplateView):
    template_name = "wagtail_marketing/discounts/codes_form.html"
    header_icon = "wm-discounts"
    http_method_names = ["get", "post", "head", "options"]
    form_class: type[Any] = CodeForm
    submit_label: Any = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.form_class())
        context = super().get_context_data(
            submit_label=self.submit_label, cancel_url=self.get_success_url(), discount=self.discount, **kwargs
        )
        context["media"] = context["media"] + context["form"].media
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form_class(request.POST)
        if form.is_valid():
            try:
                with transaction.atomic():
                    messages.success(request, self.save(form.cleaned_data))
                return redirect(self.get_success_url())
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def save(self, data: dict[str, Any]) -> str:
        raise NotImplementedError

    def log(self, action: str, **data: Any) -> None:
        log(
            instance=self.discount,
            action=f"wagtail_marketing.discount.{action}",
            user=self.request.user,
            data=data,
        )


class AddCodeView(_CodesView):
    page_title = gettext_lazy("Add a code")
    submit_label = gettext_lazy("Add the code")

    def save(self, data: dict[str, Any]) -> str:
        limits = {"total": data["limit_total"], "per_contact": data["limit_per_contact"]}
        code = services.create_code(
            discount=self.discount,
            code=data["code"],
            limits={kind: maximum for kind, maximum in limits.items() if maximum},
            expires_at=data["expires_at"],
        )
        self.log("add_code", code=code.code)
        return _("The code %(code)s is there.") % {"code": code.code}


class MakeCodesView(_CodesView):
    page_title = gettext_lazy("Make many codes")
    submit_label = gettext_lazy("Make the codes")
    form_class = BatchForm

    def save(self, data: dict[str, Any]) -> str:
        batch = services.generate_codes(
            discount=self.discount,
            name=data["name"],
            pattern=data["pattern"],
            quantity=data["quantity"],
            uses=data["uses"],
            expires_at=data["expires_at"],
        )
        self.log("make_codes", pattern=batch.pattern, quantity=batch.quantity)
        return _("%(count)s codes are there.") % {"count": batch.quantity}
