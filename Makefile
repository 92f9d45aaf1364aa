PYTHON ?= python3
# A Python that is named has a folder of its own: `make check PYTHON=python3.12` and then `make check`
# need no new set-up in between.
VENV := $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin

# Tests start hundreds of processes. Without files of bytecode each would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo lint check test coverage acceptance pages pictures history backfill faults directed proofs bench bench-full nation soak lock clean
setup: $(VENV)/.ready  ## make the virtual environment

$(VENV)/.ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

demo: setup  ## the whole way once, on this machine
	$(BIN)/kpr-stream demo

lint: setup  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# loadfile: tests of one file share a broker and a database.
COMPUTING := -m pytest -n 2 --dist loadfile
# Tests with processes wait too: for alarms, lost connections and workers that come back.
WAITING := -m pytest -n 3 --dist loadfile

check: setup lint  ## before every commit: style, types, unit and property tests, the slow ones left out
	$(BIN)/python $(COMPUTING) --hypothesis-profile=check -m "not slow" tests/unit tests/property

# With CI=true the tests also measure coverage, of every process. The floor is in pyproject.toml.
test: setup lint  ## all that needs PyPI and Maven Central alone and is not long, on real brokers and databases
ifeq ($(CI),true)
	rm -rf .coverage
	$(BIN)/coverage run $(WAITING) -m "not long"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
else
	$(BIN)/python $(WAITING) -m "not long"
endif

coverage:  ## the tests of `make test` with branch coverage; fails below the floor
	$(MAKE) test CI=true

acceptance: setup  ## tests that need more (bash, zsh, a network) or take long
	$(BIN)/python $(WAITING) -m "long or acceptance" tests/acceptance tests/integration tests/faults tests/property tests/fuzz
	$(MAKE) alerts

# Alone: with three other clusters on two cores its scaled time ends before its first alert.
alerts: setup  ## a real stack in trouble, and exactly the right alerts in a real Prometheus
	$(BIN)/python -m pytest tests/acceptance/prometheus/alerts_of_a_stack.py

pages: setup  ## write every generated page and table again
	$(BIN)/python -m tools.pages
	$(BIN)/python -m deploy.grafana

pictures: setup  ## draw every dashboard from four made-up days of the nation (needs Prometheus)
	$(BIN)/python -m tools.pictures

history: setup  ## 300,000 items with every kind of trouble, twice, and the analyst's views of them: minutes
	$(BIN)/python -m tests.end_to_end.history
	$(BIN)/python -m pytest tests/integration/analytics/views_of_a_long_history.py

BACKFILL ?= --seed 1 --items 50000
backfill: setup  ## a history by `connect backfill` while everything is killed; BACKFILL="--seed N --items N"
	@$(BIN)/python -m tests.end_to_end.backfill $(BACKFILL)

FAULTS ?= --seed 1 --faults 30 --minutes 15
faults: setup  ## three workers and two sinks under random faults; FAULTS="--seed N --faults N --minutes N --columns alternate"
	@$(BIN)/python -m tests.faults.run $(FAULTS)

directed: setup  ## the faults that chance is too weak for: zombies at each step, a revoke while opening
	$(BIN)/python -m pytest tests/faults/scenarios/directed*.py

proofs: setup  ## switch every protection off in turn: the checker must report each
	$(BIN)/python -m tests.faults.mutations.switch_off

bench: setup  ## worker, sink and both against a loop without guarantees; BENCH=--keep: as the figures of the docs
	$(BIN)/python -m bench.run $(BENCH)

bench-full: setup  ## long histories, sizes of deliveries, each guarantee off, two processes, peers; BENCH=--keep as above
	$(BIN)/python -m bench.full.run $(BENCH)

NATION ?= --items 5000000
nation: setup  ## millions of items of the nation through everything, as a backfill; NATION="--items N --processes N --keep"
	$(BIN)/python -m bench.full.long.nation $(NATION)

SOAK ?= --minutes 30
soak: setup  ## live traffic for half an hour: what grows? SOAK="--minutes N --pace N --keep"
	$(BIN)/python -m bench.full.long.soak $(SOAK)

lock:  ## pin all dependencies again (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --all-extras --quiet pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .venv-* build *.egg-info
