"""Acting on a module when the program imports it, and never importing it for the program.

What belongs here is the import system's side of it: modules already there are handed over at once, others
right after their code has run.
"""

from __future__ import annotations

import sys

from tessen import _guard

TYPE_CHECKING = False  # see `_guard`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    Action = Callable[[ModuleType], None]


_WAITING = "_tessen_waiting"
"""Where a loader's method keeps what is to be done, by the name of a module."""


class _Watcher:
    """Finds nothing itself; asks the finders behind it, and adds an action to what they find."""

    def __init__(self) -> None:
        self.actions: dict[str, list[Action]] = {}
        """By the name of a module."""
        self.packages: dict[str, list[Action]] = {}
        """By the name of a package; for every module in it."""
        self.preparations: dict[str, Callable[[], object]] = {}
        """By the name of a module; what is done before its own code runs, once."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        prepare = self.preparations.pop(fullname, None)
        if prepare is not None:
            prepare()
        actions = self.actions_for(fullname)
        if not actions:
            return None
        spec = self.ask_the_others(fullname, path, target)
        if spec is not None and spec.loader is not None:
            _act_after_exec(spec.loader, fullname, actions)
        return spec

    def actions_for(self, fullname: str) -> list[Action]:
        """Return what is to be done once a module has been imported."""
        found = self.actions.get(fullname, [])
        for package, actions in self.packages.items():
            if f"{fullname}.".startswith(f"{package}."):
                found = found + actions
        return found

    def ask_the_others(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
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


def before_import(name: str, prepare: Callable[[], None]) -> None:
    """Call `prepare` before the program imports the module of this name; now if it has."""
    safe = _guard.guarded(f"preparing for {name}")(prepare)
    if name in sys.modules:
        safe()
    else:
        _watcher.preparations[name] = safe
        _begin_watching()


def when_imported(name: str, action: Action) -> None:
    """Call `action` with the module of this name: now if it is there, otherwise once it has been imported."""
    safe = _watch(_watcher.actions, name, action)
    module = sys.modules.get(name)
    if module is not None:
        safe(module)


def when_any_imported(package: str, action: Action) -> None:
    """Call `action` with the package of this name and every module in it, now and as they are imported."""
    safe = _watch(_watcher.packages, package, action)
    for name, module in list(sys.modules.items()):
        if f"{name}.".startswith(f"{package}.") and module is not None:
            safe(module)


def exists(name: str) -> bool:
    """Whether there is a module of this name to import; nothing is imported to find out."""
    if name in sys.modules:
        return True
    path: Sequence[str] | None = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = _watcher.ask_the_others(".".join(parts[:end]), path)
        if spec is None:
            return False
        path = spec.submodule_search_locations
    return True


def _watch(watched: dict[str, list[Action]], name: str, action: Action) -> Callable[[ModuleType], None]:
    safe = _guard.guarded(f"preparing {name}")(action)
    watched.setdefault(name, []).append(safe)
    _begin_watching()
    return safe


def _begin_watching() -> None:
    if _watcher not in sys.meta_path:
        sys.meta_path.insert(0, _watcher)


@_guard.guarded("preparing an import")
def _act_after_exec(loader: Any, fullname: str, actions: list[Action]) -> None:
    """Have a loader call the actions after it has run the code of the module of this name.

    Nearly every loader has one module; that of a zip file has all in a folder, and may be asked for one that
    is never imported, as `find_spec` does.
    """
    waiting: dict[str, list[Action]] | None = getattr(loader.exec_module, _WAITING, None)
    if waiting is not None:
        waiting[fullname] = actions
        return
    original, waiting = loader.exec_module, {fullname: actions}

    def exec_module(module: ModuleType) -> None:
        spec = module.__spec__
        found = waiting.pop(spec.name, ()) if spec is not None else ()
        if not waiting:
            vars(loader).pop("exec_module", None)  # from the instance, where it hides the class's own
        original(module)
        for action in found:
            action(module)

    setattr(exec_module, _WAITING, waiting)
    loader.exec_module = exec_module
