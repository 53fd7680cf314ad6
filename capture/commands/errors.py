"""Errors that commands end with: one line, and the exit code that goes with it."""

from __future__ import annotations

from typer.exceptions import TyperException


class UsageError(TyperException):
    """The command was asked for wrongly."""

    exit_code = 2


class FailedError(TyperException):
    """The command could not do what it was asked for."""

    exit_code = 1
