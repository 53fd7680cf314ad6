"""Shipping, against a real server that fails in every way, and without a key: not one socket."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tessen
from capture.scripted import ErrorAnswer, ScriptedServer
from tessen import _config, _recorder, _ship, _ship_wire
from tessen._ship import Shipper
from tests.tessen.ingest import (
    CERTIFICATE,
    Behaviour,
    Hanging,
    Ingest,
    answer,
    closes_mid_body,
    closes_without_an_answer,
    refusing,
    says_nonsense,
)

KEY = "tk_live_0123456789-secret-of-the-shipper"
QUESTION = [{"role": "user", "content": f"my key is {KEY}"}]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ship_wire, "FIRST_WAIT", 0.01)


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with Ingest() as server:
        yield server


class Make:
    """Makes shippers, and closes them."""

    def __init__(self) -> None:
        self._made: list[Shipper] = []

    def __call__(self, server: Ingest, **settings: Any) -> Shipper:
        return self.at(server.url, **settings)

    def at(self, url: str, **settings: Any) -> Shipper:
        more = {"api_key": KEY, "flush_interval_sec": 0.0, "http_timeout_sec": 30.0, **settings}
        self._made.append(Shipper(_config.load(ingest_url=url, **more)))
        return self._made[-1]

    def close(self) -> None:
        for each in self._made:
            each.close(60)


@pytest.fixture
def shipper() -> Iterator[Make]:
    make = Make()
    yield make
    make.close()


def event(number: int, **more: Any) -> bytes:
    return json.dumps({"event_id": f"{number:032x}", **more}).encode()


def numbers(events: list[Any]) -> list[int]:
    return [int(each["event_id"], 16) for each in events]


# ── what ships, and what never does ──


def test_every_byte_that_leaves_the_machine(ingest: Ingest, clients: Any, log: Any) -> None:
    tessen.init(agent_name="agent", log_dir=log.folder, api_key=KEY, ingest_url=ingest.url)
    for _ in range(3):
        clients.anthropic().messages.create(model="m", max_tokens=1, messages=QUESTION)
    assert tessen.flush(60)
    (request,) = ingest.requests
    body = (
        f'{{"tessen_version":"{tessen.__version__}","wire_version":1,"agent_name":"agent","type":"events",'
        f'"events":['
    ).encode() + b",".join(log.lines())
    assert gzip.decompress(request.body) == body + b"]}"
    key = request.headers["Idempotency-Key"]
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: localhost:{ingest.port}\r\nAccept-Encoding: identity\r\n"
        f"Content-Length: {len(request.body)}\r\nAuthorization: Bearer {KEY}\r\n"
        f"User-Agent: tessen/{tessen.__version__}\r\nContent-Type: application/json\r\n"
        f"Content-Encoding: gzip\r\nIdempotency-Key: {key}\r\n\r\n"
    ).encode()
    assert bytes(ingest.raw) == head + request.body
    assert len(log.lines()) == 3, "the shipper's own request is not recorded"


def test_no_line_of_source_leaves_the_machine(
    ingest: Ingest, server: ScriptedServer, clients: Any, log: Any
) -> None:
    tessen.init(agent_name="agent", log_dir=log.folder, api_key=KEY, ingest_url=ingest.url)
    server.enqueue(ErrorAnswer(400, message="no such thing"))
    with pytest.raises(Exception, match="no such thing"):
        clients.anthropic().messages.create(model="m", max_tokens=1, messages=QUESTION)  # a-line-of-ours
    assert tessen.flush(60)
    (kept,), (shipped,) = log.events(), ingest.events()
    assert "raise self._make_status_error" in kept["error"]["tb"]
    assert "raise self._make_status_error" not in gzip.decompress(ingest.requests[0].body).decode()
    trace = shipped["error"].pop("tb").split("\n")
    kept["error"].pop("tb")
    assert shipped == kept
    assert trace[0] == "Traceback (most recent call last):"
    assert all(line.startswith('  File "') for line in trace[1:-2])
    assert "no such thing" in trace[-2]


def test_the_key_is_in_no_file(ingest: Ingest, server: ScriptedServer, tmp_path: Path) -> None:
    code = f"""
        import tessen, anthropic
        tessen.init(agent_name="agent")
        client = anthropic.Anthropic(base_url={server.url!r}, api_key="k")
        client.messages.create(model="m", max_tokens=1, messages={QUESTION!r})
    """
    done = run(code, tmp_path, TESSEN_API_KEY=f" {KEY}\n", TESSEN_INGEST_URL=ingest.url)
    assert (done.returncode, done.stderr) == (0, "")
    (shipped,) = ingest.events()
    assert shipped["request_body"]["messages"][0]["content"] == "my key is [redacted]"
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not any(KEY.encode() in data for data in written)


WATCHED = """
    import sys, threading
    opened = []
    def watch(event, arguments):
        if event.startswith("socket."):
            opened.append((event, threading.current_thread().name))
    import anthropic, httpx2, tessen
    sys.addaudithook(watch)
    tessen.init(agent_name="agent")
    answer = {"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
              "content": [{"type": "text", "text": "ok"}], "usage": {"input_tokens": 1, "output_tokens": 1}}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, json=answer))
    client = anthropic.Anthropic(api_key="k", http_client=httpx2.Client(transport=transport))
    for _ in range(3):
        client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "hi"}])
    tessen.flush(60)
    tessen.shutdown()
    print(*sorted({thread for _, thread in opened}))
