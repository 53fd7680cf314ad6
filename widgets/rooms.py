"""Containers of which nothing is seen but what stands in them, so that none of their own lines is drawn."""

from __future__ import annotations

from textual.containers import Container, Horizontal


class Room(Container):
    """Parts one below the other, or as the style sheet says."""

    BLANK = True


class Row(Horizontal):
    """Parts beside each other."""

    BLANK = True
