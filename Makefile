# Two commands do everything: `make demo` and `make test`. See README.md.
.PHONY: demo demo-clean demo-hosts demo-hosts-clean test test-unit lint format lock bench prepare

prepare:
	scripts/prepare demo

demo: prepare
	scripts/demo

demo-clean:
	scripts/demo clean

demo-hosts:
	scripts/prepare hosts
	scripts/demo-hosts

demo-hosts-clean:
	scripts/demo-hosts clean

test:
	scripts/prepare test
	$(MAKE) lint
	.venv/bin/python -m pytest tests/unit -n 2
	.venv/bin/python -m pytest tests/integration --durations=20
	scripts/test-contrib

test-unit:
	.venv/bin/python -m pytest tests/unit -n 2

lint:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format:
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock:
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-emit-index-url --custom-compile-command "make lock" -o requirements.lock pyproject.toml

bench:
	scripts/prepare test
	.venv/bin/python -m bench
