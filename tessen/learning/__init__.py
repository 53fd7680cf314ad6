"""The fingerprint of a team's git history: figures about how it works, and nothing of what it wrote.

What belongs here reads history commit by commit and keeps counts. `tessen.repo_learn` is the command.
"""
