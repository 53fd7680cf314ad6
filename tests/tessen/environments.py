"""Virtual environments that lack the recorder: empty ones, and with all that is installed here besides."""

from __future__ import annotations

import site
import subprocess
import venv
from pathlib import Path

OURS = ("tessen", "_tessen", "__editable__", "_virtualenv")


def empty(folder: Path) -> Path:
    """Make an environment with nothing in it; return its Python."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    found = subprocess.run([python, "-c", "import tessen"], capture_output=True, check=False, cwd="/")
    assert found.returncode, "the recorder is not there"
    return python


def with_what_is_installed(folder: Path) -> Path:
    """Make an environment with the packages of this one, but for the recorder; return its Python."""
    python = empty(folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    for found in Path(site.getsitepackages()[0]).iterdir():
        if not found.name.startswith(OURS) and found.suffix != ".pth":
            (packages / found.name).symlink_to(found)
    return python


def distribution(folder: Path, name: str, version: str, code: str) -> None:
    """Put a package of one module into a folder, as an installer would."""
    module = folder / name
    module.mkdir(parents=True)
    (module / "__init__.py").write_text(code)
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
