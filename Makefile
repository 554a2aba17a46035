# `make` alone prints what there is. Every task uses the environment that `make setup` creates.
BIN ?= .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup test lint format types layers check ci bench picture pages wheel constraints clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## create .venv with everything the tests need
	python3 -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e '.[test]'

test: ## run the tests on all cores
	$(BIN)/python -m pytest -q -n auto

lint: ## report style mistakes and unformatted files
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: ## format the files and repair what can be repaired safely
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: ## check types
	$(BIN)/mypy

layers: ## check that lower layers never import higher ones
	$(BIN)/lint-imports

check: ## check all shipped specs and blocks with archc itself
	$(BIN)/archc check specs/ templates/

ci: ## do what continuous integration does, in an environment of its own
	bash .ci/run

bench: ## measure start-up and scale; see benchmarks/README.md
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/scale.py

picture: ## draw README's picture anew from what archc prints
	$(BIN)/archc analyze specs/vgg16.arch > picture.txt
	$(BIN)/python docs/images/terminal.py 'archc analyze specs/vgg16.arch' < picture.txt > docs/images/vgg16.svg
	rm picture.txt

pages: ## write docs/gallery.md and docs/blocks.md anew
	$(BIN)/python -m docs.gallery
	$(BIN)/python -m docs.blocks
	$(BIN)/python -m docs.lengths

wheel: ## build the wheel into dist/
	$(BIN)/pip wheel -q --no-deps -w dist .

constraints: ## pin the versions that are installed now in constraints.txt
	@{ sed -n '/^#/p' constraints.txt; $(BIN)/pip freeze --all --exclude pip --exclude-editable \
	    | sed 's/+[a-z0-9.]*$$//' | LC_ALL=C sort -f; } > constraints.new
	mv constraints.new constraints.txt

clean: ## delete what tools left behind (not .venv)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
