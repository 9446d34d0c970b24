PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: app test check bench venv clean

app: venv            ## open the app on the bundled examples and shipped checkpoints
	$(RUN) -m streamlit run app/main.py

test: venv           ## every test
	$(RUN) -m pytest

check: venv          ## style, types, and who imports whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(RUN) -m pytest tests/test_imports.py

bench: venv          ## speed, as ratios to a peer or a bound in the same run
	$(RUN) -m benchmarks

venv: $(VENV)/.complete

$(VENV)/.complete: requirements.txt Makefile
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --requirement requirements.txt
	$(RUN) -m pip install --quiet --no-deps tinysoundfont==0.3.7
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
