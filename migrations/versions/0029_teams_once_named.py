"""teams once named: such as a worker, a booking or a blackout has left; the audit log names them still."""

from migrations.schema import drop_tables, tenant_table

revision = "0029"
down_revision: str | None = "0028"
branch_labels = None
depends_on = None

TEAMS_ONCE_NAMED = """
    team_id uuid not null,
    primary key (org_id, team_id),
    foreign key (org_id, team_id) references teams (org_id, team_id)
"""


def upgrade() -> None:
    tenant_table("teams_once_named", TEAMS_ONCE_NAMED, append_only=True)


def downgrade() -> None:
    drop_tables("teams_once_named")
