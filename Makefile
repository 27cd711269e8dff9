# whyrec: `make demo` shows it, `make test` proves it, `make check` keeps it tidy. Everything runs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: setup demo test test-slow coverage check docs clean

setup: $(VENV)/.ready

# The environment is made again when the package's requirements change.
$(VENV)/.ready: Makefile pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,tune,media,console,postgres,demo,dev]'
	touch $@

demo: $(VENV)/.ready
	$(BIN)/whyrec demo $(ARGS)

test: $(VENV)/.ready
	$(BIN)/pytest $(ARGS)

# The slow tests too: many kills, fuzzing of the service, large data.
test-slow: $(VENV)/.ready
	$(BIN)/pytest -m slow $(ARGS)

# All tests, those of subprocesses counted in.
coverage: $(VENV)/.ready
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m '' $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: $(VENV)/.ready
	$(BIN)/ruff format --check src tests bench tools
	$(BIN)/ruff check src tests bench tools
	$(BIN)/mypy
	$(BIN)/python tools/docs.py --check

docs: $(VENV)/.ready
	$(BIN)/python tools/docs.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
