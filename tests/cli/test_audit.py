"""`sweepline audit verify`: status 0, or 1 naming organisation, number and harm."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from domain.shared.ids import OrgId
from entrypoints.cli.main import cli
from tests.support.database import TestDatabase
from tests.support.logbook import as_owner


def test_every_organisation_or_one(postgres: TestDatabase, tmp_path: Path) -> None:
    with postgres.clone("audited") as database:
        environ = {
            "APP_ENV": "dev",
            "SWEEPLINE_HOME": str(tmp_path),
            "DATABASE_URL": database.app_url,
            "DATABASE_OWNER_URL": database.owner_url,
        }

        def run(*arguments: str, status: int = 0) -> str:
            done = CliRunner().invoke(cli, arguments, env=environ)
            assert done.exit_code == status, done.output
            return done.stdout

        def verify(*arguments: str, status: int = 0) -> Any:
            return json.loads(run("audit", "verify", "--json", *arguments, status=status))

        made = {}
        for slug in ("acme", "bright"):
            wanted = ("--name", slug, "--slug", slug, "--owner-email", f"o@{slug}.example")
            made[slug] = json.loads(run("org", "create", *wanted))["org_id"]
        run("org", "suspend", "--slug", "acme")
        whole = verify()
        assert whole["broken"] == 0
        assert [(org["org"], org["seq"]) for org in whole["orgs"]] == [("acme", 2), ("bright", 1)]
        assert run("audit", "verify", "--org", "bright").startswith("bright: ok, 1 rows, head ")
        run("audit", "verify", "--org", "no-such-org", status=1)

        forged = "update admin_audit_logs set actor = 'nobody' where {org} and seq = 2"
        as_owner(database, OrgId(made["acme"]), forged)
        assert verify("--org", "bright")["broken"] == 0
        acme, bright = verify(status=1)["orgs"]
        assert bright["status"] == "ok"
        assert acme == {
            "org": "acme",
            "org_id": made["acme"],
            "status": "broken",
            "seq": 2,
            "hash": acme["hash"],
            "first_broken_seq": 2,
            "how": "changed",
        }
        assert "acme: broken at 2 (changed)\n" in run("audit", "verify", status=1)
