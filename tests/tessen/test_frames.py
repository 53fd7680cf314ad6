import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tessen import _frames


def test_the_callers_own_line() -> None:
    site = _frames.call_site()
    assert site is not None
    assert site.file == __file__
    assert site.func == "test_the_callers_own_line"


def test_frames_of_the_standard_library_are_skipped() -> None:
    sites = json.loads("[1]", parse_int=lambda _: _frames.call_site())
    assert sites[0].file == __file__
    assert sites[0].func == "<lambda>"


@pytest.mark.parametrize("folder", ["lib/site-packages", "opt/layer"])
def test_a_program_that_is_itself_installed_is_found(folder: str, tmp_path: Path) -> None:
    """Its frames lie beside those of the SDK that it uses."""
    packages = tmp_path / folder
    for name, code in {
        "anthropic/__init__.py": "from tessen._frames import call_site",
        "framework/__init__.py": "import anthropic\ndef ask():\n    return anthropic.call_site()",
    }.items():
        (packages / name).parent.mkdir(parents=True)
        (packages / name).write_text(code)
    code = f"import sys; sys.path.insert(0, {str(packages)!r}); import framework; print(framework.ask())"
    program = packages / "program.py"
    program.write_text(code)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert f"{folder}/framework/__init__.py', line=3, func='ask'" in done.stdout


async def test_the_line_that_waits_for_a_task_of_a_framework(tmp_path: Path) -> None:
    """A framework's task has none of the user's frames under it but those of who runs the loop."""
    site_packages = tmp_path / "site-packages"
    site_packages.mkdir()
    file = site_packages / "framework_of_the_test.py"
    file.write_text(
        "import asyncio\n"
        "from tessen._frames import call_site\n"
        "async def ask():\n    await asyncio.sleep(0)\n    return call_site()\n"
        "async def task():\n    return await asyncio.create_task(ask())\n"
        "async def gather():\n    return (await asyncio.gather(ask(), task()))[1]\n"
        "async def wait_for():\n    return await asyncio.wait_for(gather(), 30)\n"
    )
    spec = importlib.util.spec_from_file_location("framework_of_the_test", file)
    assert spec is not None
    assert spec.loader is not None
    framework = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(framework)
    here = sys._getframe().f_lineno
    sites = [await framework.ask(), await framework.task()]
    sites += [await framework.gather(), await framework.wait_for()]
    assert [(site.file, site.line - here) for site in sites] == [(__file__, 1)] * 2 + [(__file__, 2)] * 2
