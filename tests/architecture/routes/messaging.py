from django.contrib.auth.models import Group
from django.utils import timezone
from wagtail.models import GroupApprovalTask, Workflow, WorkflowTask

from wagtail_marketing.commerce.models import Product
from wagtail_marketing.messaging.models import EmailTemplate, Send

from . import ALL, PUBLIC, Row, model_rows

MAKERS = "manager editor"


def a_template():
    return {"pk": EmailTemplate.objects.create(name="T", subject="S").pk}


def a_revision():
    template = EmailTemplate.objects.create(name="T", subject="S")
    return {"pk": template.pk, "revision_id": template.save_revision().pk}


def two_revisions():
    return {"pk": a_revision()["pk"], "revision_id_a": "earliest", "revision_id_b": "latest"}


def start_workflow():
    """A draft that waits for the managers."""
    task = GroupApprovalTask.objects.create(name="Approve")
    task.groups.add(Group.objects.get(name="Marketing managers"))
    workflow = Workflow.objects.create(name="Approval")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    template = EmailTemplate.objects.create(name="T", subject="S")
    template.save_revision()
    return workflow.start(template, None), template


def a_task():
    state, template = start_workflow()
    return {"pk": template.pk, "action_name": "approve", "task_state_id": state.current_task_state.pk}


def a_workflow_task():
    state, template = start_workflow()
    return {"pk": template.pk, "task_id": state.current_task_state.task.pk}


def a_workflow():
    state, template = start_workflow()
    return {"pk": template.pk, "workflow_state_id": state.pk}


def a_send(state="running"):
    send = Send.objects.create(
        name="S", channel="email", content={}, message_class="marketing", source_ref="x:1", state=state,
        created_at=timezone.now(),
    )  # fmt: skip
    return {"pk": send.pk}


def a_product():
    return {"pk": Product.objects.create(ref="p", sku="p", name="P", updated_at=timezone.now()).pk}


def snippet_chooser(namespace, who):
    return {
        f"{namespace}:choose": Row(who),
        f"{namespace}:choose_results": Row(who),
        f"{namespace}:chosen": Row(who, a_template),
        f"{namespace}:chosen_multiple": Row(who),
        f"{namespace}:create": Row(MAKERS),
    }


ROWS = {
    "wagtail_marketing:open": PUBLIC,
    "wagtail_marketing:click": PUBLIC,
    "wagtail_marketing:unsubscribe": PUBLIC,
    "wagtail_marketing:web_version": PUBLIC,
    "marketing_emails:list": Row(ALL),
    "marketing_emails:list_results": Row(ALL),
    "marketing_emails:add": Row(MAKERS),
    "marketing_emails:edit": Row(MAKERS, a_template),
    "marketing_emails:delete": Row("manager", a_template),
    "marketing_emails:history": Row(MAKERS, a_template),
    "marketing_emails:history_results": Row(MAKERS, a_template),
    "marketing_emails:usage": Row(MAKERS, a_template),
    "marketing_emails:lock": Row("manager", a_template, get=405),
    "marketing_emails:unlock": Row("manager", a_template, get=405),
    "marketing_emails:unpublish": Row("manager", a_template),
    "marketing_emails:preview_on_add": Row(MAKERS),
    "marketing_emails:preview_on_edit": Row(MAKERS, a_template),
    "marketing_emails:revisions_view": Row(MAKERS, a_revision),
    "marketing_emails:revisions_revert": Row(MAKERS, a_revision),
    "marketing_emails:revisions_unschedule": Row("manager", a_revision),
    "marketing_emails:revisions_compare": Row(MAKERS, two_revisions),
    "marketing_emails:workflow_action": Row("manager", a_task),
    "marketing_emails:collect_workflow_action_data": Row("manager", a_task),
    "marketing_emails:confirm_workflow_cancellation": Row(ALL, a_template),
    "marketing_emails:workflow_history": Row(MAKERS, a_template),
    "marketing_emails:workflow_history_detail": Row(MAKERS, a_workflow),
    "marketing_emails:workflow_preview": Row("manager", a_workflow_task),
    "marketing_emails:starter": Row(MAKERS),
    "marketing_emails:preview_as": Row(MAKERS, a_template),
    "marketing_emails:frame": Row(MAKERS, a_template),
    "marketing_emails:test": Row(MAKERS, a_template),
    **model_rows("marketing_sends", view=ALL, read_only=True, inspect=True, kwargs=a_send),
    "marketing_sends:recipients": Row(ALL, a_send),
    "marketing_sends:pause": Row("manager", a_send),
    "marketing_sends:resume": Row("manager", a_send),
    "marketing_sends:cancel": Row("manager", a_send),
    "marketing_choose_product:choose": Row(ALL),
    "marketing_choose_product:choose_results": Row(ALL),
    "marketing_choose_product:chosen": Row(ALL, a_product),
    "marketing_choose_product:chosen_multiple": Row(ALL),
    "marketing_choose_product:create": Row(""),
    **snippet_chooser("wagtailsnippetchoosers_wagtail_marketing_messaging_emailtemplate", ALL),
}
