"""Patterns over several events, in the app: the pass of `tessen analyze`, kept up with the log.

What belongs here is running that pass behind the app, over the recent part of each agent's log, and finding
the events that its findings name in the index. What a finding is, is `tessen.reading.findings`.
"""

from __future__ import annotations

from tessen.reading.findings import Finding

Findings = dict[str, list[Finding]]
"""Agent's folder → what its recent log shows, the most pressing kinds first."""
