"""The recorder as a program meets it: on and off, twice, in threads, forks and crashes; never in the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest

import tessen
from capture.scripted import Answer, ErrorAnswer, ScriptedServer, ToolCall
from tessen import _account, _call, _recorder, inflight

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
KEY = "sk-ant-api03-secret-key-of-a-subprocess"


def ask(client: Any, **more: Any) -> Any:
    if isinstance(client, anthropic.Anthropic | anthropic.AsyncAnthropic):
        return client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=QUESTION, **more)
    return client.chat.completions.create(model="gpt-5-mini", messages=QUESTION, **more)


def run(code: str, *arguments: str, log_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TESSEN_LOG_DIR": str(log_dir), "ANTHROPIC_API_KEY": KEY, **variables}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


def events_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in folder.rglob("*.jsonl") for line in file.read_bytes().splitlines()]


# ── starting and stopping ──


def test_nothing_is_imported_for_the_program(tmp_path: Path) -> None:
    code = """
        import sys, tessen
        tessen.init()
        tessen.init()
        sdks = {"anthropic", "openai", "httpx", "httpx2", "pydantic", "google", "cohere", "mistralai"}
        print(sorted(sdks & {name.partition(".")[0] for name in sys.modules}))
    """
    done = run(code, log_dir=tmp_path)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert list(tmp_path.iterdir()) == []


def test_starting_imports_hardly_anything_else(tmp_path: Path) -> None:
    """What a program of three lines would wait for."""
    code = """
        import sys
        before = set(sys.modules)
        import tessen
        tessen.init()
        more = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(sorted(more - {"tessen", "__future__", "atexit", "itertools"}))
    """
    assert run(code, log_dir=tmp_path).stdout == "[]\n"


@pytest.mark.parametrize("order", ["before", "after", "between"])
def test_it_may_start_before_or_after_the_sdk_is_imported(
    order: str, server: ScriptedServer, tmp_path: Path
) -> None:
    steps = [
        "import tessen; tessen.init()",
        "import anthropic",
        f"client = anthropic.Anthropic(base_url={server.url!r})",
    ]
    shuffled = {"before": [0, 1, 2], "between": [1, 0, 2], "after": [1, 2, 0]}[order]
    code = "\n".join([*(steps[step] for step in shuffled), "tessen.init()"])
    code += "\nclient.messages.create(model='m', max_tokens=1, messages=[{'role': 'user', 'content': 'hi'}])"
    done = run(code, log_dir=tmp_path)
    assert done.stderr == ""
    (event,) = events_in(tmp_path)
    assert event["agent_name"] == "unknown_agent"  # `python -c` has no name
    assert event["call_site"]["file"] == "<string>"


def test_the_agent_is_named_after_its_script_or_by_its_user(server: ScriptedServer, tmp_path: Path) -> None:
    """Asked without an SDK, which takes a program longer to import than all the rest."""
    script = tmp_path / "night shift.py"
    script.write_text(
        "import tessen, httpx2, sys\n"
        "tessen.init(agent_name=sys.argv[1] or None)\n"
        f"httpx2.post('{server.url}/v1/messages', json={{'model': 'm', 'max_tokens': 1, 'messages': []}})\n"
    )
    for keyword, variable in (("", ""), ("", "from/env"), ("keyword", "from/env")):
        environment = {
            **os.environ,
            "TESSEN_LOG_DIR": str(tmp_path / "logs"),
            "TESSEN_AGENT_NAME": variable,
        }
        subprocess.run([sys.executable, script, keyword], env=environment, check=True, timeout=60)
    assert {folder.name for folder in (tmp_path / "logs").iterdir()} == {"night_shift", "from_env", "keyword"}
    assert {event["agent_name"] for event in events_in(tmp_path)} == {"night shift", "from/env", "keyword"}


def test_settings_can_change_and_recording_can_stop(clients: Any, tmp_path: Path) -> None:
    client = clients.anthropic()
    tessen.init(agent_name="one", log_dir=tmp_path)
    ask(client)
    tessen.init()
    ask(client)
    tessen.init(agent_name="two", log_dir=tmp_path)
    ask(client)
    tessen.shutdown()
    ask(client)
    tessen.init(agent_name="two", log_dir=tmp_path)
    ask(client)
    tessen.shutdown()
    assert sorted(event["agent_name"] for event in events_in(tmp_path)) == ["one", "one", "two", "two"]
    assert tessen.new_session() is None
    assert tessen.flush()


def test_sessions(clients: Any, log: Any) -> None:
    client = clients.anthropic()
    ask(client)
    ask(client)
    session = tessen.new_session()
    ask(client)
    first, second, third = (event["session_id"] for event in log.events())
    assert first == second != third == session
    assert len(first) == len(third) == 32


# ── never in the way ──


def outcome_of(work: Any) -> Any:
    """What a program sees of a call: its result or its exception, down to the types."""
    try:
        result = work()
    except Exception as problem:
        causes = []
        cause = problem.__cause__
        while cause is not None:
            causes.append(type(cause))
            cause = cause.__cause__
        return type(problem), str(problem), causes
    return type(result), result


SCENES: dict[str, list[Answer | ErrorAnswer]] = {
    "text": [Answer(text="hi 月")],
    "tools": [Answer(tool_calls=[ToolCall("f", {"a": 1})])],
    "an error": [ErrorAnswer(400)],
    "a retried error": [ErrorAnswer(500, retry_after=0.01), Answer(text="hi")],
    "a cut": [Answer(text="one two three", chunks=3, cut_after=1)] * 2,
    "broken json": [Answer(text="hi", malformed=True)],
}


@pytest.mark.parametrize("scene", SCENES)
def test_the_program_sees_the_same_with_recording_on_and_off(scene: str, tmp_path: Path) -> None:
    def everything(folder: Path | None) -> list[Any]:
        if folder is not None:
            tessen.init(agent_name="agent", log_dir=folder)
        seen = []
        with ScriptedServer(SCENES[scene] * 8) as server:
            for make in (
                lambda: anthropic.Anthropic(base_url=server.url, api_key=KEY, max_retries=1),
                lambda: openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=1),
            ):
                client = make()
                seen.append(outcome_of(lambda client=client: ask(client).model_dump(exclude={"created"})))
                seen.append(
                    outcome_of(
                        lambda client=client: [
                            item.model_dump(exclude={"created"}) for item in ask(client, stream=True)
                        ]
                    )
                )
                stream = outcome_of(lambda client=client: ask(client, stream=True))
                seen.append(stream[0])
        if folder is not None:
            tessen.shutdown()
        return seen

    assert everything(tmp_path) == everything(None)
    assert len(events_in(tmp_path)) == 6


def test_a_failure_of_ours_is_said_once_and_harms_nothing(
    clients: Any, log: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("ours")

    client = clients.anthropic()
    monkeypatch.setattr("tessen._guard._count", iter(range(1, 99)))
    monkeypatch.setattr(_account, "Event", fail)
    assert ask(client).content[0].text == "ok"
    assert len(list(ask(client, stream=True))) > 3
    monkeypatch.setattr(_call.Call, "__init__", fail)
    assert ask(client).content[0].text == "ok"
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("tessen: recording a call failed (RuntimeError); the program is not affected.")


def test_debugging_shows_the_traceback(
    clients: Any, log: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TESSEN_DEBUG", "1")
    monkeypatch.setattr(_account, "Event", None)
    ask(clients.anthropic())
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_folder_that_cannot_be_one_costs_one_line_on_stderr(
    clients: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    tessen.init(agent_name="agent", log_dir=tmp_path / "file" / "logs")
    client = clients.anthropic()
    assert [ask(client).content[0].text for _ in range(3)] == ["ok"] * 3
    tessen.shutdown()
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("tessen: cannot write to ")


# ── credentials ──


def test_no_credential_in_any_byte(server: ScriptedServer, log: Any, clients: Any) -> None:
    key, token, cookie = "sk-ant-api03-KEYKEYKEYKEY", "opaque-bearer-9f8e7d6c", "sid-of-the-user-42"
    headers = {"cookie": f"session={cookie}", "x-api-key": key}
    client = clients.anthropic(api_key=key, default_headers=headers)
    echo = [{"role": "user", "content": f"my key is {key}, cookie {cookie}"}]
    client.messages.create(model="m", max_tokens=1, messages=echo)
    server.enqueue(ErrorAnswer(401, message=f"invalid key {key}"), Answer(text=f"I saw {token}", chunks=9))
    with pytest.raises(anthropic.AuthenticationError):
        ask(client)
    list(ask(clients.openai(api_key=token), stream=True))
    url = f"http://user:pa55word-in-url@{server.url.removeprefix('http://')}/v1"
    ask(clients.openai(base_url=url, api_key=token, default_query={"api_key": key, "q": "kept"}))
    written = b"\n".join(log.lines())
    assert len(log.lines()) == 4
    for secret in (key, token, cookie, "pa55word-in-url"):
        assert secret.encode() not in written
    assert log.events()[0]["request_body"]["messages"][0]["content"] == (
        "my key is [redacted], cookie [redacted]"
    )
    assert log.last()["http_url"].endswith("?api_key=%5Bredacted%5D&q=kept")


def test_a_credential_added_while_the_request_is_sent(server: ScriptedServer, log: Any, clients: Any) -> None:
    token = "fetched-just-in-time-0a1b2c"

    class Signer(httpx2.Auth):
        def auth_flow(self, request: httpx2.Request) -> Any:
            request.headers["authorization"] = f"Bearer {token}"
            yield request

    server.enqueue(Answer(text=f"you are {token}"))
    assert token in ask(clients.anthropic(http_client=httpx2.Client(auth=Signer()))).content[0].text
    assert log.one()["casted_response"]["content"][0]["text"] == "you are [redacted]"


def test_the_users_patterns(clients: Any, tmp_path: Path) -> None:
    tessen.init(agent_name="agent", log_dir=tmp_path, redact=[r"\d{4}-\d{4}"])
    clients.anthropic().messages.create(
        model="m", max_tokens=1, messages=[{"role": "user", "content": "card 1234-5678"}]
    )
    tessen.shutdown()
    (event,) = events_in(tmp_path)
    assert event["request_body"]["messages"][0]["content"] == "card [redacted]"


# ── the HTTP floor ──


def test_a_model_asked_without_an_sdk(server: ScriptedServer, log: Any) -> None:
    asked = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": QUESTION}
    headers = {"x-api-key": KEY}
    with httpx2.Client(base_url=server.url, headers=headers) as client:
        client.post("/v1/messages", json=asked)
        with client.stream("POST", "/v1/messages", json={**asked, "stream": True}) as response:
            response.read()
        server.enqueue(ErrorAnswer(429), ErrorAnswer(529))
        client.post("/v1/messages", json=asked)
        with client.stream("POST", "/v1/messages", json={**asked, "stream": True}) as response:
            response.read()
        client.get("/v1/models")
        client.post("/v1/elsewhere", json=asked)
        client.post("/v1/messages", json={"messages": "of another kind"})
    plain, streamed, limited, overloaded = log.events()
    assert [event["_tessen_tier"] for event in log.events()] == [3] * 4
    assert [event["surface"] for event in log.events()] == ["messages.create", "messages.stream"] * 2
    assert plain["casted_response"]["content"][0]["text"] == "ok"
    assert streamed["response_body"]["content"][0]["text"] == "ok"
    assert (limited["status"], limited["quality_signals"]) == ("error", ["rate_limited"])
    assert limited["error"]["type"] == "HTTPStatusError"
    assert (overloaded["status"], overloaded["quality_signals"]) == ("error", ["overloaded"])
    assert plain["call_site"]["file"] == __file__
    assert KEY.encode() not in b"".join(log.lines())


async def test_a_model_asked_without_an_sdk_async(server: ScriptedServer, log: Any) -> None:
    asked = {"model": "gpt-5-mini", "messages": QUESTION, "stream": True}
    async with httpx2.AsyncClient(base_url=server.url) as client:
        async with client.stream("POST", "/v1/chat/completions", json=asked) as response:
            async for _ in response.aiter_bytes():
                pass
        with pytest.raises(httpx2.ConnectError):
            await client.post("http://127.0.0.1:9/v1/chat/completions", json=asked)
    answered, refused = log.events()
    assert answered["response_body"]["choices"][0]["message"]["content"] == "ok"
    assert refused["quality_signals"] == ["connection_error"]


# ── threads, forks, crashes ──


def test_thirty_two_threads(clients: Any, log: Any) -> None:
    client = clients.anthropic()

    def work(number: int) -> None:
        for n in range(5):
            messages = [{"role": "user", "content": f"{number}-{n}"}]
            client.messages.create(model="m", max_tokens=1, messages=messages)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = [event["request_body"]["messages"][0]["content"] for event in log.events()]
    assert sorted(asked) == sorted(f"{number}-{n}" for number in range(32) for n in range(5))


FORKING = """
    import multiprocessing, os, pathlib, sys, anthropic, tessen

    tessen.init(agent_name="agent")
    client = anthropic.Anthropic(base_url=sys.argv[1], max_retries=0)

    def ask(client=client, **more):
        question = [{"role": "user", "content": "hello"}]
        return client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=question, **more)

    def ask_in_child():
        ask(anthropic.Anthropic(base_url=sys.argv[1]))

    def recorded():
        files = pathlib.Path(os.environ["TESSEN_LOG_DIR"]).rglob("*.jsonl")
        return sum(file.read_bytes().count(b"\\n") for file in files)

    stream = ask(stream=True)
    next(iter(stream))
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=ask_in_child) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    print([child.exitcode for child in children], recorded())
    list(stream)
    print(recorded())

    stream = ask(stream=True)
    next(iter(stream))
    child = os.fork()
    if child == 0:
        stream.close()
        tessen.shutdown()
        os._exit(0)
    print(os.waitpid(child, 0)[1], recorded())
    list(stream)
    print(recorded())
