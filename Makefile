# Every target installs what it needs into .venv; nothing else on the machine is touched, but for tmux, zstd
# and npm, which tests need and which come from the system's package manager when they are missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Twice the cores of the smallest machine this is kept quick on: half of what tests do is waiting.
WORKERS ?= 4
# The reference models that trajectories are checked with. Their package asks for a newer Python than they do.
ATIF_MODELS := harbor==0.26.0
CODEX := @openai/codex@0.169.0

.PHONY: demo test lint bench snapshots pictures soak clean
.DEFAULT_GOAL := demo

$(VENV)/.app: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.app
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python $(ATIF_MODELS)
	@touch $@

demo: $(VENV)/.app                ## The app with live data from an embedded scripted night: no key, no network
	$(BIN)/tessen-tui --demo

test: lint tmux zstd $(VENV)/.codex ## Everything CI runs
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

soak: $(VENV)/.dev tmux zstd $(VENV)/.codex ## The long versions of the endurance tests
	$(BIN)/python -m pytest -m soak

$(VENV)/.codex: | $(VENV)/.dev
	@command -v npm >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -yq npm; \
	  else sudo apt-get update -q && sudo apt-get install -yq npm; fi; }
	npm install --silent --no-fund --no-audit --prefix $(VENV)/codex $(CODEX)
	@touch $@

.PHONY: tmux zstd
tmux zstd:
	@command -v $@ >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -yq $@; \
	  else sudo apt-get update -q && sudo apt-get install -yq $@; fi; }

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchdata
