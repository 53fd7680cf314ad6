"""Replay: a session goes on from one of its turns, in a copy of the files as they were then.

What belongs here is everything before the cursor: which turns there are (`turns.py`), what is needed of the
run they are in (`source.py`), the files (`files.py`), and whether the model was asked the same again
(`context_check.py`). `replay.py` puts it together; what comes after the cursor is a session like any other.
"""
