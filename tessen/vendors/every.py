"""All vendors at once, for who has an address or an answer and does not know whose it is.

What belongs here is the list, and its order.
"""

from __future__ import annotations

from tessen.vendors import anthropic, bedrock, cohere, google_gemini, mistral, openai
from tessen.vendors.interface import Vendor

VENDORS: tuple[Vendor, ...] = (
    anthropic.VENDOR,
    openai.VENDOR,
    google_gemini.VENDOR,
    cohere.VENDOR,
    mistral.VENDOR,
)
"""Those that have an SDK of their own."""

ASKED: tuple[Vendor, ...] = (*VENDORS, bedrock.VENDOR)
"""Whose addresses are known where a model is asked without an SDK; the first that knows one counts."""
