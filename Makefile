# Each target sets up what it needs. Nothing here is cleverer than the commands themselves.

PYTHON ?= python3
VENV := .venv
# The product is many processes: none of them compiles anew what another has.
export PYTHONDONTWRITEBYTECODE :=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: run test check lint format chaos saving mutations bench screenshots lock doctor backup restore clean

run: $(VENV)/run
	@exec $(BIN)/python -m vidgo_site.run

# All tests on SQLite; on PostgreSQL, where TEST_DATABASE_URL says so, those that it can change
# (tests/order.py). Four side by side: browsers, and what is killed and started again, wait much.
test: $(VENV)/dev
	@scripts/browser
	@scripts/proxies
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(PYTEST)

# What one runs before each commit: lint, types, and all that needs no browser and kills nothing, but
# for what is marked `slow`: it starts the product, makes music, or does something hundreds of times.
check: lint
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow" $(addprefix --ignore=tests/,$(SLOW)) $(PYTEST)
SLOW := browser engines crash site/test_run.py site/test_slow_clients.py
SIDE_BY_SIDE := --numprocesses 4 --dist loadscope --no-loadscope-reorder

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --check --quiet
	VIDGO_API_KEY=none STUDIO_PUBLIC_URL=https://studio.example.com $(BIN)/mypy .
	$(BIN)/lint-imports --no-logo

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint templates --reformat --quiet

# Try key, address, worker, database, storage and disk; it costs no credits.
doctor: $(VENV)/run
	@$(BIN)/python manage.py doctor

# One file with everything, while the product runs; and back, while it does not: FILE=…
backup: $(VENV)/run
	@$(BIN)/python manage.py backup $(FILE)

restore: $(VENV)/run
	@$(BIN)/python manage.py restore $(FILE)

# Everything broken at random moments, on three combinations of database and engine: half an hour.
# PostgreSQL and Redis are expected on this machine; `make chaos CHAOS=sqlite` needs neither.
chaos: $(VENV)/dev
	TEST_EXAMPLES=2500 $(BIN)/python -m pytest tests/lifecycle/test_nothing_missed.py -k no_body
	$(BIN)/python -m tests.chaos $(CHAOS)

# How fast and in how much memory a file of 1 GB is saved, beside curl.
saving: $(VENV)/dev
	$(BIN)/python -m tests.saving

# Small changes at random in the rooms where a slip costs most: does a test notice? An hour or two,
# one at a time, since tests share a data folder. MUTANTS="studio.lifecycle.polling*" is quicker;
# `mutmut results` and `mutmut show` tell what lived (docs/mutations.md).
mutations: $(VENV)/dev
	$(PIP) install mutmut==3.8.1
	$(BIN)/python -m mutmut run --max-children 1 $(if $(MUTANTS),"$(MUTANTS)")

# Every figure in one run, twenty minutes on a quiet machine: wrk, nginx and curl are Debian's.
# BENCH=--write puts the tables into docs/performance.md.
bench: $(VENV)/dev
	@scripts/browser
	@scripts/bench-tools
	$(BIN)/python -m bench $(BENCH)

screenshots: $(VENV)/dev
	@scripts/browser
	$(BIN)/python scripts/screenshots.py

# The locks name versions and the hashes of their files, which pip then insists on: no index
# addresses, no options of this machine.
lock: $(VENV)/dev
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock
# For every system and Python that there is a marker for: Debian 12's own Python is older than ours.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	--generate-hashes

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
