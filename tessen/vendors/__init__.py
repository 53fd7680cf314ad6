"""The vendors whose SDKs are recorded, one file each.

What belongs here is everything that differs between vendors: where the SDK is wrapped, what its operations
are called, how a streamed answer is put together, and what can be wrong with its content.
"""

from tessen.vendors import anthropic, openai
from tessen.vendors.interface import Vendor

VENDORS: tuple[Vendor, ...] = (anthropic.VENDOR, openai.VENDOR)
