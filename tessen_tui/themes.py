"""The app's own themes, and the choice of one that suits the terminal.

Restraint is the design: text and space do the ordering, colour is kept for what is wrong. Errors are red,
anomalies amber, everything healthy stays grey.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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

SIXTEEN_DARK = replace(
    BUILTIN_THEMES["ansi-dark"],
    primary="ansi_cyan",  # the toolkit's blue can hardly be read on black
    accent="ansi_magenta",
)
SIXTEEN_LIGHT = replace(
    BUILTIN_THEMES["ansi-light"], warning="ansi_magenta"
)  # a second red would be no other
"""The terminal's own sixteen colours, in place of the toolkit's themes of these names."""

OWN_THEMES = (DARK, LIGHT, SIXTEEN_DARK, SIXTEEN_LIGHT)


def theme_names() -> list[str]:
    """Every theme that can be chosen: the app's own, then the toolkit's."""
    own = [theme.name for theme in OWN_THEMES]
    return [*own, *sorted(BUILTIN_THEMES.keys() - set(own))]


def with_own_variables(variables: Mapping[str, str], *, ansi: bool) -> dict[str, str]:
    """A theme's CSS variables, completed by those that only the app's own themes set: the cursor's row.

    Of sixteen colours none is sure to be seen behind text, and with NO_COLOR there are none: so there the row
    is reversed where the keys go, and underlined elsewhere.

    Args:
        variables: as the toolkit generated them.
        ansi: whether the theme uses the terminal's own sixteen colours.
    """
    if ansi:
        focused = _row("cursor-row", "ansi_default", variables["primary"], "reverse")
        blurred = _row("cursor-row-blurred", "ansi_default", "ansi_default", "underline")
    else:
        focused = _row("cursor-row", variables["primary-muted"], variables["foreground"], "none")
        blurred = _row("cursor-row-blurred", variables["panel"], variables["foreground"], "none")
    return {**focused, **blurred, **variables}


def _row(name: str, background: str, ink: str, style: str) -> dict[str, str]:
    return {name: background, f"{name}-ink": ink, f"{name}-style": style}


def suited_theme(environ: Mapping[str, str]) -> str:
    """The theme for a terminal: its own palette where colours are few; dark, unless COLORFGBG says light."""
    color_system = Console(_environ=dict(environ), force_terminal=True).color_system
    light = environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_BACKGROUNDS
    if color_system in ("256", "truecolor"):
        return (LIGHT if light else DARK).name
    return (SIXTEEN_LIGHT if light else SIXTEEN_DARK).name


_LIGHT_BACKGROUNDS = frozenset({"7", "15"})
