"""The main job, as a person has it: an agent records with one line, and the app in a pane shows it live."""

from __future__ import annotations

from capture.scripted import Answer, ErrorAnswer, ToolCall

ASK = """
client = Anthropic(max_retries={retries})
try:
    client.messages.create(model="claude-haiku-4-5", max_tokens=64,
                           messages=[{{"role": "user", "content": "How many owls are there?"}}])
except Exception:
    pass
"""


def test_a_folder_that_is_not_there_says_how_to_make_it(run_app) -> None:
    pane = run_app()
    pane.wait_for("tessen.init()", "No log folder yet")
    pane.keys("q")
    assert pane.wait_until_gone() == 0


def test_a_call_appears_live_and_opens_whole(run_app, agent) -> None:
    pane = run_app()
    pane.wait_for("tessen.init()")
    agent("owl_counter", ASK.format(retries=0), Answer(text="There are seven owls.", thinking="count them"))
    pane.wait_for("owl_counter")
    pane.keys("2")
    pane.wait_for("There are seven owls.")
    pane.keys("Enter")
    pane.wait_for("▾ Response", "claude-haiku-4-5", "There are seven owls.")
    pane.keys("G")
    pane.wait_for("on disk")
    pane.keys("Escape")
    pane.wait_for(lambda screen: "on disk" not in screen and "There are seven owls." in screen)


def test_an_error_is_lit_in_words_and_explained(run_app, agent) -> None:
    pane = run_app("--filter", "status:error")
    agent(
        "owl_counter",
        ASK.format(retries=0),
        Answer(error=ErrorAnswer(429, message="Too many owls", retry_after=7)),
    )
    pane.wait_for("rate_limited")
    pane.keys("Enter")
    pane.wait_for("▾ Error", "Too many owls", "429")


def test_a_silent_retry_shows_its_attempts(run_app, agent) -> None:
    agent(
        "owl_counter",
        ASK.format(retries=2),
        Answer(error=ErrorAnswer(503, message="nest is full", retry_after=0)),
        Answer(text="Seven, after a rest."),
    )
    pane = run_app("--filter", "signal:silent_retry")
    pane.wait_for("Seven, after a rest.")
    pane.keys("Enter")
    pane.wait_for("503", lambda screen: "retr" in screen.lower())


def test_filter_search_and_jump_by_keyboard(run_app, agent) -> None:
    agent(
        "owl_counter",
        ASK.format(retries=0) * 3,
        Answer(text="one owl"),
        Answer(text="two owls"),
        Answer(text="no"),
    )
    agent("mouse_counter", ASK.format(retries=0), Answer(error=ErrorAnswer(400, message="mice ran away")))
    pane = run_app("--filter", "")
    pane.wait_for("mice ran away")
    pane.type("fagent:owl* statsu:ok")  # in one piece, as over a slow line
    pane.wait_for("did you mean 'status'")
    for _ in range(len(" statsu:ok")):
        pane.keys("BSpace")
    pane.wait_for(lambda screen: "mice ran away" not in screen and "two owls" in screen, "agent:owl*")
    pane.keys("Enter")
    pane.wait_for(" filter agent:owl*", "f Filter")
    pane.keys("Escape")
    pane.wait_for("mice ran away")
    pane.type("/two owls of/f")
    pane.wait_for("two owls of/f")
    for _ in range(len(" of/f")):
        pane.keys("BSpace")
    pane.keys("Enter")
    pane.wait_until_said("line 2 of 4")
    pane.keys("e")
    pane.wait_until_said("line 4 of 4")


def test_two_events_are_compared(run_app, agent) -> None:
    agent("owl_counter", ASK.format(retries=0) * 2, Answer(text="seven owls"), Answer(text="eight owls"))
    pane = run_app("--filter", "")
    pane.wait_for("eight owls")
    pane.keys("m")
    pane.wait_for("marked")
    pane.keys("k", "=")
    pane.wait_for("left   ", "seven", "eight", "owl_counter")
    pane.keys("Escape")
    pane.wait_for("Live")


def test_a_tool_call_shows_its_arguments(run_app, agent) -> None:
    agent(
        "owl_counter",
        ASK.format(retries=0),
        Answer(tool_calls=[ToolCall("look_into_nest", {"tree": "the old oak", "depth": 3})]),
    )
    pane = run_app("--filter", "")
    pane.wait_for("look_into_nest")
    pane.keys("Enter")
    pane.wait_for("the old oak")


def test_no_credential_and_no_control_reaches_disk_or_screen(run_app, agent, log_dir) -> None:
    evil = (
        "red \x1b[31m alert \x1b]0;owned\x07 \x1b]52;c;aGk=\x07 \u202egnp.exe [b]markup[/b] \x9b5m \x00 end"
    )
    agent("owl_counter", ASK.format(retries=0), Answer(text=evil))
    pane = run_app("--filter", "")
    pane.wait_for("alert")
    pane.keys("Enter")
    pane.wait_for("[b]markup[/b]")
    pane.keys("Escape")
    pane.wait_for("· 1 event", "f Filter")
    written = b"".join(path.read_bytes() for path in log_dir.rglob("*") if path.is_file())
    assert b"secret-of-the-test" not in written
    raw = pane.raw()
    for sequence in (b"\x1b]0;owned", b"\x1b]52;", b"\x00", "\u202e".encode(), "\x9b".encode()):
        assert sequence not in raw
