"""``{commands}``: the management commands of a folder, with their options, from the commands themselves."""

import argparse
from pathlib import Path

from django.core.management import load_command_class
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent.parent
DJANGOS = {
    "help",
    "version",
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}


def command_names(app: str) -> list[str]:
    folder = ROOT / app.replace(".", "/") / "management" / "commands"
    return sorted(path.stem for path in folder.glob("[!_]*.py"))


def describe(app: str, name: str) -> str:
    """One command as Markdown. Raises ``ValueError`` for a command without ``help``."""
    command = load_command_class(app, name)
    if not command.help:
        raise ValueError(f"The command {name} has no help.")
    parser = command.create_parser("manage.py", name)
    lines = ["", f"**`{name}`**", "", _escaped(str(command.help)), ""]
    options = [action for action in parser._actions if action.dest not in DJANGOS]
    if options:
        lines += ["| Option | Meaning |", "|---|---|"]
        lines += [f"| `{_spelling(action)}` | {_meaning(action)} |" for action in options]
    return "\n".join([*lines, ""])


def _spelling(action: argparse.Action) -> str:
    words = ", ".join(action.option_strings) or (action.metavar or action.dest)
    if action.option_strings and action.nargs != 0:
        words += f" {action.metavar or action.dest.upper()}"
    return str(words).replace("|", "\\|")


def _meaning(action: argparse.Action) -> str:
    text = _escaped((action.help or "") % {"default": action.default, "prog": "manage.py"})
    if action.choices:
        text += " One of " + ", ".join(f"`{choice}`" for choice in action.choices) + "."
    return text.replace("|", "\\|")


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;")


class Commands(SphinxDirective):
    required_arguments = 1

    def run(self):
        (app,) = self.arguments
        if app == "sandbox.shop":
            app = "shop"
        folder = "sandbox.shop" if app == "shop" else app
        return self.parse_text_to_nodes("\n".join(describe(app, name) for name in command_names(folder)))


def setup(app):
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
