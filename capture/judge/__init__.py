"""The judge: a model that reads a trajectory and says whether a rubric is met.

What belongs here is the trajectory as the judge reads it (`render.py`), asking (`ask.py`), and what came of
it (`verdict.py`). When a run is judged is the run's business, not ours.
"""

from __future__ import annotations

from capture.judge.ask import Backend, backend, judge
from capture.judge.render import Rendered, render
from capture.judge.verdict import Verdict

__all__ = ["Backend", "Rendered", "Verdict", "backend", "judge", "render"]
