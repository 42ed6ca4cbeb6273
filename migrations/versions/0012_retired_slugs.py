"""Slugs that organisations have left: nobody else gets them."""

from migrations.schema import drop_tables, global_table

revision = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    global_table(
        "retired_slugs",
        """
        slug text primary key,
        left_by uuid not null references orgs (id),
        retired_at timestamptz not null default now()
        """,
        grants="select, insert",
    )


def downgrade() -> None:
    drop_tables("retired_slugs")
