# REX in two commands: `make up` runs it, `make test` tests it. Both set up what they need first.

PYTHON ?=
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
# The locked Node comes first, so that every machine builds and checks the screen with the same one.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help up demo test check fix bench chaos migrate clean
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Settings are environment variables; .env.example names them all."

up: .venv/ready ui ## Run REX: http://127.0.0.1:8800 (Ctrl-C stops it)
	@exec $(BIN)/rex up $(ARGS)

demo: .venv/ready ui ## Run REX and a whole mission on the sample list
	@exec $(BIN)/rex demo $(ARGS)

test: check ui tests/doubles/node_modules/.ready ## Set up, check, then run every test
	$(BIN)/pytest -n auto $(ARGS)
	cd web/ui && npm test --silent

check: .venv/ready web/ui/node_modules/.ready ## Format, lint, types, import rules, unused code and dependencies
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture
	cd web/ui && npm run check --silent

fix: .venv/ready ## Format, mend what the linter can mend, and write down the API's description anew
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m web.build_ui --describe

bench: .venv/ready ## Measure REX beside plain Celery and Flask (results in bench/results)
	$(BIN)/python -m bench $(ARGS)

chaos: .venv/ready ## The long runs: eight kill -9 of every worker in one mission, ten thousand races of a reply and a send
	$(BIN)/pytest -m long $(ARGS)

migrate: .venv/ready ## Bring the database's tables up to date
	@exec $(BIN)/rex migrate

clean: ## Remove what was installed and built; your data in .rex stay
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov build dist
	rm -rf tests/doubles/node_modules web/ui/node_modules web/ui/dist web/ui/.tsbuildinfo web/ui/src/api/schema.d.ts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The set-up: done again only when what it comes from has changed.
.venv/ready: requirements.lock pyproject.toml .ci/bootstrap
	@.ci/bootstrap $(PYTHON)
	@touch $@

.PHONY: ui
ui: .venv/ready
	@$(BIN)/python -m web.build_ui

# Stand-ins for providers that tests speak to.
tests/doubles/node_modules/.ready: tests/doubles/package-lock.json | .venv/ready
	@cd tests/doubles && npm ci --ignore-scripts --loglevel=error --no-audit --no-fund
	@touch $@

# Everything, for checks and tests; the build alone fetches less, by itself.
web/ui/node_modules/.ready: web/ui/package-lock.json | .venv/ready
	@cd web/ui && npm ci --loglevel=error --no-audit --no-fund
	@touch $@
