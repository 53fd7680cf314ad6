# Every target installs what it needs into .venv; nothing else on the machine is touched, but for tmux,
# which the end-to-end tests drive and which comes from the system's package manager when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo test lint bench snapshots pictures soak clean
.DEFAULT_GOAL := demo

$(VENV)/.app: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.app
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(VENV)/.app                ## The app with live data from an embedded scripted night: no key, no network
	$(BIN)/tessen-tui --demo

test: lint tmux                   ## Everything CI runs
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: $(VENV)/.dev                ## Style, types, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev               ## Print every benchmark's table
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

snapshots: $(VENV)/.dev           ## Draw the SVG baselines anew; look at the difference before committing it
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m snapshot --snapshot-update

pictures: $(VENV)/.dev            ## Draw the README's pictures from the app itself
	$(BIN)/python docs/pictures/draw.py

soak: $(VENV)/.dev tmux           ## The long versions of the endurance tests
	$(BIN)/python -m pytest -m soak

.PHONY: tmux
tmux:
	@command -v tmux >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -yq tmux; \
	  else sudo apt-get update -q && sudo apt-get install -yq tmux; fi; }

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchdata
