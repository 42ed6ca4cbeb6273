"""Housekeeping visits organisations whose mailed links are over, too."""

from collections.abc import Mapping, Sequence

from migrations.schema import door, run

revision = "0026"
down_revision: str | None = "0025"
branch_labels = None
depends_on = None

OLD_READS = {
    "orgs": ["id", "status"],
    "idempotency_keys": ["org_id", "expires_at"],
    "sessions": ["org_id", "refresh_expires_at"],
}
LINK_READS = ["org_id", "purpose", "created_at", "used_at", "voided_at"]
OVER = "(l.used_at is not null or l.voided_at is not null or l.purpose = 'password_reset')"
OLD = """
    select o.id from orgs o
     where o.status = 'active'
       and (exists (select from idempotency_keys k where k.org_id = o.id and k.expires_at <= due_at)
            or exists (select from sessions s where s.org_id = o.id and s.refresh_expires_at <= due_at){more})
"""
LINKS = f"""
            or exists (select from mailed_links l where l.org_id = o.id and {OVER}
                          and l.created_at <= due_at - interval '1 day')"""


def upgrade() -> None:
    run(f"create index mailed_links_over on mailed_links (org_id, created_at) where {OVER.replace('l.', '')}")
    _make(LINKS, OLD_READS | {"mailed_links": LINK_READS})


def downgrade() -> None:
    _make("", OLD_READS)
    own = ", ".join(column for column in LINK_READS if column != "org_id")  # another door reads that
    run(f"revoke select ({own}) on mailed_links from sweepline_doors", "drop index mailed_links_over")


def _make(more: str, reads: Mapping[str, Sequence[str]]) -> None:
    run("drop function orgs_with_leftovers")
    door("orgs_with_leftovers", "due_at timestamptz", "setof uuid", OLD.format(more=more), reads=reads)
