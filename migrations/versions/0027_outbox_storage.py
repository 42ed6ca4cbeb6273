"""outbox storage: a claim touches no index, a lost lease no place in the queue; what was sent is swept up."""

from importlib import import_module

from migrations.schema import door, drop_door, run

revision = "0027"
down_revision: str | None = "0026"
branch_labels = None
depends_on = None

# The three doors that say what is due, as they were made; now without what somebody holds.
DUE: str = import_module("migrations.versions.0006_delivery").DUE
DUE_OF: str = import_module("migrations.versions.0017_circuit_breakers").DUE_OF
QUEUES: str = import_module("migrations.versions.0010_gauges").QUEUES
IS_DUE = "next_attempt_at <= due_at"
COLUMNS = ["org_id", "event_id", "kind", "status", "next_attempt_at", "lease_expires_at"]
QUEUE = "kind text, status text, messages bigint, oldest_due_at timestamptz, in_flight bigint"


def is_free(table: str = "") -> str:
    lease = f"{table}lease_expires_at"
    return f"{table}{IS_DUE} and ({lease} is null or {lease} <= due_at)"


def remake_doors(due: str, due_of: str, queues: str) -> None:
    reads = {"outbox_events": COLUMNS, "orgs": ["id", "status"]}
    for name in ("outbox_due", "outbox_due_of", "delivery_queues"):
        drop_door(name, reads={})
    door(
        "outbox_due",
        "due_at timestamptz, behind uuid, max_orgs integer, per_org integer",
        "table (org_id uuid, event_id uuid)",
        due,
        reads=reads,
    )
    door(
        "outbox_due_of",
        "due_at timestamptz, kinds text[], behind uuid, max_orgs integer, per_org integer",
        "table (org_id uuid, event_id uuid)",
        due_of,
        reads=reads,
    )
    door("delivery_queues", "due_at timestamptz", f"table ({QUEUE})", queues, reads=reads)


def upgrade() -> None:
    theirs = f"e.{IS_DUE}"
    remake_doors(
        DUE.replace(theirs, is_free("e.")),
        DUE_OF.replace(theirs, is_free("e.")),
        QUEUES.replace(IS_DUE, is_free()),
    )
    run(
        # Room beside each row for the version that a claim makes: it then needs no new entry in any index.
        "alter table outbox_events set (fillfactor = 85,"
        # A backlog that is worked off leaves as many dead rows as it had: swept by the thousand, not by the
        # fifth of a table that keeps everything ever sent; and what the planner knows keeps up.
        " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,"
        " autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 5000)"
    )


def downgrade() -> None:
    """A lease that still runs is forgotten by who reads the rows then: stop the runners first."""
    run(
        "alter table outbox_events reset (fillfactor, autovacuum_vacuum_scale_factor,"
        " autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor, autovacuum_analyze_threshold)"
    )
    remake_doors(DUE, DUE_OF, QUEUES)
