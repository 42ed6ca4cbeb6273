"""platform."""

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the slice that owns these tables."""


def downgrade() -> None:
    """The reverse."""
