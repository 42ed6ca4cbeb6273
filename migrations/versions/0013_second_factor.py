"""The second factor of persons: sealed secrets, the last step accepted, hashes of recovery codes."""

from migrations.schema import DOORS_OWNER, door, run

revision = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None

BEFORE = {"persons": ("user_id", "email_norm"), "person_secrets": ("user_id", "password_hash")}
FACTOR = ("totp_secret", "totp_last_step", "pending_secret", "pending_until", "recovery_hashes")
READS = {**BEFORE, "person_secrets": (*BEFORE["person_secrets"], *FACTOR)}
WRITES = {"person_secrets": ("insert", "update")}
CHANGES = {
    "set_person_pending": (
        "p_user_id uuid, p_pending bytea, p_until timestamptz",
        "void",
        """
          update person_secrets set pending_secret = p_pending, pending_until = p_until
          where user_id = p_user_id
        """,
    ),
    "set_person_factor": (
        "p_user_id uuid, p_secret bytea, p_step bigint, p_recovery bytea[]",
        "void",
        """
          update person_secrets set totp_secret = p_secret, totp_last_step = p_step,
            pending_secret = null, pending_until = null, recovery_hashes = p_recovery
          where user_id = p_user_id
        """,
    ),
    "set_person_recovery_codes": (
        "p_user_id uuid, p_recovery bytea[]",
        "void",
        "update person_secrets set recovery_hashes = p_recovery where user_id = p_user_id",
    ),
    "spend_totp_step": (
        "p_user_id uuid, p_secret bytea, p_step bigint",
        "boolean",
        """
          with spent as (
            update person_secrets set totp_last_step = p_step
            where user_id = p_user_id and totp_secret = p_secret and totp_last_step < p_step
            returning user_id
          )
          select exists (select from spent)
        """,
    ),
    "spend_recovery_code": (
        "p_user_id uuid, p_hashes bytea[]",
        "boolean",
        """
          with spent as (
            update person_secrets set recovery_hashes =
              array(select kept from unnest(recovery_hashes) as kept where kept <> all (p_hashes))
            where user_id = p_user_id and recovery_hashes && p_hashes
            returning user_id
          )
          select exists (select from spent)
        """,
    ),
}


def upgrade() -> None:
    run(
        "alter table person_secrets add column totp_secret bytea, "
        "add column totp_last_step bigint not null default 0, "
        "add column pending_secret bytea, add column pending_until timestamptz, "
        "add column recovery_hashes bytea[] not null default '{}', "
        "add constraint person_secrets_pending_check "
        "check ((pending_secret is null) = (pending_until is null)), "
        "add constraint person_secrets_recovery_check "
        "check (totp_secret is not null or recovery_hashes = '{}')"
    )
    _reading_doors(
        ", totp_secret bytea, totp_last_step bigint, pending_secret bytea, pending_until timestamptz"
    )
    for name, (arguments, returns, body) in CHANGES.items():
        door(name, arguments, returns, body, reads=READS, writes=WRITES, volatility="volatile")


def downgrade() -> None:
    for name in CHANGES:
        run(f"drop function {name}")
    run(f"revoke select ({', '.join(FACTOR)}) on person_secrets from {DOORS_OWNER}")
    run("alter table person_secrets " + ", ".join(f"drop column {column}" for column in FACTOR))
    _reading_doors("")


def _reading_doors(more: str) -> None:
    """Made anew, since what a function answers cannot be altered."""
    columns = "".join(f", s.{column.split()[0]}" for column in more.split(", ")[1:])
    for name, argument, condition in (
        ("login_secret", "p_email_norm text", "p.email_norm = p_email_norm"),
        ("step_up_secret", "p_user_id uuid", "p.user_id = p_user_id"),
    ):
        run(f"drop function {name}")
        door(
            name,
            argument,
            f"table (user_id uuid, password_hash text{more})",
            f"""
          select p.user_id, s.password_hash{columns}
          from persons p left join person_secrets s on s.user_id = p.user_id
          where {condition}
        """,
            reads=READS if more else BEFORE,
        )
