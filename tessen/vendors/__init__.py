"""The vendors whose SDKs are recorded, one file each.

What belongs here is everything that differs between vendors: where the SDK is wrapped, what its operations
are called, how a streamed answer is put together, and what can be wrong with its content. A vendor's file is
imported when the program imports its SDK, or all of them where any may be asked.
"""

from __future__ import annotations

TYPE_CHECKING = False  # see `tessen._guard`
if TYPE_CHECKING:
    from tessen.vendors.interface import Vendor

BY_PACKAGE = {
    "anthropic": "anthropic",
    "openai": "openai",
    "google.genai": "google_gemini",
    "cohere": "cohere",
    "mistralai": "mistral",
}
"""Package of an SDK → the file here that knows it."""


def load(name: str) -> Vendor:
    """Return the vendor that a file here knows."""
    from importlib import import_module

    vendor: Vendor = import_module(f"{__name__}.{name}").VENDOR
    return vendor
