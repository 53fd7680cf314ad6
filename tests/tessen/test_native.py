"""Programs whose threads are greenlets, or become greenlets half-way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer
from tests.tessen.ingest import Ingest
from tests.tessen.scenes import run

PROGRAM = """
    import os, sys
    import anthropic, httpx2
    import tessen

    def start(agent):
        shipping = {"api_key": "key-of-the-test", "ingest_url": os.environ["INGEST"]}
        tessen.init(agent_name=agent, disable_crawl=True, disable_git_learn=True, **shipping)

    def become_greenlets():
        from gevent import monkey
        monkey.patch_all()

    def ask(*models):
        http = httpx2.Client(verify=False)  # loading certificates takes long
        client = anthropic.Anthropic(base_url=os.environ["SERVER"], http_client=http)

        def one(model):
            client.messages.create(model=model, max_tokens=9, messages=[{"role": "user", "content": "hi"}])

        if len(models) == 1:
            return one(*models)
        import gevent
        gevent.joinall([gevent.spawn(one, model) for model in models], raise_error=True)

    def patched_first(agent):
        become_greenlets()
        start(agent)

    def patched_after_the_start(agent):
        start(agent)
        become_greenlets()

    def patched_after_a_call(agent):
        start(agent)
        ask("before")
        become_greenlets()

    def seen_by_http_only(agent):
        from tessen import _trunk
        _trunk.discovery_underway = lambda vendor: True
        patched_first(agent)
        ask("main")

    for begin in (patched_first, patched_after_the_start, patched_after_a_call, seen_by_http_only):
        child = os.fork()
        if child == 0:
            begin(begin.__name__)
            ask(*"abcde")
            if not tessen.flush(60):
                sys.exit("not flushed")
            tessen.shutdown()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.exit(begin.__name__)
"""


def events_of(agent: str, folder: Path) -> list[dict[str, Any]]:
    (file,) = (folder / agent).glob("*.jsonl")
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def test_greenlets_in_place_of_threads(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = ErrorAnswer(429, retry_after=0.2)
    server.enqueue(*[Answer(text="ok")] * 16, limited, limited)
    with Ingest() as ingest:
        monkeypatch.setenv("INGEST", ingest.url)
        run(PROGRAM, server.url, tmp_path)
        shipped = {event["event_id"] for event in ingest.events()}
    five = set("abcde")
    expected = {
        "patched_first": five,
        "patched_after_the_start": five,
        "patched_after_a_call": {"before", *five},
        "seen_by_http_only": {"main", *five},
    }
    written = set()
    for agent, models in expected.items():
        events = events_of(agent, tmp_path)
        assert sorted(event["request_body"]["model"] for event in events) == sorted(models)
        assert {event["status"] for event in events} == {"ok"}
        written |= {event["event_id"] for event in events}
    assert written == shipped
    (retried, *_) = events
    assert [attempt["status"] for attempt in retried["attempts"]] == [429, 429, 200]
