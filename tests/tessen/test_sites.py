"""`tessen sites`: which mapped calls were made, told by function and path, and never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tessen
from tessen import cli
from tessen.query import parse_query
from tessen.query_fields import Field
from tessen.reading.call_place import place_text, read_place
from tessen.reading.facts import facts_of
from tessen.reading.full_pass import full_pass
from tessen.reading.places import places
from tessen.reading.rows import row_of
from tessen.sites.called import MOST_PLACES, Called, Calls
from tessen.sites.filtering import SITE_FIELDS, site_test
from tessen.sites.mapped import Mapped
from tessen.sites.match import Found, match
from tests.logs import NOW, make_event, write_log

from .conftest import Clients, Log

PROGRAM = """\
import anthropic

client = anthropic.Anthropic()


def settle(task):
    while True:
        answer = client.messages.create(model="m", tools=[], messages=[task])
        if answer.stop_reason != "tool_use":
            return answer


class Reconciler:
    def explain(self, text):
        first = client.messages.create(model="m", messages=[text])
        return client.messages.create(model="m", messages=[first])

    def idle(self, texts):
        return [client.messages.create(model="m", messages=[text]) for text in texts]
"""
ROOT = "/repo"


def site(line: int, func: str, file: str = "src/billing/agent.py", **more: Any) -> Mapped:
    values = {"cls": "", "lines": (line - 2, line + 2), "vendor": "anthropic", "rule": "single_shot", **more}
    return Mapped(ROOT, file, line, func, call="client.messages.create", **values)


def calls(place: str, events: int = 1, last: float = 1.0) -> Calls:
    return Calls(place, events, last)


def told(sites: list[Mapped], *recorded: Calls, here: bool = False) -> list[tuple[str, int, str]]:
    """The entries: state, line, and what is said of the match."""
    found = match(sites, recorded, lambda file: here)
    return [(each.state, each.site.line if each.site else 0, each.note) for each in found]


# ── which call it is ──


def test_the_very_line() -> None:
    assert told([site(7, "run"), site(20, "idle")], calls(f"{ROOT}/src/billing/agent.py:7:run")) == [
        ("silent", 20, ""),
        ("called", 7, ""),
    ]


def test_a_call_that_moved_is_known_by_its_function() -> None:
    (entry,) = match([site(7, "run")], [calls(f"{ROOT}/src/billing/agent.py:70:run", 3)])
    assert (entry.state, entry.events) == ("called", 3)
    assert entry.note == "moved: recorded at line 70"
    assert entry.places == (f"{ROOT}/src/billing/agent.py:70:run",)


def test_a_line_alone_decides_nothing_against_the_functions_name() -> None:
    moved = told([site(7, "run"), site(20, "other")], calls(f"{ROOT}/src/billing/agent.py:7:other"))
    assert moved == [("silent", 7, ""), ("called", 20, "moved: recorded at line 7")]
    assert told([site(7, "run")], calls(f"{ROOT}/src/billing/agent.py:7:older")) == [
        ("called", 7, "recorded in older")
    ]


def test_calls_of_a_function_that_moved_together_keep_their_order() -> None:
    recorded = [calls(f"{ROOT}/src/billing/agent.py:{line}:run") for line in (105, 101)]
    assert told([site(7, "run"), site(9, "run")], *recorded) == [
        ("called", 7, "moved: recorded at line 101"),
        ("called", 9, "moved: recorded at line 105"),
    ]


def test_which_of_several_calls_it_was_is_not_guessed() -> None:
    sites = [site(7, "run"), site(9, "run"), site(11, "run")]
    path = f"{ROOT}/src/billing/agent.py"
    found = match(sites, [calls(f"{path}:7:run", 5), calls(f"{path}:40:run", 2, 9.0)])
    assert [(each.state, each.events, each.perhaps) for each in found] == [
        ("unclear", 0, 2),
        ("unclear", 0, 2),
        ("called", 5, 0),
    ]
    assert found[0].last_ts == 9.0
    before = match(sites, [calls(f"{path}:7:run", 5), calls(f"{path}:40:run", 0)])
    assert [each.state for each in before] == ["silent", "silent", "called"], "no doubt about this period"


def test_lambdas_and_comprehensions_are_of_the_function_around_them() -> None:
    path = f"{ROOT}/src/billing/agent.py"
    inside = told([site(7, "run"), site(30, "other")], calls(f"{path}:8:<listcomp>"))
    assert inside == [("silent", 30, ""), ("called", 7, "moved: recorded at line 8")]
    assert told([site(7, "run")], calls(f"{path}:7:<lambda>")) == [("called", 7, "")]
    outside = site(3, "<module>", lines=None)
    assert told([outside], calls(f"{path}:5:<lambda>"))[0][0] == "called"


def test_a_call_outside_of_functions_is_of_none() -> None:
    path = f"{ROOT}/src/billing/agent.py"
    sites = [site(3, "<module>", lines=None), site(7, "run")]
    assert told(sites, calls(f"{path}:8:<module>")) == [
        ("silent", 7, ""),
        ("called", 3, "moved: recorded at line 8"),
    ]
    assert told([site(7, "run")], calls(f"{path}:8:<module>"))[-1][0] == "unmapped"


def test_a_call_of_unmapped_code_is_unmapped() -> None:
    path = f"{ROOT}/src/billing/agent.py"
    assert told([site(7, "run")], calls(f"{path}:50:new"), calls(f"{path}:60:old", 0)) == [
        ("silent", 7, ""),
        ("unmapped", 0, "no call is mapped in this function"),
    ]


@pytest.mark.parametrize(
    ("recorded", "mapped", "state"),
    [
        ("/app/billing/agent.py", "src/billing/agent.py", "called"),
        ("/venv/lib/site-packages/billing/agent.py", "src/billing/agent.py", "called"),
        ("C:\\work\\billing\\agent.py", "src/billing/agent.py", "called"),
        ("/app/agent.py", "agent.py", "called"),
        ("/app/agent.py", "src/billing/agent.py", "silent"),
        ("/app/shipping/agent.py", "src/billing/agent.py", "silent"),
        ("/app/xagent.py", "agent.py", "silent"),
    ],
)
def test_a_program_that_ran_elsewhere(recorded: str, mapped: str, state: str) -> None:
    assert told([site(7, "run", mapped)], calls(f"{recorded}:7:run"))[0][0] == state
    assert told([site(7, "run", mapped)], calls(f"{recorded}:9:strange"))[0][0] == ("silent"), (
        "the path alone does not make it this call"
    )


def test_a_file_that_could_be_several_is_none_of_them() -> None:
    sites = [site(7, "run", f"{folder}/billing/agent.py") for folder in ("one", "two")]
    assert told(sites, calls("/app/billing/agent.py:7:run"))[-1] == (
        "unmapped", 0, "could be one/billing/agent.py, two/billing/agent.py"
    )  # fmt: skip
    longer = told(sites, calls("/app/two/billing/agent.py:7:run"))
    assert [state for state, _, _ in longer] == ["silent", "called"]


def test_a_file_of_this_machine_is_no_other_one() -> None:
    sites = [site(7, "run")]
    recorded = calls("/home/me/other/billing/agent.py:7:run")
    assert told(sites, recorded, here=True)[-1] == ("unmapped", 0, "outside of what is mapped")
    assert told(sites, recorded)[-1][0] == "called"
    installed = calls("/usr/lib/python3/dist-packages/billing/agent.py:7:run")
    assert told(sites, installed, here=True)[-1][0] == "called"


def test_what_cannot_be_told_by_its_place_says_so() -> None:
    assert told([site(7, "run", cell=2)])[0] == (
        "unclear", 7, "a notebook: its cells run under names of their own"
    )  # fmt: skip
    framework = told([site(7, "run", rule="framework_wrapped:langgraph")])
    assert framework[0][2].startswith("through a framework")


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("state:silent", [20]), ("-state:silent", [7, 0]), ("func:explain", [7]), ("func:*.explain", [7]),
        ("file:*chat*", [0]), ("rule:tool_use*", [20]), ("vendor:openai,anthropic", [20, 7]),
        ("events>5", [7]), ("events:2", [0]), ("events<=0", [20]), ("messages.create", [20, 7]),
        ("/opt", [0]),
    ],
)  # fmt: skip
def test_filtering(query: str, lines: list[int]) -> None:
    sites = [site(7, "explain", cls="Reconciler"), site(20, "idle", rule="tool_use_step")]
    recorded = [calls(f"{ROOT}/src/billing/agent.py:7:explain", 9), calls("/opt/chat.py:3:ask", 2)]
    fields: dict[str, Field] = {field.name: field for field in SITE_FIELDS}
    parsed = parse_query(query, fields)
    assert parsed.errors == ()
    holds = site_test(parsed)
    found: list[Found] = [each for each in match(sites, recorded) if holds(each)]
    assert [each.site.line if each.site else 0 for each in found] == lines


@pytest.mark.parametrize("text", ["/a.py:7:run", "C:\\a.py:7:<module>", "/odd:name.py:12:f"])
def test_a_place_is_read_as_it_was_written(text: str) -> None:
    place = read_place(text)
    assert place_text(place._asdict()) == text
    assert place.line in (7, 12)


def test_a_place_that_is_none_is_all_file() -> None:
    assert read_place("nonsense") == ("nonsense", None, "")
    assert read_place("/a.py:None:run") == ("/a.py", None, "run")


# ── counting ──


def test_so_many_places_are_counted_apart_and_no_more() -> None:
    called = Called(since=5.0)
    event = make_event(1, "a", 1.0)
    for number in range(MOST_PLACES + 3):
        event["call_site"] = {"file": "/a.py", "line": number, "func": "f"}
        called.take([row_of(facts_of({**event, "ts": float(number % 10)}))])
    assert len(called.calls()) == MOST_PLACES
    assert called.beyond == 0, "those beyond lie before the period"
    called.take([row_of(facts_of({**event, "ts": 9.0}))])
    called.pack()
    assert called.beyond == 1


def test_processes_that_share_a_log_count_what_one_counts(tmp_path: Path) -> None:
    events = [make_event(n, "a", NOW - n) for n in range(60)] + [make_event(99, "a", NOW, call_site=None)]
    log = write_log(tmp_path, events)
    one, two = (full_pass(places(None, log), Called(NOW - 30), workers=workers) for workers in (1, 2))
    assert one.calls() == two.calls()
    assert sum(each.events for each in one.calls()) == 31
    assert (one.without, two.without) == (1, 1)


# ── the command ──


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository, and a log of what it called: `settle` now, `explain` long ago, from a container."""
    folder = tmp_path / "repo"
    (folder / "src" / "billing").mkdir(parents=True)
    program = folder / "src" / "billing" / "agent.py"
    program.write_text(PROGRAM)

    def event(number: int, ts: float, file: str, line: int, func: str) -> dict[str, Any]:
        return make_event(number, "billing", ts, call_site={"file": file, "line": line, "func": func})

    write_log(
        tmp_path / "logs",
        [
            *(event(n, NOW - n, str(program), 8, "settle") for n in range(3)),
            event(9, NOW - 30 * 86_400, "/app/billing/agent.py", 15, "explain"),
            event(10, NOW - 60, "/opt/tools/\x1b]0;owned\x07chat.py", 4, "ask"),
            event(11, NOW - 60, "/app/billing/agent.py", 15, "explain"),
        ],
    )
    return folder


