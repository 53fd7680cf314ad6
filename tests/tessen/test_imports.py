import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tessen import _imports, vendors
from tessen.vendors.every import VENDORS


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"pkg_{tmp_path.name}".replace("-", "_")
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "client.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return f"{name}.client"


def test_a_module_is_handed_over_once_its_code_has_run(package: str) -> None:
    seen: list[int] = []
    _imports.when_imported(package, lambda module: seen.append(module.VALUE))
    assert seen == []
    assert package not in sys.modules
    module = __import__(package, fromlist=["x"])
    assert seen == [1]
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert "exec_module" not in vars(module.__loader__)


def test_a_module_that_is_there_is_handed_over_at_once(package: str) -> None:
    __import__(package)
    seen: list[str] = []
    _imports.when_imported(package, lambda module: seen.append(module.__name__))
    assert seen == [package]


def test_a_failing_action_does_not_fail_the_import(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(module: object) -> None:
        raise RuntimeError("ours")

    _imports.when_imported(package, fail)
    assert __import__(package, fromlist=["x"]).VALUE == 1
    assert "Traceback" not in capsys.readouterr().err


def test_modules_that_share_a_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A zip file has one loader for a folder's modules, and programs look for some they do not import."""
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        for name in ("first", "second", "third"):
            archive.writestr(f"zipped_{name}.py", "VALUE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path / "some.zip"))
    seen: list[str] = []
    for name in ("first", "second"):
        _imports.when_imported(f"zipped_{name}", lambda module: seen.append(module.__name__))
    for name in ("zipped_second", "zipped_first", "zipped_first"):
        assert importlib.util.find_spec(name) is not None
    for name in ("zipped_third", "zipped_first", "zipped_second"):
        module = importlib.import_module(name)
        assert module.VALUE == 1
    assert seen == ["zipped_first", "zipped_second"]
    assert "exec_module" not in vars(module.__loader__)
    assert capsys.readouterr().err == ""


def test_a_module_that_is_loaded_when_it_is_first_used(package: str) -> None:
    seen: list[int] = []
    _imports.when_imported(package, lambda module: seen.append(module.VALUE))
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.loader is not None
    loader = spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    assert seen == []
    assert module.VALUE == 1
    assert seen == [1]


def test_a_module_that_does_not_exist_still_does_not() -> None:
    _imports.when_imported("no_such_module_at_all", lambda module: None)
    with pytest.raises(ModuleNotFoundError):
        __import__("no_such_module_at_all")


def test_what_prepares_for_a_module_runs_before_its_code_and_once(package: str) -> None:
    seen: list[bool] = []
    outer = package.partition(".")[0]
    _imports.before_import(outer, lambda: seen.append(outer in sys.modules))
    __import__(package)
    _imports.before_import(outer, lambda: seen.append(outer in sys.modules))
    assert seen == [False, True]


def test_the_table_of_packages_is_what_the_vendors_files_say() -> None:
    said = {vendors.load(name).package: vendors.load(name) for name in vendors.BY_PACKAGE.values()}
    assert list(said) == list(vendors.BY_PACKAGE)
    assert tuple(said.values()) == VENDORS


def test_starting_imports_nothing_that_only_a_call_needs() -> None:
    code = "import sys, tessen; tessen.init(); print(*(name for name in sys.modules if 'tessen' in name))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    allowed = {
        "_guard",
        "_config",
        "_variables",
        "_recorder",
        "_hooks",
        "_imports",
        "_floor",
        "vendors",
    }
    assert set(done.stdout.split()) == {"tessen", *(f"tessen.{name}" for name in allowed)}
