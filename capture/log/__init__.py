"""The log, as the app and the commands see it: an index of columns, a follower, and a filter language.

`source.py` is the one interface the screens know. `LocalLog` implements it over a folder of JSON lines.
"""

from capture.log.local import LocalLog
from capture.log.query import Query, QueryError, parse_query

__all__ = ["LocalLog", "Query", "QueryError", "parse_query"]
