"""`harness run`: a configuration taken through its sessions, shown as it goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capture.commands.errors import FailedError, UsageError
from capture.commands.until_told import until_told

if TYPE_CHECKING:
    from capture.config import Config
    from capture.runs.experiment import Finished

INTERRUPTED = 130


def run(  # noqa: PLR0913, PLR0917 - an argument for each option
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG", help="The run's configuration, a YAML file.", show_default=False),
    ],
    model: Annotated[str | None, typer.Option(help="In place of the file's.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Add a tag; may be given more than once.")] = None,
    session_mode: Annotated[str | None, typer.Option(help="isolated, chained or forked.")] = None,
    run_name: Annotated[str | None, typer.Option(help="The name of the run's folder.")] = None,
    runs_dir: Annotated[Path, typer.Option(help="Where run folders are.")] = Path("runs"),
    no_capture: Annotated[
        bool, typer.Option("--no-capture", help="Do not record requests; nothing can be resampled then.")
    ] = False,
    script: Annotated[
        Path | None,
        typer.Option(help="A scripted model in place of the real one: a dry run, without a cost."),
    ] = None,
    codex_goal_token_budget: Annotated[
        int | None, typer.Option(help="Have Codex set itself a goal with so many tokens.", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run's meta as JSON at the end.")] = False,
) -> None:
    """Run a coding agent through the sessions of a configuration, and record the run."""
    from capture.config import ConfigError, load_config

    given: dict[str, Any] = {
        "model": model,
        "session_mode": session_mode,
        "run_name": run_name,
        "capture_api_requests": False if no_capture else None,
        "script": None if script is None else str(script.resolve()),
        "codex_goal_token_budget": codex_goal_token_budget,
    }
    try:
        loaded = load_config(config, {name: value for name, value in given.items() if value is not None})
    except ConfigError as error:
        raise UsageError(str(error)) from None
    loaded = loaded.model_copy(update={"tags": [*loaded.tags, *(tag or ())]})
    finished = _run(loaded, runs_dir, as_json)
    if finished.meta.status != "finished":
        raise typer.Exit(1)


def _run(config: Config, runs_dir: Path, as_json: bool) -> Finished:
    from capture.commands.run_progress import Display
    from capture.engines.interface import EngineError
    from capture.runs.experiment import run_experiment
    from capture.runs.folder import RunExistsError
    from capture.scripted.load import ScriptError

    display = Display(as_json)
    try:
        finished = asyncio.run(until_told(run_experiment(config, runs_dir, display.show), display.stopping))
    except ScriptError as error:
        raise UsageError(str(error)) from None
    except (EngineError, RunExistsError) as error:
        raise FailedError(str(error)) from None
    finally:
        display.close()
    if finished is None:
        raise typer.Exit(INTERRUPTED)
    display.summary(finished)
    return finished
