"""The vendors whose SDKs are recorded, one file each.

What belongs here is everything that differs between vendors: where the SDK is wrapped, what its operations
are called, how a streamed answer is put together, and what can be wrong with its content.
"""

from tessen.vendors import anthropic, bedrock, openai
from tessen.vendors.interface import Vendor

VENDORS: tuple[Vendor, ...] = (anthropic.VENDOR, openai.VENDOR)

ASKED: tuple[Vendor, ...] = (*VENDORS, bedrock.VENDOR)
"""Whose addresses are known where a model is asked without an SDK, the first that knows one counts."""
