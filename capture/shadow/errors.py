"""What can go wrong with a shadow repository, as one line for a person."""

from __future__ import annotations


class ShadowGitError(Exception):
    """A shadow repository could not be made, opened, read or written; the message says what to do."""
