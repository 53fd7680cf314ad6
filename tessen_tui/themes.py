"""The app's own themes, and the choice of one that suits the terminal.

Restraint is the design: text and space do the ordering, colour is kept for what is wrong. Errors are red,
anomalies amber, everything healthy stays grey.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="tessen-dark",
    primary="#7aa2c8",
    secondary="#8fa98f",
    accent="#c8a56a",
    foreground="#d3d7dc",
    background="#14171a",
    surface="#191d21",
    panel="#20262b",
    success="#86b27a",
    warning="#dfae57",
    error="#ef6f6c",
    dark=True,
    variables={
        "cursor-row": "#2b3742",
        "cursor-row-blurred": "#22292f",
        "footer-background": "#191d21",
        "footer-key-foreground": "#9fb9d3",
        "footer-description-foreground": "#8b949d",
        "scrollbar": "#3a444d",
        "scrollbar-background": "#14171a",
        "input-selection-background": "#3b5670",
    },
)

LIGHT = Theme(
    name="tessen-light",
    primary="#2f5f8f",
    secondary="#4a6b4a",
    accent="#8a5a00",
    foreground="#23282d",
    background="#fbfaf8",
    surface="#f3f1ee",
    panel="#e8e5e0",
    success="#3d7a33",
    warning="#9a6400",
    error="#b3261e",
    dark=False,
    variables={
        "cursor-row": "#d8e3ee",
        "cursor-row-blurred": "#e8ebee",
        "footer-background": "#f3f1ee",
        "footer-key-foreground": "#2f5f8f",
        "footer-description-foreground": "#60676e",
        "scrollbar": "#c2bdb5",
        "scrollbar-background": "#fbfaf8",
        "input-selection-background": "#bcd2e8",
    },
)

OWN_THEMES = (DARK, LIGHT)


def theme_names() -> list[str]:
    """Every theme that can be chosen: the app's own, then the toolkit's."""
    return [*(theme.name for theme in OWN_THEMES), *sorted(BUILTIN_THEMES)]


def with_own_variables(variables: Mapping[str, str], *, ansi: bool) -> dict[str, str]:
    """A theme's CSS variables, completed by those that only the app's own themes set.

    Args:
        variables: as the toolkit generated them.
        ansi: whether the theme uses the terminal's own sixteen colours.
    """
    cursor, blurred = (
        ("ansi_blue", "ansi_bright_black") if ansi else (variables["primary-muted"], variables["panel"])
    )
    return {"cursor-row": cursor, "cursor-row-blurred": blurred, **variables}


def suited_theme(environ: Mapping[str, str]) -> str:
    """The theme for a terminal: sixteen-colour ones get the terminal's own palette."""
    color_system = Console(_environ=dict(environ), force_terminal=True).color_system
    return DARK.name if color_system in ("256", "truecolor") else "ansi-dark"
