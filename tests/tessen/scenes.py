"""Programs that run with a tier of the recorder broken, each in a process of its own.

What belongs here is breaking the tiers, and running one program in many such scenes: all are forked from one
process, in which the SDKs have been imported and used, for they take seconds for that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

MOVED = """
    from tessen import vendors
    load = vendors.load
    def moved(name):
        vendor = load(name)
        trunk = vendor.trunks[0]._replace(module=f"{vendor.package}._moved_elsewhere")
        return vendor._replace(trunks=(trunk,))
    vendors.load = moved
"""
NO_DISCOVERY = """
    from tessen import _discovery
    _discovery._wrap_class = None
"""
NO_FLOOR = """
    from tessen import _floor
    _floor.HOOKS.clear()
"""

START = """
    import tessen
    tessen.init(agent_name="agent")
"""
Scene = tuple[list[str], dict[str, str]]
"""What is broken before the recorder starts, as code, and the variables that are set."""

ALL_SCENES = """
    import json, os, sys

    for name, code in json.load(sys.stdin).items():
        child = os.fork()
        if child == 0:
            os.environ["TESSEN_LOG_DIR"] = os.path.join(os.environ["TESSEN_LOG_DIR"], name)
            exec(code)
            tessen.shutdown()
            sys.stderr.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.exit(name)
"""


def run(code: str, url: str, folder: Path, stdin: str = "") -> str:
    """Run a program in a process of its own, and return what it said on stderr."""
    keys = {"ANTHROPIC_API_KEY": "key-of-a-subprocess-1", "OPENAI_API_KEY": "key-of-a-subprocess-2"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **keys, "SERVER": url, "TESSEN_LOG_DIR": str(folder)},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def play(
    scenes: Mapping[str, Scene],
    program: str,
    url: str,
    folder: Path,
    others: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Run a program in every scene, once before them without a recorder; return what was said on stderr.

    In some scenes it is another program.

    Each scene has its log in the folder's folder of its name.
    """
    codes = {}
    for name, (broken, variables) in scenes.items():
        settings = f"import os; os.environ.update({variables!r})"
        parts = (settings, *broken, START, others.get(name, program))
        codes[name] = "\n".join(map(textwrap.dedent, parts))
    return run(program + ALL_SCENES, url, folder, json.dumps(codes))


def events_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in folder.rglob("*.jsonl") for line in file.read_bytes().splitlines()]
