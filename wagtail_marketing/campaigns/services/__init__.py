"""Writes: the admin, the REST API, tasks and commands all call these."""

from .costs import CostInput, add_cost, delete_cost, set_costs
from .editing import (
    clone_campaign,
    create_campaign,
    delete_campaign,
    save_campaign,
    set_audience,
    set_discounts,
    set_messages,
    update_campaign,
)
from .running import (
    cancel_campaign,
    launch_campaign,
    pause_campaign,
    resume_campaign,
    send_test,
    submit_campaign,
    update_statuses,
    withdraw_campaign,
)

__all__ = [
    "CostInput",
    "add_cost",
    "cancel_campaign",
    "clone_campaign",
    "create_campaign",
    "delete_campaign",
    "delete_cost",
    "launch_campaign",
    "pause_campaign",
    "resume_campaign",
    "save_campaign",
    "send_test",
    "set_audience",
    "set_costs",
    "set_discounts",
    "set_messages",
    "submit_campaign",
    "update_campaign",
    "update_statuses",
    "withdraw_campaign",
]
