"""bookings."""

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the slice that owns these tables."""


def downgrade() -> None:
    """The reverse."""