"""


def test_forked_children_record_and_leave_the_parents_streams_alone(
    server: ScriptedServer, tmp_path: Path
) -> None:
    """Also one that a child lets go. They fork from a program that has no threads but the recorder's."""
    answer = Answer(text="a b c d", chunks=4, chunk_delay=0.05)
    server.enqueue(answer, *[Answer(text="child")] * 3, answer)
    done = run(FORKING, server.url, log_dir=tmp_path)
    assert (done.stderr, done.stdout) == ("", "[0, 0, 0] 3\n4\n0 4\n5\n")
    streams = [each for each in events_in(tmp_path) if each["streamed"]]
    assert len(streams) == 2
    assert not any("outcome" in each for each in streams)


CRASHING = """
    import sys, tessen, anthropic
    tessen.init(agent_name="victim")
    client = anthropic.Anthropic(base_url=sys.argv[1])
    n = 0
    while True:
        n += 1
        message = [{"role": "user", "content": f"{n} " + "x" * (n * 997 % 20_000)}]
        answer = client.messages.create(model="m", max_tokens=1, messages=message)
        print(answer.id, flush=True)
"""


def kill_at_a_random_moment(attempt: int, server: ScriptedServer, tmp_path: Path) -> None:
    """What the program could print as finished is in the log; at most one line, of another call, is torn."""
    moment = random.Random(attempt)
    environment = {**os.environ, "TESSEN_LOG_DIR": str(tmp_path), "ANTHROPIC_API_KEY": KEY}
    command = [sys.executable, "-c", textwrap.dedent(CRASHING), server.url]
    finished = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        finished += [process.stdout.readline().strip() for _ in range(moment.randint(5, 60))]
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        finished += [line.strip() for line in process.stdout if line.endswith("\n")]
    whole = [line for file in tmp_path.rglob("*.jsonl") for line in file.read_bytes().split(b"\n")[:-1]]
    recorded = [json.loads(line)["casted_response"]["id"] for line in whole]
    assert set(finished) <= set(recorded)
    assert len(recorded) <= len(finished) + 1
    lost = [call for call in inflight.read(tmp_path).calls if call.lost]
    assert len(lost) <= 1
    assert not {call.event_id for call in lost} & {json.loads(line)["event_id"] for line in whole}


