"""`harness jobs`: what is under way or was, wherever it was started; followed, cancelled and cleared away."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from capture.commands.errors import FailedError, UsageError
from capture.commands.sampling_report import shortened
from capture.commands.words import counted, money
from capture.terminal import BOLD, DIM, GREEN, RED, YELLOW, columns, is_terminal, painter, plain

if TYPE_CHECKING:
    from capture.jobs import Job, JobFolder, Progress

COLOURS = {"finished": GREEN, "failed": RED, "cancelled": YELLOW, "lost": RED, "running": BOLD}
LOOK_EVERY_S = 0.2
LABEL_AT_MOST = 60
LINES_SHOWN = 10
TAIL_BYTES = 16_384
CLEAR = "\r\x1b[2K"

Id = Annotated[str, typer.Argument(metavar="ID", help="A job's id, or its beginning.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

jobs = typer.Typer(rich_markup_mode=None, add_completion=False)


@jobs.callback(invoke_without_command=True)
def list_command(context: typer.Context, as_json: AsJson = False) -> None:
    """List the jobs, newest first; or follow, show or cancel one, or clear old ones away."""
    from capture.jobs import list_jobs

    if context.invoked_subcommand is not None:
        return
    listing = list_jobs()
    if as_json:
        rows = [_as_dict(folder, job) for folder, job in listing.jobs]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    elif listing.jobs:
        _print(listing.jobs)
    else:
        typer.echo("no jobs yet; try  harness resample RUN --request N --count 5 --detach")
    for problem in listing.unreadable:
        typer.echo(f"harness: {plain(problem)}", err=True)


@jobs.command("show", short_help="Show one job.", epilog="Example:  harness jobs show 3f9c")
def show(identity: Id, as_json: AsJson = False) -> None:
    """Show one job: what it is, how far it is, and the last lines of its output."""
    folder, job = _found(identity)
    if as_json:
        typer.echo(orjson.dumps(_as_dict(folder, job), option=orjson.OPT_INDENT_2).decode())
        return
    paint = painter(sys.stdout)
    for name, value in _facts(folder, job):
        typer.echo(f"{paint(f'{name:<9}', DIM)} {plain(value)}")
    lines = _last_lines(folder)
    if lines:
        typer.echo("")
    for line in lines:
        typer.echo(f"  {plain(line)}")


@jobs.command(
    "follow", short_help="Show what a job prints, until it ends.", epilog="Example:  harness jobs follow 3f9c"
)
def follow(identity: Id) -> None:
    """Show what a job prints, as it comes, until it ends. Ctrl-C ends the looking, not the job.

    The exit code is 0 if the job finished, 1 otherwise.
    """
    from capture.jobs import Follower, JobError

    folder, job = _found(identity)
    follower = Follower(folder)
    shown = _Shown(job.detached)
    try:
        while not (news := follower.news()).over:
            shown.show(news.output, news.progress)
            time.sleep(LOOK_EVERY_S)
    except JobError as error:
        raise FailedError(str(error)) from None
    finally:
        shown.close()
    typer.echo(f"harness: {_ended(news.job)}", err=True)
    if news.job.state != "finished":
        raise typer.Exit(1)


@jobs.command("cancel", short_help="Cancel jobs.", epilog="Example:  harness jobs cancel 3f9c")
def cancel(
    identities: Annotated[
        list[str],
        typer.Argument(metavar="ID...", help="Ids of jobs, or their beginnings.", show_default=False),
    ],
) -> None:
    """Cancel jobs, and wait until they are gone. What they have got so far is kept."""
    from capture.jobs import JobError
    from capture.jobs import cancel as end

    for folder, job in [_found(each) for each in identities]:
        if job.ended:
            typer.echo(f"job {job.id} had ended already: {job.state}")
            continue
        try:
            typer.echo(_ended(end(folder)))
        except JobError as error:
            raise FailedError(str(error)) from None


@jobs.command(
    "prune", short_help="Clear away old jobs.", epilog="Example:  harness jobs prune --older-than 30d"
)
def prune(
    older_than: Annotated[
        str, typer.Option(help="How long ago they ended: 12h, 30d, 2w, or a date.", show_default=False)
    ],
) -> None:
    """Clear away the folders of jobs that ended long ago. Their samples, runs and verdicts stay."""
    from capture.jobs import prune as clear_away
    from tessen.reading.moments import moment

    try:
        before = moment(older_than)
    except ValueError as error:
        raise UsageError(f"--older-than: {str(error).removeprefix('since: ')}") from None
    gone = clear_away(before or 0.0)
    typer.echo(f"{counted(len(gone), 'job')} cleared away")


class _Shown:
    """What a follower shows: output lines on standard output, and on a terminal a line that moves below."""

    def __init__(self, has_output: bool) -> None:
        self._has_output = has_output
        self._moving = is_terminal(sys.stderr)
        self._rest = ""
        self._at = ""

    def show(self, output: str, progress: list[Progress]) -> None:
        """Show what is new."""
        *lines, self._rest = (self._rest + output).split("\n")
        if not self._has_output:  # its output is on a terminal of its own
            lines = [_moved(row) for row in progress]
        if progress:
            self._at = _moved(progress[-1])
        if self._moving and (lines or progress):
            typer.echo(CLEAR, err=True, nl=False)
        for line in lines:
            typer.echo(plain(line))
        if self._moving:
            typer.echo(f"\r{self._at[: columns() - 1]}", err=True, nl=False)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._moving:
            typer.echo(CLEAR, err=True, nl=False)
        if self._rest:
            typer.echo(plain(self._rest))


def _found(identity: str) -> tuple[JobFolder, Job]:
    from capture.jobs import JobError, find_job

    try:
        return find_job(identity)
    except JobError as error:
        raise UsageError(str(error)) from None


def _as_dict(folder: JobFolder, job: Job) -> dict[str, object]:
    from capture.jobs import last_progress

    last = last_progress(folder.progress)
    return job.as_dict() | {"progress": None if last is None else last.as_dict(), "path": str(folder.path)}


def _print(found: list[tuple[JobFolder, Job]]) -> None:
    from capture.jobs import last_progress

    table = [("job", "state", "kind", "done", "cost", "started", "what")]
    for folder, job in found:
        last = last_progress(folder.progress)
        table.append(
            (
                job.id,
                job.state,
                job.order.kind,
                _done(job, last),
                "-" if last is None or last.cost_usd is None else money(last.cost_usd),
                job.created_at[:16].replace("T", " "),
                shortened(plain(f"{job.order.label}{_where(job)}"), LABEL_AT_MOST),
            )
        )
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    paint = painter(sys.stdout)
    for number, row in enumerate(table):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if number:
            cells[1] = paint(cells[1], COLOURS.get(row[1], DIM))
        line = "  ".join(cells).rstrip()
        typer.echo(line if number else paint(line, BOLD))


def _where(job: Job) -> str:
    run = job.order.target.run
    return f" of {run.rpartition('/')[2]}" if run else ""


def _done(job: Job, last: Progress | None) -> str:
    done = last.done if last else 0
    total = job.order.total if job.order.total is not None or last is None else last.total
    failed = f", {last.failed} failed" if last is not None and last.failed else ""
    return (f"{done}" if total is None else f"{done}/{total}") + failed


def _facts(folder: JobFolder, job: Job) -> list[tuple[str, object]]:
    from capture.jobs import last_progress

    order, last = job.order, last_progress(folder.progress)
    estimate = "cost unknown" if order.estimate_usd is None else f"about {money(order.estimate_usd)}"
    limit = "" if order.max_cost_usd is None else f", stopping at {money(order.max_cost_usd)}"
    spent = "" if last is None else f"; {money(last.cost_usd)} so far"
    facts = [
        ("job", job.id),
        ("state", job.state),
        ("kind", order.kind),
        ("what", order.label),
        ("target", ", ".join(f"{name} {value}" for name, value in _target(job))),
        ("done", _done(job, last)),
        ("cost", f"{estimate}{limit}{spent}"),
        ("last", last.message if last else ""),
        ("error", job.error),
        ("result", job.result),
        ("created", job.created_at),
        ("ended", job.finished_at),
        ("process", f"{job.pid} on {job.host}" if job.pid and not job.ended else None),
        ("command", " ".join(("harness", *job.argv))),
        ("folder", folder.path),
    ]
    return [(name, value) for name, value in facts if value]


def _last_lines(folder: JobFolder) -> list[str]:
    """Return the last lines of a job's output, which may be of any size."""
    try:
        with folder.output.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()[-LINES_SHOWN:]
    except FileNotFoundError:
        return []


def _target(job: Job) -> list[tuple[str, object]]:
    target = job.order.target
    named = ((name, getattr(target, name)) for name in target.__slots__)
    return [(name, value) for name, value in named if value is not None]


def _moved(row: Progress) -> str:
    done = f"{row.done}" if row.total is None else f"{row.done}/{row.total}"
    failed = f"  {row.failed} failed" if row.failed else ""
    return f"{done}  {money(row.cost_usd)}{failed}  {plain(row.message)}".rstrip()


def _ended(job: Job) -> str:
    return f"job {job.id}: {job.state}{f': {plain(job.error)}' if job.error else ''}"
