# Everything that people run, behind `make help`. Each target installs what it needs into .venv first.
# PYTHON=… picks the interpreter; LOCK=gpu (for serve, train) installs TensorFlow with CUDA (Linux), and LOCK=serve
# (for serve) no more than serving needs: such a service cannot retrain.

.DEFAULT_GOAL := help
.PHONY: help serve test check lint train acceptance bench bench-peers soak docker-test sbom lock clean
MAKEFLAGS += --no-print-directory
NAME :=  # from the command line alone: some systems export it as the machine's name

python := .venv/bin/python
setup = @PYTHON='$(PYTHON)' sh scripts/setup.sh

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

serve: ## start the service on 127.0.0.1:8000 (HOST=… PORT=…)
	$(setup) $(or $(LOCK),train)
	@exec env $(if $(HOST),TERCET_HOST='$(HOST)') $(if $(PORT),TERCET_PORT='$(PORT)') $(python) -m app

test: ## run every test that needs no more than this repository (and what is installed of Postgres, Redis, Chromium; ARGS=…)
	$(setup) dev
	@$(python) -m pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 3 --dist loadfile --no-loadscope-reorder \
		-m "not acceptance and not docker$$($(python) -m tests.servers)" $(ARGS)

check: lint test ## lint, then test

lint: ## ruff, mypy and the import rules
	$(setup) dev
	@$(python) -m ruff check --quiet
	@$(python) -m ruff format --check --quiet
	@$(python) -m mypy
	@$(python) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo

train: ## train on your own texts: DATA=texts.csv (VECTORS=… NAME=… ARGS='--epochs 10')
	@test -n '$(DATA)' || { echo 'make train needs DATA=, for example: make train DATA=texts.csv' >&2; exit 2; }
	$(setup) $(or $(LOCK),train)
	@$(python) -m training train --data '$(DATA)' $(if $(VECTORS),--vectors '$(VECTORS)') \
		$(if $(NAME),--name '$(NAME)') $(ARGS)

acceptance: ## run the tests that need the real data (in TERCET_ACCEPTANCE_DATA, else ../shared/data)
	$(setup) dev
	@TERCET_ACCEPTANCE_DATA="$${TERCET_ACCEPTANCE_DATA:-../shared/data}" \
		$(python) -m pytest -m "acceptance$$($(python) -m tests.servers)" $(ARGS)

bench: ## measure, as README's figures were (ARGS=… for python -m benchmarks; needs wrk)
	$(setup) dev
	@$(python) -m benchmarks $(ARGS)

bench-peers: ## measure beside other servers, each in .bench (ARGS=… for python -m benchmarks.peers; needs wrk)
	$(setup) dev
	@$(python) -m benchmarks.peers $(ARGS)

soak: ## minutes of mixed traffic, swaps, retrainings and kills on a service of its own (MINUTES=10 ARGS='--rate 60')
	$(setup) dev
	@$(python) -m benchmarks.soak $(if $(MINUTES),--minutes '$(MINUTES)') $(ARGS)

docker-test: ## build the image and test it with docker compose
	$(setup) dev
	docker build --tag tercet:ci .
	@$(python) -m pytest -m docker tests/docker $(ARGS)

sbom: ## write a bill of materials (CycloneDX) of each lock file into build/sbom
	$(setup) dev
	@$(python) -m scripts.bill_of_materials $(ARGS)

lock: ## resolve requirements/*.lock anew from pyproject.toml (ARGS=--upgrade for newer versions)
	$(setup) dev
	@sh scripts/lock.sh .venv/bin/uv $(ARGS)

clean: ## remove .venv and every cache (never ./var)
	rm -rf .venv .venv.lock .bench build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
