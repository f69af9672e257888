# One command a task. `make book` and `make test` set everything up by themselves, once.
# Without make: the same commands with plain python stand in README.md.

PYTHON ?= python3
OUT ?= out
VENV := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help book test lab grade bench lint clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(READY) ## build the book and print where it is
	@$(VENV)/python tools/book.py

test: $(READY) ## run every test, and build the book from the very run that was tested
	@$(VENV)/python tools/test.py

lab: $(READY) ## open the chapters in JupyterLab
	$(VENV)/jupyter lab --LabApp.default_url=/lab/tree/chapters

grade: $(READY) ## grade a folder: make grade SUBMISSIONS=dir [SET=name] [OUT=out]
	@test -n "$(SUBMISSIONS)" || { echo 'Say what to grade, for example: make grade SUBMISSIONS=exercises/samples SET=convolution'; exit 2; }
	@$(VENV)/python -m d2lmini grade "$(SUBMISSIONS)" $(if $(SET),--set "$(SET)") --out "$(OUT)"

bench: $(READY) ## measure the speeds that the chapters quote, on this machine
	@$(VENV)/python benchmarks/run.py

lint: $(READY) ## check the style of all code, notebooks included
	@$(VENV)/ruff check .

clean: ## remove what was built; the installed packages stay
	rm -rf _build $(OUT) .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'This book needs Python 3.11 or newer; $(PYTHON) is older or missing.'; \
	  echo 'Install one and name it, for example: make book PYTHON=python3.12'; exit 1; }
	@echo 'Setting up .venv from requirements.txt: some minutes and 7 GB, once.'
	$(PYTHON) -m venv .venv
	$(VENV)/python -m pip install --disable-pip-version-check --quiet --requirement requirements.txt
	@touch $@
