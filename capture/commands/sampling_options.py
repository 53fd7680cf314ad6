"""The options that the commands which sample share: what is asked again, how often, and for how much.

What belongs here is one definition an option, so that it reads and means the same in each command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[
    Path,
    typer.Argument(
        metavar="RUN",
        help="A run folder, a run's name, or an event of a log as agent:event_id.",
        show_default=False,
    ),
]
Session = Annotated[int, typer.Option(help="The session.", min=1)]
Request = Annotated[int | None, typer.Option(help="The request's number.", min=1)]
Count = Annotated[int, typer.Option(help="How many samples.", min=1)]
Replicate = Annotated[int | None, typer.Option(help="Of a session with replicates, which.", min=1)]
Provider = Annotated[str | None, typer.Option(help="In place of the recorded one.")]
BaseUrl = Annotated[str | None, typer.Option(help="An address in place of the provider's.")]
ScriptFile = Annotated[
    Path | None, typer.Option(help="A scripted model in place of the real one, without a cost.")
]
Parallel = Annotated[int, typer.Option(help="Samples under way at once.", min=1, max=64)]
MaxCost = Annotated[
    float | None, typer.Option(help="USD; no sample is begun that would go beyond it.", min=0)
]
MaxCostOfRuns = Annotated[
    float | None,
    typer.Option(
        help="USD; no model call is passed on when those before have cost it. Calls under way end.", min=0
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before money is spent.")]
Detach = Annotated[
    bool, typer.Option("--detach", help="Do it in a process of its own; `harness jobs` shows it.")
]
RunsDir = Annotated[Path, typer.Option(help="Where a run named without a path is.")]
LogDir = Annotated[Path | None, typer.Option(help="Where logs are; the usual place if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one object of JSON.")]
