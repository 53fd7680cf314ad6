import subprocess
import sys

from tessen.signals import SIGNAL_BY_NAME, SIGNALS

DOCUMENTED = [
    "rate_limited",
    "overloaded",
    "auth_error",
    "permission_denied",
    "not_found",
    "conflict",
    "unprocessable",
    "invalid_request",
    "connection_error",
    "server_error",
    "client_error",
    "empty_content_on_end_turn",
    "empty_content_on_stop",
    "truncated_response",
    "refusal",
    "thinking_only_no_output",
    "invalid_tool_use_json",
    "invalid_tool_call_json",
    "cache_control_set_but_no_cache_activity",
]


def test_the_nineteen_come_first_and_in_order() -> None:
    names = [signal.name for signal in SIGNALS]
    assert names == [*DOCUMENTED, "silent_retry", "stream_abandoned", "slow_first_token"]
    assert [SIGNAL_BY_NAME[name].name for name in names] == names


def test_each_says_what_happened_and_what_to_do_in_a_sentence() -> None:
    for signal in SIGNALS:
        for sentence in (signal.meaning, signal.advice):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert len(sentence) < 130


def test_reading_them_starts_no_recorder() -> None:
    code = "import sys, tessen.signals; print('tessen._recorder' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
