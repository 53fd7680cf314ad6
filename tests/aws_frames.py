"""Events in Amazon's framing, as Bedrock sends them."""

from __future__ import annotations

import binascii
import json
from typing import Any


def message(event: str, payload: Any, kind: str = "event") -> bytes:
    """One event in Amazon's framing."""
    data = json.dumps(payload).encode()
    headers = b""
    for name, value in {
        f":{kind}-type": event,
        ":message-type": kind,
        ":content-type": "application/json",
    }.items():
        headers += bytes([len(name)]) + name.encode() + b"\x07" + len(value).to_bytes(2) + value.encode()
    prelude = (16 + len(headers) + len(data)).to_bytes(4) + len(headers).to_bytes(4)
    whole = prelude + binascii.crc32(prelude).to_bytes(4) + headers + data
    return whole + binascii.crc32(whole).to_bytes(4)