"""


def test_without_a_key_no_socket_is_opened(ingest: Ingest, tmp_path: Path) -> None:
    done = run(WATCHED, tmp_path, TESSEN_INGEST_URL=ingest.url)
    assert (done.stdout, done.stderr) == ("\n", "")
    assert len(list(tmp_path.rglob("*.jsonl"))) == 1
    assert ingest.connections == 0


def test_with_a_key_only_the_shippers_thread_touches_the_network(ingest: Ingest, tmp_path: Path) -> None:
    done = run(WATCHED, tmp_path, TESSEN_INGEST_URL=ingest.url, TESSEN_API_KEY=KEY)
    assert (done.stdout, done.stderr) == ("tessen-ship\n", "")
    assert len(ingest.events()) == 3


# ── failures ──


@pytest.mark.parametrize(
    "failure",
    [
        answer(500),
        answer(503, Retry_After="0"),
        answer(408),
        answer(429, Retry_After="0.01"),
        closes_mid_body,
        closes_without_an_answer,
        says_nonsense,
    ],
)
def test_what_may_pass_is_tried_again_with_the_same_key(
    failure: Behaviour, ingest: Ingest, shipper: Make
) -> None:
    ingest.expect(failure, failure)
    ship = shipper(ingest)
    ship.put("agent", event(1))
    assert ship.flush(60)
    assert ship.counts == (1, 0, 0, 0)
    assert len(ingest.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in ingest.requests}) == 1
    assert len({request.body for request in ingest.requests}) == 1


def test_slow_is_given_up_in_time_and_tried_again(
    ingest: Ingest, shipper: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows the first attempt has all the time it needs, once that one has arrived."""
    connect = _ship_wire.Wire._connect

    def with_time_afterwards(wire: _ship_wire.Wire) -> Any:
        connection = connect(wire)
        wire._timeout = 60.0
        return connection

    monkeypatch.setattr(_ship_wire.Wire, "_connect", with_time_afterwards)
    monkeypatch.setattr(Shipper, "_pause", lambda *_: bool(ingest.wait_for(1)))
    hanging = Hanging()
    ingest.expect(hanging)
    ship = shipper(ingest, http_timeout_sec=0.2)
    ship.put("agent", event(1))
    assert ship.flush(60)
    hanging.go.set()
    assert ship.counts == (1, 0, 0, 0)
    assert len(ingest.requests) == 2


