"""Reading the vendors' request and answer bodies into `tessen.blocks`: one file a protocol.

Each has `read_request(body) -> Request` and `read_answers(body) -> tuple[Answer, ...]`, takes any JSON object
and never raises. Nesting deeper than `DEPTH` is kept as it came.
"""

DEPTH = 6
