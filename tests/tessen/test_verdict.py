import pytest

from tessen._pace import Pace
from tessen._verdict import http_signal
from tessen.signals import SIGNAL_BY_NAME


@pytest.mark.parametrize(
    ("status", "signal"),
    [
        (429, "rate_limited"),
        (529, "overloaded"),
        (401, "auth_error"),
        (403, "permission_denied"),
        (404, "not_found"),
        (409, "conflict"),
        (422, "unprocessable"),
        (400, "invalid_request"),
        (500, "server_error"),
        (503, "server_error"),
        (418, "client_error"),
        (413, "client_error"),
    ],
)
def test_a_status_decides(status: int, signal: str) -> None:
    assert http_signal(["AnyError", "ConnectionError"], status) == signal


@pytest.mark.parametrize("status", [None, 200])
def test_without_an_error_status_the_names_decide(status: int | None) -> None:
    assert http_signal(["overloaded_error", "APIStatusError"], status) == "overloaded"
    assert http_signal(["ReadTimeout", "TimeoutException", "TransportError"], status) == "connection_error"
    assert http_signal(["TypeError", "Exception"], status) is None
    assert http_signal(["CancelledError", "BaseException"], status) is None


def test_every_verdict_is_a_signal() -> None:
    found = {http_signal((), status) for status in range(400, 600)}
    assert found <= set(SIGNAL_BY_NAME)


def test_slow_is_measured_against_the_same_agents_past() -> None:
    pace = Pace()
    for _ in range(10):
        assert not pace.is_slow("a", "m", 400)
    assert not pace.is_slow("a", "m", 1300)  # over three times the median, but by less than a second
    assert pace.is_slow("a", "m", 1500)
    assert not pace.is_slow("b", "m", 9000)
    assert not pace.is_slow("a", "other", 9000)
