"""A test: its calls are no calls of the program's."""

import anthropic


def test_it():
    anthropic.Anthropic().messages.create(model="m", messages=[])
