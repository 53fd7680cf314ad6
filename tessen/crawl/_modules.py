"""Which file of the repository an import means.

What belongs here is the repository's modules by name. Nobody says where its import roots are, so a module is
looked for beside the importer, then in each folder above, then by its name alone where only one file has it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tessen.crawl._signs import ALWAYS_FOREIGN, LEADS_NOWHERE


class Modules:
    """The modules of a repository; files are paths with `/`, relative to it."""

    def __init__(self, files: Iterable[str]) -> None:
        self._by_name: dict[str, str] = {}
        self._by_tail: dict[str, list[str]] = {}
        for file in sorted(files):
            if not file.endswith(".py"):
                continue
            name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            self._by_name.setdefault(name, file)
            self._by_tail.setdefault(name.rpartition(".")[2], []).append(name)
        self._known: dict[tuple[str, str, int], str | None] = {}

    def find(self, importer: str, module: str, level: int) -> str | None:
        """Return the file of a module, or None for one that is not of the repository.

        Args:
            importer: The file that imports it.
            module: Its dotted name; empty for the package itself.
            level: How many dots stand before it.
        """
        folder = importer.rpartition("/")[0]
        key = (folder, module, level)
        if key not in self._known:
            self._known[key] = self._find(folder, module, level)
        return self._known[key]

    def _find(self, folder: str, module: str, level: int) -> str | None:
        packages = folder.split("/") if folder else []
        if level:
            if level - 1 > len(packages):
                return None
            base = packages[: len(packages) - level + 1]
            return self._by_name.get(".".join([*base, module] if module else base))
        top = module.partition(".")[0]
        if not module or top in ALWAYS_FOREIGN or top in LEADS_NOWHERE:
            return None
        for depth in range(len(packages), -1, -1):
            if depth < len(packages) and self._is_package(packages[:depth]):
                continue  # a package's modules are imported by their full names, from inside it too
            found = self._by_name.get(".".join([*packages[:depth], module]))
            if found is not None:
                return found
        ends = [
            name for name in self._by_tail.get(module.rpartition(".")[2], ()) if name.endswith(f".{module}")
        ]
        return self._by_name[ends[0]] if len(ends) == 1 and "." in module else None

    def _is_package(self, folder: list[str]) -> bool:
        return self._by_name.get(".".join(folder), "").endswith("/__init__.py")

    def imported(self, importer: str, imports: list[list[object]]) -> set[str]:
        """Return the files that a file imports, by its list of `[module, level, names]`."""
        found = set()
        for module, level, names in imports:
            assert isinstance(module, str) and isinstance(level, int) and isinstance(names, list)
            dot = f"{module}." if module else ""
            for full in (module, *(f"{dot}{name}" for name in names)):
                file = self.find(importer, full, level)
                if file is not None:
                    found.add(file)
        return found
