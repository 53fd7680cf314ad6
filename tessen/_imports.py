"""Acting on a module when the program imports it, and never importing it for the program.

What belongs here is the import system's side of it: modules already there are handed over at once, others
right after their code has run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tessen import _guard

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

Action = Callable[[ModuleType], None]


class _Watcher:
    """Finds nothing itself; asks the finders behind it, and adds an action to what they find."""

    def __init__(self) -> None:
        self.actions: dict[str, Action] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        action = self.actions.get(fullname)
        if action is None:
            return None
        spec = self._ask_the_others(fullname, path, target)
        if spec is not None and spec.loader is not None:
            _act_after_exec(spec.loader, action)
        return spec

    def _ask_the_others(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(fullname, path, target)
            if spec is not None:
                return spec
        return None


_watcher = _Watcher()


def when_imported(name: str, action: Action) -> None:
    """Call `action` with the module of this name: now if it is there, otherwise once it has been imported."""
    _watcher.actions[name] = _guard.guarded(f"preparing {name}")(action)
    if _watcher not in sys.meta_path:
        sys.meta_path.insert(0, _watcher)
    module = sys.modules.get(name)
    if module is not None:
        _watcher.actions[name](module)


@_guard.guarded("preparing an import")
def _act_after_exec(loader: Any, action: Action) -> None:
    """Have one loader, of one module, call the action after the module's code has run."""
    original = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        del loader.exec_module  # from the instance, where it hides the class's own
        original(module)
        action(module)

    loader.exec_module = exec_module