def run(repo: Path, *more: str) -> int:
    return cli.main(["sites", str(repo), "--log-dir", str(repo.parent / "logs"), *more])


def test_silent_called_and_unmapped(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(repo, "--since", "2026-11-22", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said)[-3:] == ["schema_version", "tessen_version", "generated_at"]
    assert [(each["state"], each["line"], each["function"], each["events"]) for each in said["sites"]] == [
        ("silent", 16, "Reconciler.explain", 0),
        ("silent", 19, "Reconciler.idle", 0),
        ("called", 8, "settle", 3),
        ("called", 15, "Reconciler.explain", 1),
        ("unmapped", 4, "ask", 1),
    ]
    assert said["sites"][2]["last_ts"] == NOW
    assert said["sites"][2]["rule"] == "tool_use_loop_anthropic"
    assert said["root"] == str(repo)
    assert run(repo, "--since", "2026-11-23T03:14:00") == 0
    text = capsys.readouterr().out
    assert "3 silent, 1 called · since 2026-11-23T03:14:00" in text
    assert "src/billing/agent.py:15  Reconciler.explain  several_calls" in text
    assert run(repo, "--agent", "billing") == 0
    text = capsys.readouterr().out
    assert "never  src/billing/agent.py:19" in text
    assert "\x1b" not in text


RECORDED = """\
import anthropic


def over_lines(client: anthropic.Anthropic):
    return client.messages.create(
        model="claude-haiku-4-5",
        max_tokens=8,
        messages=[{"role": "user", "content": "x"}],
    )


def stream(client: anthropic.Anthropic):
    with client.messages.stream(
        model="claude-haiku-4-5", max_tokens=8, messages=[{"role": "user", "content": "x"}]
    ) as events:
        return events.get_final_message()


class Agent:
    def listed(self, client: anthropic.Anthropic):
        return [client.messages.create(model="m", max_tokens=8, messages=[_said(x)]) for x in "ab"]

    def raw(self, client: anthropic.Anthropic):
        ask = lambda: client.messages.with_raw_response.create(model="m", max_tokens=8, messages=[_said("x")])
        return ask()

    def never(self, client: anthropic.Anthropic):
        return client.messages.create(model="m", max_tokens=8, messages=[])


def _said(text):
    return {"role": "user", "content": text}
"""


def test_calls_that_a_recorder_recorded(
    tmp_path: Path, log: Log, clients: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    program, client, made = tmp_path / "repo" / "agent.py", clients.anthropic(), dict[str, Any]()
    program.parent.mkdir()
    program.write_text(RECORDED)
    exec(compile(RECORDED, program, "exec"), made)
    for call in (made["over_lines"], made["stream"], made["Agent"]().listed, made["Agent"]().raw):
        call(client)
    tessen.flush()
    assert cli.main(["sites", str(program.parent), "--log-dir", str(log.folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["sites"]
    assert [(each["state"], each["function"], each["events"], each["note"]) for each in said] == [
        ("silent", "Agent.never", 0, None),
        ("called", "over_lines", 1, None),
        ("called", "stream", 1, None),
        ("called", "Agent.listed", 2, None),
        ("called", "Agent.raw", 1, None),
    ]


def test_mistakes_are_told_in_one_line(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code, words in (
        ((str(repo / "nowhere"),), 2, "is not a folder"),
        ((str(repo), "--agent", "biling"), 2, "did you mean billing?"),
        ((str(repo), "--since", "soon"), 2, "neither a duration nor a date"),
    ):
        assert cli.main(["sites", *arguments, "--log-dir", str(repo.parent / "logs")]) == code
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1
