"""Named points at which a test may end the process. In production nothing is registered and nothing happens."""

from collections.abc import Callable

_hook: Callable[[str], None] | None = None


def install(hook: Callable[[str], None] | None) -> None:
    """Let ``hook`` be called with the name of each point that is passed (tests only)."""
    global _hook
    _hook = hook


def point(name: str) -> None:
    if _hook is not None:
        _hook(name)
