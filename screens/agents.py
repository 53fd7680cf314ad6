"""Agents: one row an agent, most trouble first."""

from __future__ import annotations

from screens.place import Place


class AgentsScreen(Place):
    """Every agent and how it is doing."""

    PLACE = "agents"
