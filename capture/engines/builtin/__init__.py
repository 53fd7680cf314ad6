"""The builtin engine: a compact agent of our own, so that a run needs nothing but a model endpoint.

It runs as a process like any other agent (`python -m capture.engines.builtin`): `engine.py` starts it, the
rest is what runs inside. Its protocol is the engine events themselves, one JSON line each (`wire.py`).
"""
