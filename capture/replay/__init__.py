"""Going back in a run: a session goes on from one of its turns, or begins again, with the files as they were.

What belongs here is everything before the cursor: which turns there are (`turns.py`), where a session began
(`fork_point.py`), what is needed of the run they are in (`source.py`), the files (`files.py`), and whether
the model was asked the same again (`context_check.py`). `replay.py` and `replicates.py` put it together; what
comes after the cursor is a session like any other.
"""
