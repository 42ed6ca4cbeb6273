"""Persons and their secrets, memberships, sessions, refresh tokens, refused proofs."""

from migrations.schema import door, drop_door, drop_tables, global_table, run, tenant_table

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

SESSION_STATE_READS = {
    "sessions": (
        "org_id",
        "session_id",
        "user_id",
        "generation",
        "auth_epoch",
        "revoked_reason",
        "expires_at",
        "proved_at",
        "mfa_verified",
    ),
    "memberships": ("org_id", "user_id", "role", "status"),
    "orgs": ("id", "status"),
    "persons": ("user_id", "auth_epoch", "must_change_password"),
}
PERSON_MEMBERSHIPS_READS = {
    "memberships": ("org_id", "user_id", "role", "status", "created_at"),
    "persons": ("user_id", "auth_epoch"),
    "sessions": (
        "org_id",
        "user_id",
        "auth_epoch",
        "created_at",
        "expires_at",
        "refresh_expires_at",
        "revoked_at",
    ),
}
REFRESH_TOKEN_READS = {"refresh_tokens": ("org_id", "token_sha256")}
SECRET_READS = {
    "persons": ("user_id", "email_norm"),
    "person_secrets": ("user_id", "password_hash"),
}

SECRET_WRITES = {"person_secrets": ("insert", "update")}


def upgrade() -> None:
    _persons()
    _members()
    _sessions()
    _doors()
    _secret_doors()


def _persons() -> None:
    global_table(
        "persons",
        """
        user_id uuid primary key,
        email text not null check (length(email) <= 254),
        email_norm text not null constraint persons_email_norm_key unique,
        created_at timestamptz not null,
        auth_epoch integer not null,
        mfa_enabled boolean not null,
        must_change_password boolean not null,
        temp_password_until timestamptz
        """,
        grants="select, insert, update (email, email_norm, auth_epoch, mfa_enabled, must_change_password,"
        " temp_password_until)",
    )
    global_table(
        "person_secrets",
        """
        user_id uuid primary key references persons (user_id),
        password_hash text not null,
        changed_at timestamptz not null default now()
        """,
        grants="",
    )
    global_table(
        "auth_failures",
        """
        auth_failure_id uuid primary key,
        occurred_at timestamptz not null,
        purpose text not null,
        email_key bytea not null,
        ip text,
        user_agent text,
        request_id text not null
        """,
        grants="insert",
    )
    run("create index auth_failures_by_person on auth_failures (email_key, occurred_at)")


def _members() -> None:
    tenant_table(
        "memberships",
        """
        user_id uuid not null references persons (user_id),
        role text not null
            check (role in ('owner', 'admin', 'dispatcher', 'finance', 'viewer', 'worker')),
        status text not null check (status in ('invited', 'active', 'inactive')),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        name text check (length(name) <= 120),
        last_login_at timestamptz,
        version integer not null check (version > 0),
        primary key (org_id, user_id)
        """,
    )
    run("create index memberships_by_person on memberships (user_id)")


def _sessions() -> None:
    tenant_table(
        "sessions",
        """
        session_id uuid not null,
        user_id uuid not null,
        generation integer not null check (generation > 0),
        auth_epoch integer not null,
        auth_method text not null,
        mfa_verified boolean not null,
        created_at timestamptz not null,
        last_used_at timestamptz not null,
        proved_at timestamptz not null,
        expires_at timestamptz not null,
        refresh_expires_at timestamptz not null,
        ends_at timestamptz not null,
        ip text,
        user_agent text check (length(user_agent) <= 200),
        revoked_at timestamptz,
        revoked_reason text,
        primary key (org_id, session_id),
        foreign key (org_id, user_id) references memberships (org_id, user_id),
        check ((revoked_at is null) = (revoked_reason is null)),
        check (expires_at <= ends_at and refresh_expires_at <= ends_at)
        """,
    )
    run("create index sessions_by_person on sessions (org_id, user_id, created_at)")
    tenant_table(
        "refresh_tokens",
        """
        token_sha256 bytea not null check (length(token_sha256) = 32),
        session_id uuid not null,
        generation integer not null,
        issued_at timestamptz not null,
        expires_at timestamptz not null,
        rotated_at timestamptz,
        sealed_child bytea,
        primary key (org_id, token_sha256),
        foreign key (org_id, session_id) references sessions (org_id, session_id) on delete cascade
        """,
    )
    run(
        "create unique index refresh_tokens_one_current on refresh_tokens (org_id, session_id) "
        "where rotated_at is null",
        "create index refresh_tokens_by_hash on refresh_tokens (token_sha256)",
        "create index refresh_tokens_by_session on refresh_tokens (org_id, session_id)",
    )


