# make explore   walk through the shipped runs (no torch)
# make test      everything: environment, linters, all tests
# make help      the rest

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := explore
MAKEFLAGS += --no-builtin-rules

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
FITS := -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python; do \
	$$p $(FITS) 2>/dev/null && echo $$p && break; done)
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --annotation-style line

# One thread a process, so that two bakes of one run are equal.
STUDY := OMP_WAIT_POLICY=PASSIVE $(PY) -m assetgen study --threads 1

# What to pass on: make explore ARGS="--help", make test ARGS="-k timeline"
ARGS ?=
# Test processes side by side; each has its own OpenGL context.
JOBS ?= 2

.PHONY: explore test bake bench bench-assetgen pictures voice soak lint format wheel lock clean help

explore: $(VENV)/viewer.done
	@requirements/system.sh gl
	@$(PY) -m explorer $(ARGS)

test: lint
	@requirements/system.sh test
	$(PY) -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

# CHECKPOINTS=FOLDER, the folder of the training, adds how the model learned.
bake: $(VENV)/all.done
	$(PY) -m assetgen batch config/prompts.yaml --workers $(JOBS) --force
	$(STUDY) --only ablation & ablations=$$!; \
	$(STUDY) $(addprefix --only ,guidance seed steps sampler prompt) \
		$(if $(CHECKPOINTS),--only learned --checkpoints $(CHECKPOINTS)) && done=0 || done=1; \
	wait $$ablations && exit $$done
	$(PY) -m assetgen validate assets

bench: $(VENV)/viewer.done
	@requirements/system.sh gl
	@$(PY) tests/benchmarks/bench.py $(ARGS)

bench-assetgen: $(VENV)/all.done
	@$(PY) tests/benchmarks/bench_assetgen.py $(ARGS)

pictures: $(VENV)/viewer.done
	@requirements/system.sh gl
	@$(PY) docs/pictures.py $(ARGS)

voice: $(VENV)/viewer.done
	@$(PY) tools/voice.py $(ARGS)

soak: $(VENV)/viewer.done
	@requirements/system.sh gl
	@MALLOC_ARENA_MAX=2 $(PY) -m tests.soak.soak $(ARGS)

lint: $(VENV)/all.done
	$(PY) -m ruff check --quiet .
	$(PY) -m ruff format --check --quiet .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo 2>/dev/null || $(VENV)/bin/lint-imports

format: $(VENV)/all.done
	$(PY) -m ruff check --fix --quiet .
	$(PY) -m ruff format --quiet .

wheel: $(VENV)/viewer.done
	rm -rf build
	$(PIP) wheel --no-deps --wheel-dir dist .
	@ls -l dist/*.whl

# The lock files hold hashes for every platform; torch is pinned apart, without, so that any build of it fits.
lock:
	$(LOCK) pyproject.toml --output-file requirements/viewer.txt
	$(LOCK) pyproject.toml requirements/torch-needs.in --excludes <(echo torch) --extra bake --extra ray --extra train --extra test \
		--output-file requirements/all.txt

clean:
	rm -rf $(VENV) build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find assetgen explorer tests -name __pycache__ -prune -exec rm -rf {} +

help:
	@echo "explore    walk through the shipped runs; ARGS=\"--help\" lists the options"
	@echo "test       lint, then all tests; ARGS goes to pytest"
	@echo "bake       record everything in assets/ that is not up to date; CHECKPOINTS=FOLDER adds how it learned"
	@echo "bench      print the budget table of this machine;  bench-assetgen: what recording costs (ARGS=--quick)"
	@echo "pictures   render the pictures under docs/ again"
	@echo "voice      record what the tours say (needs flite and vorbis-tools)"
	@echo "soak       1,000 random visits to the kiosk; ARGS=\"--visits 20\""
	@echo "lint       ruff, mypy, import-linter;  format: let ruff repair what it can"
	@echo "wheel      build dist/*.whl;  lock: resolve requirements/*.txt again (needs uv);  clean"

$(PY):
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 (or 3.12, 3.13) is needed and none was found." >&2; \
		echo "Install it (Debian 12: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi
	@$(PYTHON) $(FITS) || { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13" >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/viewer.done: requirements/viewer.txt | $(PY)
	@echo "installing the viewer's packages"
	@$(PIP) install --no-deps --requirement $<
	@touch $@

$(VENV)/all.done: requirements/torch.txt requirements/all.txt $(VENV)/viewer.done
	@echo "installing everything else (torch, diffusers, linters)"
	@$(PIP) install --no-deps --requirement requirements/all.txt
	@$(PIP) install --requirement requirements/torch.txt
	@$(PIP) check
	@touch $@
