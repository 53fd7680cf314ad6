"""Saying what something will cost, and asking, before money is spent."""

from __future__ import annotations

import sys

import typer

from capture.commands.errors import FailedError
from capture.commands.words import money
from capture.terminal import is_terminal, plain


def consent(said: str, yes: bool) -> None:
    """Say what will be done and what it may cost; ask, where somebody is there to answer.

    Args:
        said: One sentence without its end, harmless.
        yes: Whether the answer is known.

    Raises:
        typer.Abort: the person said no.
    """
    if yes or not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        typer.echo(f"harness: {said}", err=True)
    else:
        typer.confirm(f"{said}. Go on?", abort=True, err=True)


def cost_words(about: float | None, at_most: float | None, limit: float | None) -> str:
    """Return in words what all of something will cost, in USD.

    Args:
        about: The estimate; None where no price is known.
        at_most: What it can cost at most; None where nobody knows.
        limit: Where it will be stopped.
    """
    cost = "cost unknown" if about is None else f"about {money(about)}"
    if at_most is not None:
        cost += f", at most {money(at_most)}"
    return cost + (f", stopping at {money(limit)}" if limit is not None else "")


def check_limit(max_cost: float | None, model: str | None, vendor: str | None) -> None:
    """Let pass a limit that can be kept.

    Raises:
        FailedError: the model has no known price, so nobody would know when to stop.
    """
    from capture import prices

    if max_cost is not None and prices.price(model, vendor) is None:
        raise FailedError(f"--max-cost: no price is known for {plain(model)}, so it cannot be kept")
