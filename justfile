set positional-arguments

# list the recipes
default:
    @just --list --unsorted

# the API with everything it needs, on this machine (try: just serve --demo)
serve *args:
    uv run sweepline serve "$@"

# every quick test, on two processes, with the embedded PostgreSQL
test *args:
    uv run pytest -n 2 --dist worksteal -m "not slow" "$@"

# the suites that take minutes, on two processes: fuzzing, long histories, big databases
slow *args:
    uv run pytest -n 2 --dist worksteal -m "slow and not alone and not pooler" "$@"

# those that want the machine to themselves: crowds, crashes, timing
alone *args:
    uv run pytest -m "alone" "$@"

# format, lint, types and imports; changes nothing
check:
    uv run ruff format --check .
    uv run ruff check .
    uv run mypy
    uv run lint-imports

# lint the image and the composition, without an engine
containers:
    uv run --isolated --only-group containers hadolint --failure-threshold info Dockerfile
    uv run --isolated --only-group containers docker-compose --env-file docs/compose/example.env config --quiet

# rewrite the code in the house's format
fmt:
    uv run ruff check --fix-only --quiet .
    uv run ruff format .

# the quick suite with branch coverage of the inside rooms, at least 90 %
cov *args:
    uv run pytest -n 2 --dist worksteal -m "not slow" --cov --cov-report=term "$@"

# requests per second and latencies of a real server, beside bare asyncpg
bench *args:
    uv run python -m tests.benchmarks "$@"

# bring the configured database to head (add --check to only ask)
migrate *args:
    uv run sweepline migrate "$@"

# give back the room of indexes that are far larger than what they hold (--check only asks)
reindex *args:
    uv run sweepline reindex "$@"

# fill the demo company with believable months of data
demo *args:
    uv run sweepline demo "$@"

# say what is wrong with database, mail and the rest, as configured
doctor *args:
    uv run sweepline doctor "$@"

# print the OpenAPI 3.1 document
openapi:
    @uv run sweepline openapi

# write docs/routes.md: who may call which route
matrix:
    uv run python -m entrypoints.http.role_matrix docs/routes.md

# run the jobs once, or as a loop: just jobs run
jobs *args:
    uv run sweepline jobs "$@"

# write an .env with random secrets for compose.yaml; never overwrites one
env:
    @uv run python -m entrypoints.cli.env_file .env

# the composition of Dockerfile and compose.yaml: database, migration, API, jobs
up *args:
    docker compose up --detach --build --wait "$@"

# what CI runs, in CI's order
ci:
    .ci/run