@pytest.mark.parametrize("attempt", range(8))
def test_killed_at_a_random_moment_every_finished_call_is_whole(
    attempt: int, server: ScriptedServer, tmp_path: Path
) -> None:
    kill_at_a_random_moment(attempt, server, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("attempt", range(100, 200))
def test_killed_a_hundred_times(attempt: int, server: ScriptedServer, tmp_path: Path) -> None:
    kill_at_a_random_moment(attempt, server, tmp_path)


def test_ctrl_c_leaves_an_event(server: ScriptedServer, tmp_path: Path) -> None:
    server.enqueue(Answer(hang=True))
    code = f"""
        import tessen, anthropic
        tessen.init(agent_name="agent")
        client = anthropic.Anthropic(base_url={server.url!r})
        client.messages.create(model="m", max_tokens=1, messages={QUESTION!r})
    """
    environment = {**os.environ, "TESSEN_LOG_DIR": str(tmp_path), "ANTHROPIC_API_KEY": KEY}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        server.wait_for_requests(1, 60)
        process.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]
    (event,) = events_in(tmp_path)
    assert (event["outcome"], event["error"]["type"]) == ("cancelled", "KeyboardInterrupt")


def test_a_stream_open_when_the_program_ends(server: ScriptedServer, tmp_path: Path) -> None:
    """And a call that the program makes after that, in a hook of its own which is older than ours."""
    server.enqueue(Answer(text="a b c d e f", chunks=6, chunk_delay=5), Answer(text="bye"))
    code = f"""
        import atexit, tessen, anthropic
        client = anthropic.Anthropic(base_url={server.url!r})
        atexit.register(client.messages.create, model="last", max_tokens=1, messages={QUESTION!r})
        tessen.init(agent_name="agent")
        stream = client.messages.create(model="m", max_tokens=1, messages={QUESTION!r}, stream=True)
        next(iter(stream))
    """
    done = run(code, log_dir=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    stream, last = events_in(tmp_path)
    assert stream["outcome"] == "abandoned"
    assert (last["status"], last["request_body"]["model"]) == ("ok", "last")


def test_a_coroutine_dropped_half_way_raises_nothing(server: ScriptedServer, clients: Any, log: Any) -> None:
    """It is closed in another context than it ran in."""
    server.enqueue(Answer(hang=True))

    async def main() -> None:
        client = clients.async_anthropic()
        coroutine = ask(client)
        task = asyncio.ensure_future(coroutine)
        await asyncio.to_thread(server.wait_for_requests, 1, 30)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await clients.close()

    asyncio.run(main())
    assert log.one()["outcome"] == "cancelled"
    assert _call.CURRENT.get() is None
    assert _recorder.active is not None
