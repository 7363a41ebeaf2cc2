# One door to everything; `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.build/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build/collections
# Without bytecode every module compiles its libraries anew, which takes longer than what it does.
export PYTHONDONTWRITEBYTECODE :=
export LAB_DIR ?= $(CURDIR)/.build/lab
# One lab alone leaves processors idle: two at the same time, and what needs none beside them (tests/shares.py).
SIDE_BY_SIDE := pytest --numprocesses=3
COLLECTION_LINK := .build/collections/ansible_collections/accelerated/nodes

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: venv
venv: ## Build the developer environment in .venv (Python >= 3.12, locked)
	@tools/venv.sh
	@mkdir -p $(dir $(COLLECTION_LINK)) && ln -sfn $(CURDIR) $(COLLECTION_LINK)

.PHONY: lock
lock: ## Pin requirements-dev.in, and the environments in tools/locks, anew
	@tools/lock.sh

.PHONY: demo
demo: venv ## From a bare lab cluster to verified accelerators, and back (KEEP_LAB=1 leaves the lab up)
	@python -m tests.demo

.PHONY: format
format: venv ## Format the Python files, and mend what ruff can
	ruff check --quiet --fix . || true
	ruff format .

.PHONY: lint
lint: venv # ruff, mypy, ansible-lint, the documentation and the changelog
	ruff check .
	ruff format --check .
	mypy -p ansible_collections.accelerated.nodes.plugins.module_utils
	ansible-lint
	@# Without the ceiling, the collections in .venv count as ignored by our git and are not seen.
	GIT_CEILING_DIRECTORIES=$(CURDIR) antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .
	antsibull-changelog lint

.PHONY: sanity
sanity: venv # ansible-test sanity, in a copy under .build
	python tools/sanity.py

.PHONY: check
check: lint sanity ## The fast part of the tests: lint, sanity, units
	pytest --numprocesses=2 tests/unit

.PHONY: browser
browser: # Chromium, with which the tests look at the report
	@tools/debian.sh chromium,chromium-browser,google-chrome=chromium

.PHONY: test
test: venv browser ## Everything: check, then modules, roles and playbooks against the lab
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint sanity
	$(SIDE_BY_SIDE)

.PHONY: containers
containers: # What tests with real containers need; where it may not be installed they are left out, and say so
	@tools/debian.sh containerd=containerd runc=runc /usr/lib/cni/ptp=containernetworking-plugins busybox=busybox-static \
	  ip=iproute2 unshare=util-linux || true
test: containers

.PHONY: proof
proof: venv ## The long proofs
	$(SIDE_BY_SIDE) -m proof
	@$(MAKE) --no-print-directory matrix

.PHONY: matrix
matrix: venv ## Lint, sanity, units and the demo with each ansible-core that is supported
	python -m tools.matrix

.PHONY: release
release: venv ## Tarball, sums and SBOM in build/release, tried on the lab (DRAFT=yes: before the changelog is written)
	@python -m tools.release $(if $(DRAFT),--draft)

.PHONY: bench
bench: venv ## Benchmarks beside kubectl and kubernetes.core: build/bench.json, docs/benchmarks.md
	@python -m tests.bench

.PHONY: docs
docs: venv ## Write anew what is generated: the roles' README files and the tables of docs/*.md
	python tools/role_docs.py
	python tools/page_tables.py

.PHONY: docs-site
docs-site: venv ## Build the documentation site: build/site/index.html
	@python tools/docs_site.py

.PHONY: lab-up
lab-up: venv ## Build the lab once, start it, and print the environment for your own playbooks
	@python -m tests.lab up

.PHONY: lab-down
lab-down: venv ## Stop the lab and remove its state, and that of labs which tests have left that were killed
	@for each in $(LAB_DIR) $(wildcard $(LAB_DIR)-gw*); do LAB_DIR=$$each python -m tests.lab down; done

.PHONY: lab-status
lab-status: venv ## Show what of the lab runs
	@python -m tests.lab status

.PHONY: lab-env
lab-env: venv ## Print the lab's environment: eval "$$(make -s lab-env)"
	@python -m tests.lab env