def test_an_answer_that_never_ends_is_given_up_in_time(ingest: Ingest) -> None:
    """Each of its bytes comes well in time."""
    given_up = threading.Event()

    def drips(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n")
        for _ in range(3000):  # a minute
            if given_up.wait(0.02):
                break
            connection.sendall(b" ")
        return False

    ingest.expect(drips)
    wire = _ship_wire.Wire(ingest.url, KEY, 0.3)
    with pytest.raises(_ship_wire.UnreachableError, match="the answer did not end in time"):
        wire.post(b"{}", "0")
    given_up.set()


def test_what_a_server_says_reaches_no_terminal_as_it_is(
    ingest: Ingest, capsys: pytest.CaptureFixture[str], shipper: Make
) -> None:
    def paints(connection: socket.socket) -> bool:
        connection.sendall(b"\x1b]0;owned\x07\x9b31m\r\n\r\n")
        return False

    ingest.expect(paints)
    ship = shipper(ingest, retry_max=0)
    ship.put("agent", event(1))
    assert ship.flush(60)
    said = capsys.readouterr().err
    assert "owned" in said
    assert said[:-1].isprintable()


def test_refused_until_it_is_not(capsys: pytest.CaptureFixture[str], shipper: Make) -> None:
    with refusing() as port:
        ship = shipper.at(f"http://127.0.0.1:{port}/ingest?token=in-the-address", retry_max=1)
        for number in range(3):
            ship.put("agent", event(number))
            assert ship.flush(60)
    assert ship.counts == (0, 0, 0, 3)
    assert capsys.readouterr().err == (
        f"tessen: cannot ship events to http://127.0.0.1:{port} (Connection refused); they are in the log, "
        "and `tessen upload` sends them\n"
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 302, 308])
def test_what_the_server_does_not_want_is_dropped_and_counted(
    status: int, ingest: Ingest, shipper: Make
) -> None:
    with Ingest() as elsewhere:
        ingest.expect(answer(status, Location=elsewhere.url))
        ship = shipper(ingest, batch_max_events=1)
        ship.put("agent", event(1))
        ship.put("agent", event(2))
        assert ship.flush(60)
        assert ship.counts == (1, 0, 1, 0)
        assert numbers(ingest.events()) == [1, 2]
        assert elsewhere.connections == 0, "the key is carried nowhere else"


def test_trouble_and_its_end_are_said_once(
    ingest: Ingest, capsys: pytest.CaptureFixture[str], shipper: Make
) -> None:
    ingest.expect(*[answer(500)] * 4, answer(400))
    ship = shipper(ingest, retry_max=1)
    for number in range(5):
        ship.put("agent", event(number))
        assert ship.flush(60)
    assert ship.counts == (2, 0, 1, 2)
    began, ended = capsys.readouterr().err.splitlines()
    assert "cannot ship events to http://localhost" in began
    assert "(HTTP 500)" in began
    assert "events are shipped again; 3 were not" in ended


def test_an_answer_before_the_request_was_read_counts(ingest: Ingest, shipper: Make) -> None:
    """A server that finds a body too large says so and hangs up, while the body is still being sent."""
    early = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = early.accept()
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass
        connection.close()

    threading.Thread(target=serve, daemon=True).start()
    url = f"http://127.0.0.1:{early.getsockname()[1]}/"
    ship = shipper.at(url)
    ship.put("agent", event(1, noise=os.urandom(2_000_000).hex()))
    assert ship.flush(60)
    early.close()
    assert ship.counts == (0, 0, 1, 0)


def test_the_wait_grows_and_heeds_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ship_wire, "FIRST_WAIT", 0.5)
    waits = [[_ship_wire.wait_before_retry(attempt, None) for _ in range(50)] for attempt in range(12)]
    for attempt, some in enumerate(waits):
        longest = min(0.5 * 2**attempt, 30.0)
        assert all(longest / 2 <= wait <= longest for wait in some)
        assert len(set(some)) > 40, "not all at the same moment"
    assert _ship_wire.wait_before_retry(0, 7.5) == 7.5
    assert _ship_wire.wait_before_retry(0, 0.0) >= 0.25
    assert _ship_wire.wait_before_retry(0, 1e8) == 3600


