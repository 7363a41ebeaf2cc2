# One door to everything; `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.build/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build/collections
export LAB_DIR ?= $(CURDIR)/.build/lab
COLLECTION_LINK := .build/collections/ansible_collections/accelerated/nodes

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: venv
venv: ## Build the developer environment in .venv (Python >= 3.12, locked)
	@tools/venv.sh
	@mkdir -p $(dir $(COLLECTION_LINK)) && ln -sfn $(CURDIR) $(COLLECTION_LINK)

.PHONY: lock
lock: ## Pin requirements-dev.in anew in requirements-dev.lock
	@uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
	  --upgrade requirements-dev.in -o requirements-dev.lock
