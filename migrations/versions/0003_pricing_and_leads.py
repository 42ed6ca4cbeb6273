"""pricing and leads."""

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the slice that owns these tables."""


def downgrade() -> None:
    """The reverse."""
