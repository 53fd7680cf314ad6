"""ATIF trajectories: what an agent did, step by step, in the field's interchange format.

Written as v1.7, read in any v1.x. What belongs here knows the format, and not where it comes from or goes to.
"""

from __future__ import annotations

from capture.atif.check import flaws
from capture.atif.read import TrajectoryError, read_trajectory
from capture.atif.trajectory import Metrics, Result, Step, SubagentRef, ToolCall, Trajectory

__all__ = [
    "Metrics",
    "Result",
    "Step",
    "SubagentRef",
    "ToolCall",
    "Trajectory",
    "TrajectoryError",
    "flaws",
    "read_trajectory",
]
