"""audit: the head of each chain, the one function that seals, and the walks of the listing."""

from migrations.schema import CURRENT_ORG, door, drop_door, drop_tables, run, tenant_table

revision = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None

HEADS = """
    seq bigint not null check (seq >= 0),
    hash bytea not null check (length(hash) = 32),
    sealed_at timestamptz not null,
    primary key (org_id)
"""

# Only sealed rows: the transaction of a change writes to none of these.
INDEXES = {
    "admin_audit_logs_by_action": "(org_id, action, seq) where seq is not null",
    "admin_audit_logs_by_actor": "(org_id, actor, seq) where seq is not null",
    "admin_audit_logs_by_resource": "(org_id, resource_id, seq) where seq is not null",
    "admin_audit_logs_by_request": "(org_id, request_id, seq) where seq is not null",
    "admin_audit_logs_by_time": "(org_id, created_at, seq) where seq is not null",
    "admin_audit_logs_by_break_glass": (
        "(org_id, break_glass_session_id, seq) where break_glass_session_id is not null"
    ),
}

# Hops from organisation to organisation along the index of what is unsealed.
UNSEALED = """
    with recursive waiting (org_id) as (
        (select l.org_id from admin_audit_logs l where l.seq is null order by l.org_id limit 1)
        union all
        select (select l.org_id from admin_audit_logs l
                 where l.seq is null and l.org_id > w.org_id order by l.org_id limit 1)
          from waiting w where w.org_id is not null
    )
    select w.org_id from waiting w where w.org_id is not null
"""

# Within the pinned organisation: its policy binds the owner of this function as it binds everybody.
APPEND = f"""
declare
    org uuid := {CURRENT_ORG};
    head audit_heads;
    sealed bigint;
begin
    insert into audit_heads (org_id, seq, hash, sealed_at)
    values (org, 0, decode(repeat('00', 32), 'hex'), now()) on conflict do nothing;
    select h.org_id, h.seq, h.hash, null into head from audit_heads h where h.org_id = org for update;
    if head.seq is distinct from after_seq or head.hash is distinct from after_hash
       or cardinality(audit_ids) <> cardinality(hashes) then
        raise exception 'the chain does not end there' using errcode = '40001';
    end if;
    update admin_audit_logs l
       set seq = after_seq + s.place, hash = s.hash,
           prev_hash = case s.place when 1 then after_hash else hashes[s.place - 1] end
      from unnest(audit_ids, hashes) with ordinality as s (audit_id, hash, place)
     where l.org_id = org and l.audit_id = s.audit_id and l.seq is null;
    get diagnostics sealed = row_count;
    if sealed <> cardinality(audit_ids) then
        raise exception 'a row is gone or sealed already' using errcode = '40001';
    end if;
    update audit_heads h set seq = after_seq + sealed, hash = hashes[sealed], sealed_at = now()
     where h.org_id = org and sealed > 0;
end
"""  # a constant


def upgrade() -> None:
    tenant_table("audit_heads", HEADS, read_only=True)
    run(*(f"create index {name} on admin_audit_logs {walk}" for name, walk in INDEXES.items()))
    door(
        "orgs_with_unsealed_audit",
        "",
        "setof uuid",
        UNSEALED,
        reads={"admin_audit_logs": ["org_id", "audit_id", "seq"]},
    )
    door(
        "append_audit_seals",
        "after_seq bigint, after_hash bytea, audit_ids uuid[], hashes bytea[]",
        "void",
        APPEND,
        reads={},
        within={
            "admin_audit_logs": {
                "select": ["org_id", "audit_id", "seq"],
                "update": ["seq", "prev_hash", "hash"],
            },
            "audit_heads": {
                "select": ["org_id", "seq", "hash"],
                "insert": ["org_id", "seq", "hash", "sealed_at"],
                "update": ["seq", "hash", "sealed_at"],
            },
        },
        language="plpgsql",
        volatility="volatile",
    )


def downgrade() -> None:
    drop_door("append_audit_seals", reads={})
    drop_door("orgs_with_unsealed_audit", reads={"admin_audit_logs": ()})
    run(*(f"drop index {name}" for name in INDEXES))
    drop_tables("audit_heads")
