"""teams and hours."""

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the slice that owns these tables."""


def downgrade() -> None:
    """The reverse."""
