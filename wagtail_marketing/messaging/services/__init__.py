"""Writes of messaging. Admin, REST, tasks and commands all call these."""

from .freeze import create_send
from .lifecycle import cancel, launch, pause, resume
from .starters import create_from_starter, starter_templates
from .trial import preview, render_for, send_test

__all__ = [
    "cancel",
    "create_from_starter",
    "create_send",
    "launch",
    "pause",
    "preview",
    "render_for",
    "resume",
    "send_test",
    "starter_templates",
]