def test_retry_after_reaches_the_wait(ingest: Ingest, monkeypatch: pytest.MonkeyPatch, shipper: Make) -> None:
    waits: list[float] = []
    ingest.expect(answer(429, Retry_After="2000"), answer(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"))
    monkeypatch.setattr(Shipper, "_pause", lambda self, seconds: waits.append(seconds) or True)
    ship = shipper(ingest)
    ship.put("agent", event(1))
    assert ship.flush(60)
    assert waits[0] == 2000
    assert waits[1] < 1


# ── the queue ──


def test_the_oldest_make_room_and_are_counted(ingest: Ingest, shipper: Make) -> None:
    hanging = Hanging()
    ingest.expect(hanging)
    ship = shipper(ingest, queue_max=4, batch_max_events=1)
    ship.put("agent", event(0))
    ingest.wait_for(1)
    for number in range(1, 11):
        ship.put("agent", event(number))
    hanging.go.set()
    assert ship.flush(60)
    assert numbers(ingest.events()) == [0, 7, 8, 9, 10]
    assert ship.counts == (5, 6, 0, 0)


def test_a_batch_is_full_or_its_time_has_passed(ingest: Ingest, shipper: Make) -> None:
    ship = shipper(ingest, batch_max_events=3, flush_interval_sec=1000.0)
    for number in range(7):
        ship.put("agent", event(number))
    ingest.wait_for(2)
    assert ship.flush(60)
    assert [len(request.events) for request in ingest.requests] == [3, 3, 1]
    assert ingest.connections <= 2


def test_one_request_an_agent(ingest: Ingest, shipper: Make) -> None:
    ship = shipper(ingest, flush_interval_sec=1000.0)
    for number in range(6):
        ship.put("even" if number % 2 == 0 else 'o"dd', event(number))
    assert ship.flush(60)
    assert {request.json["agent_name"]: numbers(request.events) for request in ingest.requests} == {
        "even": [0, 2, 4],
        'o"dd': [1, 3, 5],
    }


def test_thirty_two_threads(ingest: Ingest, shipper: Make) -> None:
    before = set(threading.enumerate())
    ship = shipper(ingest, queue_max=10_000)
    threads = [
        threading.Thread(target=lambda first=n: [ship.put("agent", event(first * 50 + k)) for k in range(50)])
        for n in range(32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ship.flush(60)
    assert sorted(numbers(ingest.events())) == list(range(1600))
    (worker,) = (each for each in set(threading.enumerate()) - before if each.name == "tessen-ship")
    ship.close(60)
    worker.join(60)
    assert not worker.is_alive()


# ── ways to the server ──


def test_tls_that_is_trusted_and_tls_that_is_not(monkeypatch: pytest.MonkeyPatch, shipper: Make) -> None:
    with Ingest(tls=True) as server:
        ship = shipper(server, retry_max=0)
        ship.put("agent", event(1))
        assert ship.flush(60)
        assert (ship.counts.failed, server.requests) == (1, [])
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        ship = shipper(server)
        ship.put("agent", event(2))
        assert ship.flush(60)
        assert numbers(server.events()) == [2]


def test_a_proxy_is_used_and_excepted_hosts_are_not(
    monkeypatch: pytest.MonkeyPatch, ingest: Ingest, shipper: Make
) -> None:
    with Ingest() as proxy:
        monkeypatch.setenv("http_proxy", f"http://user:pass@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        for url in ("http://ingest.invalid/v1?a=b", "https://ingest.invalid/v1", ingest.url):
            monkeypatch.setenv("no_proxy", "localhost")
            ship = shipper.at(url, retry_max=0)
            ship.put("agent", event(1))
            assert ship.flush(60)
        plain, tunnel = proxy.requests
        assert plain.first_line == "POST http://ingest.invalid/v1?a=b HTTP/1.1"
        assert plain.headers["Proxy-Authorization"] == "Basic dXNlcjpwYXNz"
        assert tunnel.first_line.startswith("CONNECT ingest.invalid:443 HTTP/1.")
        assert "Authorization" not in tunnel.headers
        assert len(ingest.requests) == 1


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("ftp://there/v1", KEY, "TESSEN_INGEST_URL is not an http or https address"),
        ("$UNSET", KEY, "TESSEN_INGEST_URL is not an http or https address"),
        ("http://there:port/", KEY, "TESSEN_INGEST_URL"),
        ("http://[::1", KEY, "TESSEN_INGEST_URL is not an http or https address"),
        ("http://in..gest.example/", KEY, "TESSEN_INGEST_URL is not an http or https address"),
        ("http://there/v1?of a=b", KEY, "TESSEN_INGEST_URL holds a character that must be percent-encoded"),
        ("http://there/für", KEY, "TESSEN_INGEST_URL holds a character that must be percent-encoded"),
        ("http://there/", "two\nlines", "TESSEN_API_KEY holds a character"),
        ("http://there/", "schlüssel", "TESSEN_API_KEY holds a character"),
    ],
)
def test_settings_that_cannot_be_used_cost_one_line(
    url: str, key: str, said: str, capsys: pytest.CaptureFixture[str], shipper: Make
) -> None:
    ship = shipper.at(url, api_key=key)
    for number in range(3):
        ship.put("agent", event(number))
        assert ship.flush(60)
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert key not in err
    assert ship.counts == (0, 0, 0, 3)


@pytest.mark.parametrize(
    "proxy", ["http://user:pass/word@there", "http://[there", "socks5://there", "a..b:1"]
)
def test_a_proxy_that_is_none(
    proxy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shipper: Make
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    ship = shipper.at("http://ingest.invalid/v1", retry_max=0)
    ship.put("agent", event(1))
    assert ship.flush(60)
    assert ship.counts == (0, 0, 0, 1)
    said = capsys.readouterr().err
    assert said.startswith(
        "tessen: cannot ship events to http://ingest.invalid (the proxy that the environment"
    )
    assert "pass" not in said


# ── forks and ends ──


FORKING = """
    import multiprocessing, sys, anthropic, tessen

    tessen.init(agent_name="agent", flush_interval_sec=999)

    def ask():
        question = [{"role": "user", "content": "hello"}]
        client = anthropic.Anthropic(base_url=sys.argv[1], api_key="k")
        client.messages.create(model="m", max_tokens=1, messages=question)

    def ask_in_child():
        ask()
        assert tessen.flush(60)

    ask()
    ask()
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=ask_in_child) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    print([child.exitcode for child in children], flush=True)
    sys.stdin.readline()
    print(tessen.flush(60))
"""


def test_forked_children_ship_and_leave_the_parents_events_to_it(
    ingest: Ingest, server: ScriptedServer, log: Any
) -> None:
    """They fork from a program that has no threads but the recorder's."""
    own = {"TESSEN_LOG_DIR": str(log.folder), "TESSEN_API_KEY": KEY, "TESSEN_INGEST_URL": ingest.url}
    command = [sys.executable, "-c", textwrap.dedent(FORKING), server.url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **own}
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "[0, 0]\n"
        assert len(ingest.events()) == 2
        assert program.communicate("go on\n", timeout=120)[0] == "True\n"
    assert sorted(each["event_id"] for each in ingest.events()) == sorted(
        each["event_id"] for each in log.events()
    )
    assert len(log.events()) == 4


def run(code: str, log_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TESSEN_LOG_DIR": str(log_dir), **variables}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


ENDING = """
    import tessen
    from tessen import _recorder
    tessen.init(agent_name="agent")
    for number in range(3):
        _recorder.active.shipper.put("agent", b'{"n":%d}' % number)
"""


def test_what_waits_is_sent_when_the_program_ends(ingest: Ingest, tmp_path: Path) -> None:
    done = run(ENDING, tmp_path, TESSEN_API_KEY=KEY, TESSEN_INGEST_URL=ingest.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert ingest.events() == [{"n": 0}, {"n": 1}, {"n": 2}]


@pytest.mark.parametrize("behaviour", [Hanging(), answer(429, Retry_After="3000"), answer(500)])
def test_the_end_of_the_program_is_held_up_within_a_bound(
    behaviour: Behaviour, ingest: Ingest, tmp_path: Path
) -> None:
    """It would take over an hour otherwise, and this test's patience ends before that."""
    ingest.expect(*[behaviour] * 50)
    variables = {"TESSEN_HTTP_TIMEOUT_SEC": "3000", "TESSEN_RETRY_MAX": "40"}
    done = run(ENDING, tmp_path, TESSEN_API_KEY=KEY, TESSEN_INGEST_URL=ingest.url, **variables)
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "they are in the log, and `tessen upload` sends them" in done.stderr


def test_a_recorder_that_is_shut_down_leaves_no_thread_behind(ingest: Ingest, shipper: Make) -> None:
    """The program goes on, for longer than the server asks to wait."""
    ingest.expect(answer(429, Retry_After="3000"))
    ship = shipper(ingest)
    ship.put("agent", event(1))
    ingest.wait_for(1)
    worker = ship._thread
    assert worker is not None
    ship.close(0.1)
    worker.join(60)
    assert not worker.is_alive()
    assert ship.counts == (0, 0, 0, 1)


@pytest.mark.parametrize("timeout", [None, float("inf"), 1e10])
def test_a_flush_that_takes_as_long_as_it_takes(
    timeout: float | None, ingest: Ingest, tmp_path: Path
) -> None:
    tessen.init(
        agent_name="agent", log_dir=tmp_path, api_key=KEY, ingest_url=ingest.url, flush_interval_sec=999
    )
    assert _recorder.active is not None
    assert _recorder.active.shipper is not None
    _recorder.active.shipper.put("agent", event(1))
    assert tessen.flush(timeout)
    assert numbers(ingest.events()) == [1]
    tessen.shutdown(timeout)


def test_a_thread_that_is_not_to_be_had_is_started_later(
    ingest: Ingest, shipper: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship = shipper(ingest)
    with monkeypatch.context() as patch:

        def no_more(*_: Any) -> None:
            raise RuntimeError("can't start new thread")

        patch.setattr(threading.Thread, "start", no_more)
        ship.put("agent", event(1))
    ship.put("agent", event(2))
    assert ship.flush(60)
    assert numbers(ingest.events()) == [1, 2]


def test_an_event_of_the_very_end_is_sent_without_a_thread(ingest: Ingest, shipper: Make) -> None:
    """As when the interpreter starts no threads any more."""
    ship = shipper(ingest)
    ship._starting.acquire()
    ship.put("agent", event(1), soon=True)
    ship.close(60)
    assert numbers(ingest.events()) == [1]


# ── documents ──


@pytest.mark.parametrize(("kind", "member"), [("manifest", "manifest"), ("git_fingerprint", "fingerprint")])
def test_a_document_is_shipped_at_once(kind: str, member: str, ingest: Ingest, log: Any) -> None:
    assert not _ship.ship_document(kind, {}), "without a key nothing is"
    tessen.init(
        agent_name="agent", log_dir=log.folder, api_key=KEY, ingest_url=ingest.url, flush_interval_sec=999
    )
    assert _ship.ship_document(kind, {"files_scanned": 3, "note": f"key {KEY}"})
    ingest.wait_for(1)
    assert tessen.flush(60)
    assert [request.json for request in ingest.requests] == [
        {
            "tessen_version": tessen.__version__,
            "wire_version": 1,
            "agent_name": "agent",
            "type": kind,
            member: {"files_scanned": 3, "note": "key [redacted]"},
        }
    ]


def test_a_document_of_no_known_kind(ingest: Ingest) -> None:
    assert _recorder.active is None
    with pytest.raises(ValueError, match="'source' is not one of manifest, git_fingerprint"):
        _ship.ship_document("source", {})