def _doors() -> None:
    door(
        "session_state",
        "p_org_id uuid, p_session_id uuid, p_generation integer",
        "table (user_id uuid, role text, membership_status text, org_status text, "
        "generation_current boolean, epoch_current boolean, revoked_reason text, expires_at timestamptz, "
        "proved_at timestamptz, mfa_verified boolean, must_change_password boolean)",
        """
        begin
          return query
          select s.user_id, m.role, m.status, o.status, s.generation = p_generation,
            s.auth_epoch = p.auth_epoch, s.revoked_reason, s.expires_at, s.proved_at, s.mfa_verified,
            p.must_change_password
          from sessions s
          join memberships m on m.org_id = s.org_id and m.user_id = s.user_id
          join orgs o on o.id = s.org_id
          join persons p on p.user_id = s.user_id
          where s.org_id = p_org_id and s.session_id = p_session_id;
        end
        """,
        reads=SESSION_STATE_READS,
        language="plpgsql",
    )
    door(
        "person_memberships",
        "p_user_id uuid, p_now timestamptz",
        "table (org_id uuid, role text, status text, created_at timestamptz, "
        "last_session_at timestamptz, open_sessions bigint)",
        """
          select m.org_id, m.role, m.status, m.created_at, max(s.created_at),
            count(*) filter (where s.revoked_at is null and s.auth_epoch = p.auth_epoch
              and greatest(s.expires_at, s.refresh_expires_at) > p_now)
          from memberships m
          join persons p on p.user_id = m.user_id
          left join sessions s on s.org_id = m.org_id and s.user_id = m.user_id
          where m.user_id = p_user_id
          group by m.org_id, m.user_id, m.role, m.status, m.created_at
        """,
        reads=PERSON_MEMBERSHIPS_READS,
    )
    door(
        "refresh_token_org",
        "p_token_sha256 bytea",
        "uuid",
        "select org_id from refresh_tokens where token_sha256 = p_token_sha256",
        reads=REFRESH_TOKEN_READS,
    )


def _secret_doors() -> None:
    door(
        "login_secret",
        "p_email_norm text",
        "table (user_id uuid, password_hash text)",
        """
          select p.user_id, s.password_hash
          from persons p left join person_secrets s on s.user_id = p.user_id
          where p.email_norm = p_email_norm
        """,
        reads=SECRET_READS,
    )
    door(
        "step_up_secret",
        "p_user_id uuid",
        "table (user_id uuid, password_hash text)",
        """
          select p.user_id, s.password_hash
          from persons p left join person_secrets s on s.user_id = p.user_id
          where p.user_id = p_user_id
        """,
        reads=SECRET_READS,
    )
    door(
        "set_person_password",
        "p_user_id uuid, p_password_hash text",
        "void",
        """
          insert into person_secrets (user_id, password_hash) values (p_user_id, p_password_hash)
          on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = now()
        """,
        reads=SECRET_READS,
        writes=SECRET_WRITES,
        volatility="volatile",
    )
    door(
        "rehash_person_password",
        "p_user_id uuid, p_old_hash text, p_new_hash text",
        "void",
        """
          update person_secrets set password_hash = p_new_hash
          where user_id = p_user_id and password_hash = p_old_hash
        """,
        reads=SECRET_READS,
        writes=SECRET_WRITES,
        volatility="volatile",
    )


def downgrade() -> None:
    for name in ("rehash_person_password", "set_person_password", "step_up_secret", "login_secret"):
        drop_door(name, reads=SECRET_READS)
    drop_door("refresh_token_org", reads=REFRESH_TOKEN_READS)
    drop_door("person_memberships", reads=PERSON_MEMBERSHIPS_READS)
    drop_door("session_state", reads=SESSION_STATE_READS)
    drop_tables("refresh_tokens", "sessions", "memberships", "auth_failures", "person_secrets", "persons")
