"""The server as a thing to start, ask and stop."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest

from capture.scripted import Answer, ErrorAnswer, Received, ScriptedServer
from capture.scripted.load import ScriptError

CHAT: Any = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}]}


def ask(server: ScriptedServer) -> str:
    return httpx2.post(f"{server.url}/v1/chat/completions", json=CHAT).json()["choices"][0]["message"][
        "content"
    ]


def test_answers_in_turn_then_stays_on_the_last() -> None:
    with ScriptedServer([Answer(text="one"), Answer(text="two")]) as server:
        assert [ask(server) for _ in range(3)] == ["one", "two", "two"]


def test_a_script_by_its_path(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("rules:\n  - answer: {text: from a file}\n")
    with ScriptedServer(script) as server:
        assert ask(server) == "from a file"


def test_a_wrong_script_fails_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="No such file"):
        ScriptedServer(tmp_path / "none.yaml")


def test_the_queue_comes_first() -> None:
    with ScriptedServer([Answer(text="rule")]) as server:
        server.enqueue(Answer(text="queued"))
        assert [ask(server), ask(server)] == ["queued", "rule"]


def test_what_was_received() -> None:
    with ScriptedServer() as server:
        httpx2.post(f"{server.url}/v1/chat/completions?a=b", json=CHAT, headers={"X-Mine": "yes"})
        (received,) = server.wait_for_requests(1)
    assert (received.number, received.method, received.path, received.query) == (
        1,
        "POST",
        "/v1/chat/completions",
        "a=b",
    )
    assert (received.headers["x-mine"], received.json, received.model) == ("yes", CHAT, "gpt-5-mini")
    assert received.status == 200
    assert received.answered_at >= received.received_at


def test_a_record_line_holds_no_credential() -> None:
    headers = {
        "authorization": "Bearer hidden-1",
        "x-api-key": "hidden-2",
        "cookie": "hidden-3",
        "x-mine": "shown",
    }
    line = Received(1, "POST", "/v1/messages", "", headers, b"not json \xff", 0.0).as_line()
    assert b"hidden" not in line
    assert json.loads(line)["headers"] == {"x-mine": "shown"}


def test_waiting_for_requests_that_come_from_elsewhere() -> None:
    with ScriptedServer() as server:
        asking = threading.Thread(target=lambda: [ask(server) for _ in range(3)])
        asking.start()
        assert len(server.wait_for_requests(3, timeout=60)) == 3
        asking.join()
        with pytest.raises(TimeoutError, match=r"3 requests after 0\.01 s, not 4"):
            server.wait_for_requests(4, timeout=0.01)


def test_only_as_many_requests_are_kept_as_asked_for() -> None:
    with ScriptedServer(keep=2) as server:
        for _ in range(4):
            ask(server)
        assert [request.number for request in server.requests] == [3, 4]
        assert len(server.wait_for_requests(4)) == 2


def test_a_taken_port_is_an_error_at_the_start() -> None:
    with ScriptedServer() as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address"):
            ScriptedServer(port=port).start()


async def test_inside_a_running_loop_and_with_ipv6() -> None:
    async with ScriptedServer([ErrorAnswer(503)], host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        async with httpx2.AsyncClient() as client:
            answer = await client.post(f"{server.url}/v1/responses", json={"model": "m", "input": "hi"})
        assert answer.status_code == 503


def test_stopping_ends_what_hangs_and_the_thread() -> None:
    before = set(threading.enumerate())
    outcome: list[Exception] = []

    def hang(url: str) -> None:
        try:
            httpx2.post(f"{url}/v1/chat/completions", json=CHAT, timeout=60)
        except httpx2.HTTPError as error:
            outcome.append(error)

    with ScriptedServer([Answer(hang=True)]) as server:
        client = threading.Thread(target=hang, args=(server.url,))
        client.start()
        server.wait_for_requests(1)
    client.join(60)
    assert len(outcome) == 1
    assert set(threading.enumerate()) <= before  # of which some, of earlier tests, may have ended since


def test_the_same_seed_gives_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        with ScriptedServer() as server:
            ids.append(httpx2.post(f"{server.url}/v1/chat/completions", json=CHAT).json()["id"])
    assert ids[0] == ids[1]
