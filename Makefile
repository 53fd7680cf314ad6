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

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

# The app comes with it. Byte code is made beside the lint, on the other core.
$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps --ignore-requires-python \
	  $(ATIF_MODELS)
	@touch $(VENV)/.app $@

$(VENV)/.bytecode: $(VENV)/.dev
	@$(BIN)/python -m compileall -q $(VENV)/lib >/dev/null || true  # some packages ship templates that are no Python
	@touch $@

demo: $(VENV)/.app                ## The app with live data from an embedded scripted night: no key, no network
	$(BIN)/tessen-tui --demo

test: $(VENV)/.dev                ## Everything CI runs
	@$(MAKE) --no-print-directory -j 2 lint programs $(VENV)/.bytecode
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

soak: $(VENV)/.dev programs       ## The long versions of the endurance tests
	$(BIN)/python -m pytest -m soak

$(VENV)/.codex: | $(VENV)/.dev programs-of-the-system
	@command -v npm >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -yq npm; \
	  else sudo apt-get update -q && sudo apt-get install -yq npm; fi; }
	npm install --silent --no-fund --no-audit --prefix $(VENV)/codex $(CODEX)
	@touch $@

.PHONY: programs programs-of-the-system tmux zstd
programs: programs-of-the-system $(VENV)/.codex

programs-of-the-system: tmux zstd

# One after the other, and before npm: a package manager lets in one at a time.
zstd: | tmux
tmux zstd:
	@command -v $@ >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -yq $@; \
	  else sudo apt-get update -q && sudo apt-get install -yq $@; fi; }

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchdata
