# Everything runs in .venv, made on first use. `make help` lists the targets.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIPELINE := notebooks/11_mnist_pipeline.ipynb
# A file of tests, or a notebook, stays in one process.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg

# The first Python from 3.10 to 3.13 that is found, unless you name one:
# make run PYTHON=python3.12
SUITABLE := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 \
	python3.10 python,$(shell $(p) -c "$(SUITABLE)" >/dev/null 2>&1 && echo $(p))))

.DEFAULT_GOAL := help
.PHONY: help run test test-package test-notebooks test-oldest lint lab notebooks \
	data explorer clean

# With this variable set to Agg, every figure of a notebook would vanish.
unexport MPLBACKEND

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

run: $(READY)  ## train on MNIST: the whole pipeline, with a progress bar
	@$(BIN)/python -m cnnkit run $(PIPELINE)
	@echo "The trained model: notebooks/runs/11_mnist_pipeline/model.keras"
	@echo "Open the notebooks in JupyterLab: make lab"

# There is a process for each core: more threads would only wait for one another.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

test: test-package test-notebooks  ## all tests: the package, then the notebooks

test-package: $(READY)  ## the tests of the package
	$(ONE_THREAD) $(BIN)/python -m pytest $(PARALLEL) tests

test-notebooks: $(READY)  ## strict nbval on the notebooks
	$(ONE_THREAD) $(BIN)/python -m pytest $(PARALLEL) $(NBVAL) notebooks

test-oldest:  ## all tests with the oldest versions that requirements.txt allows
	$(MAKE) VENV=.venv-oldest RESOLUTION=lowest-direct test \
		PYTHON=$(firstword $(shell sh -c 'command -v python3.10') $(PYTHON))

lint: $(READY)  ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lab: $(READY)  ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

notebooks: $(READY)  ## execute the notebooks in place, ready to commit
	$(BIN)/python -m cnnkit run --in-place $(wildcard notebooks/*.ipynb)
	$(BIN)/python docs/make_pictures.py

explorer: $(READY)  ## train simple_cnn and write docs/explorer.html
	$(BIN)/python docs/make_explorer.py

data: $(READY)  ## make data/mnist.npz again: make data FROM=folder-with-idx-files
	$(BIN)/python data/build_mnist.py $(FROM)

clean:  ## remove what was built, the virtual environment too
	rm -rf .venv .venv-oldest .hypothesis build notebooks/runs *.egg-info

$(READY): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { \
		echo "Expected Python 3.10 to 3.13 on the path. Received: none."; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON): once, a few minutes, 3.2 GB."
	@$(PYTHON) -m venv $(VENV) || { echo "Expected venv to work. On Debian and" \
		"Ubuntu: apt install python3-venv. Then: make clean"; exit 1; }
	@$(BIN)/python -m pip install --upgrade -qq pip
ifeq ($(RESOLUTION),)
	@$(BIN)/python -m pip install -qq --editable ".[dev]"
else
	@$(BIN)/python -m pip install -qq uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python \
		--resolution $(RESOLUTION) --editable ".[dev]"
endif
	@touch $@
