# Each target sets up what it needs. Nothing here is cleverer than the commands themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: run test lint format chaos saving bench screenshots lock backup restore clean

run: $(VENV)/run
	@exec $(BIN)/python -m vidgo_site.run

# All tests on SQLite; on PostgreSQL instead where TEST_DATABASE_URL says so. Two side by side
# (tests/order.py).
test: $(VENV)/dev
	@scripts/browser
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder $(PYTEST)

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --check --quiet
	VIDGO_API_KEY=none STUDIO_PUBLIC_URL=https://studio.example.com $(BIN)/mypy .

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint templates --reformat --quiet

# One file with everything, while the product runs; and back, while it does not: FILE=…
backup: $(VENV)/run
	@$(BIN)/python manage.py backup $(FILE)

restore: $(VENV)/run
	@$(BIN)/python manage.py restore $(FILE)

# Everything broken at random moments, on three combinations of database and engine: half an hour.
# PostgreSQL and Redis are expected on this machine; `make chaos CHAOS=sqlite` needs neither.
chaos: $(VENV)/dev
	TEST_EXAMPLES=2500 $(BIN)/python -m pytest tests/test_promises_nothing_missed.py -k no_body
	$(BIN)/python -m tests.chaos $(CHAOS)

# How fast and in how much memory a file of 1 GB is saved, beside curl.
saving: $(VENV)/dev
	$(BIN)/python -m tests.saving

# Every figure in one run, twenty minutes on a quiet machine: wrk, nginx and curl are Debian's.
# BENCH=--write puts the tables into docs/performance.md.
bench: $(VENV)/dev
	@scripts/browser
	@scripts/bench-tools
	$(BIN)/python -m bench $(BENCH)

screenshots: $(VENV)/dev
	@scripts/browser
	$(BIN)/python scripts/screenshots.py

# The locks name versions only: no index addresses, no options of this machine.
lock: $(VENV)/dev
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCK) -o requirements.lock pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCK) --all-extras -c requirements.lock -o requirements-dev.lock pyproject.toml
LOCK := --quiet --strip-extras --no-header --no-annotate

$(VENV)/python:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: requirements.lock | $(VENV)/python
	@echo "Setting up: this takes a minute, once."
	$(PIP) install -r requirements.lock
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/run
	$(PIP) install -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV)
