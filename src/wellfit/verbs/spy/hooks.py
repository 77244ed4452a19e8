"""Hooks: functions of torch and Python replaced for a while, and put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Hooks:
    """`patch` replaces a function of a class or module; `remove` takes everything off, the last one first."""

    def __init__(self) -> None:
        self.undo: list[Callable[[], None]] = []

    def patch(self, owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
        """From now on `owner.name(...)` is `wrapper(original, ...)`."""

        def made(original: Any) -> Callable[..., Any]:
            def replaced(*args: Any, **kwargs: Any) -> Any:
                return wrapper(original, *args, **kwargs)

            return replaced

        self.replace(owner, name, made)

    def replace(self, owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
        """From now on `owner.name` is `make(original)`: one Python call less where it counts."""
        original = getattr(owner, name)
        own = name in vars(owner)
        replaced = make(original)
        replaced.__name__, replaced.__doc__ = getattr(original, "__name__", name), getattr(original, "__doc__", None)
        replaced.__qualname__ = getattr(original, "__qualname__", name)
        replaced.__wrapped__ = original  # type: ignore[attr-defined]
        setattr(owner, name, replaced)
        self.undo.append(lambda: setattr(owner, name, original) if own else delattr(owner, name))

    def remove(self) -> None:
        """As it was."""
        for undo in reversed(self.undo):
            undo()
        self.undo.clear()
