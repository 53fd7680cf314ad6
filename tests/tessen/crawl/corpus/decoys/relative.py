"""Imports the repository's own `openai`."""

from .openai import OpenAI

OpenAI().responses.create(model="m", input="x")
