"""Work of a command as a job: listed, followed and cancelled from elsewhere, and with `--detach` on its own.

A command puts `with as_job(order, detach) as work:` around all that comes after consent, its report
included: how the block is left is how the job ends.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import orjson
import typer
from typer.exceptions import TyperException

from capture.commands.errors import FailedError

if TYPE_CHECKING:
    from capture.jobs import Order, State, Work

INTERRUPTED = 130
DETACH = "--detach"

arguments: ContextVar[Sequence[str]] = ContextVar("arguments", default=())
"""What `harness` was called with."""


@contextmanager
def as_job(
    order: Order, detach: bool = False, *, as_json: bool = False, stdin: bytes = b""
) -> Iterator[Work]:
    """Do the work of the block as a job, or start a process that does.

    Args:
        order: What is to be done.
        detach: Whether a process of its own does it; the block is not entered then.
        as_json: Whether to say so in JSON.
        stdin: What that process reads as its standard input.

    Yields:
        What the block says its progress and result to.

    Raises:
        typer.Exit: with 0: the job is started.
        FailedError: it cannot be.
    """
    if detach:
        _start(order, as_json, stdin)
    work = _begin(order)
    try:
        yield work
    except typer.Exit as ended:
        work.end(_state(ended.exit_code), work.trouble, ended.exit_code)
        raise
    except (KeyboardInterrupt, typer.Abort):
        work.end("cancelled", exit_code=INTERRUPTED)
        raise
    except TyperException as error:
        work.end("failed", error.format_message(), error.exit_code)
        raise
    except BaseException as error:
        work.end("failed", " ".join(str(error).split()) or type(error).__name__, 1)
        raise
    work.end("finished")


def _state(exit_code: int) -> State:
    if exit_code == INTERRUPTED:
        return "cancelled"
    return "failed" if exit_code else "finished"


def _start(order: Order, as_json: bool, stdin: bytes) -> None:
    from capture.jobs import jobs_dir, start

    argv = [each for each in arguments.get() if each != DETACH]
    try:
        job = start(order, argv, stdin)
    except OSError as error:
        raise FailedError(f"the job cannot be started: {error}") from None
    if as_json:
        typer.echo(orjson.dumps(job.as_dict() | {"path": str(jobs_dir() / job.id)}).decode())
    else:
        typer.echo(f"job {job.id} started; see it:  harness jobs follow {job.id}")
    raise typer.Exit(0)


def _begin(order: Order) -> Work:
    from capture.jobs import begin
    from capture.jobs.at_work import unlisted

    try:
        return begin(order, arguments.get())
    except OSError as error:
        print(f"harness: it will not be listed among the jobs: {error}", file=sys.stderr)
        return unlisted(order, arguments.get())
