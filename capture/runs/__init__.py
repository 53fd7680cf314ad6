"""Runs: taking a configuration through its sessions, and the folder that is left.

What belongs here is everything about a run that is the same for all engines: what is on disk and when, the
order of sessions and what each starts from, limits, and reading finished folders, also those of AgentLens.
"""
