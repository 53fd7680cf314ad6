"""Codex, driven through `codex exec`.

What belongs here is everything that depends on that program: where it is (`program.py`), how it is started
(`command.py`), and the rollouts it writes (`rollout.py`, `threads.py`), from which its trajectory is made:
they have what its printed stream leaves out. Facts were checked with 0.169.0.
"""
