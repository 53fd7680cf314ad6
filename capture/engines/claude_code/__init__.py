"""Claude Code, driven through the program that `claude-agent-sdk` brings along.

What belongs here is everything that depends on that program: where it is (`program.py`), its flags and
variables (`command.py`), what it prints (`stream.py`), and what it keeps on disk (`transcript.py`). Facts
were checked with 2.1.331.
"""
