"""outbox due by index: what was sent long ago costs the look for what is due nothing."""

from importlib import import_module

from migrations.schema import door, drop_door

revision = "0028"
down_revision: str | None = "0027"
branch_labels = None
depends_on = None

before = import_module("migrations.versions.0027_outbox_storage")

# Every look says the order of the index it is for, to the last column. Without that, while most of a table is
# due, the planner takes the primary key for as good a way to any due row, and passes all that was ever sent.
WAITING = """
    with recursive waiting (org_id) as (
        (select e.org_id from outbox_events e
          where e.next_attempt_at is not null
            and e.org_id > coalesce(behind, '00000000-0000-0000-0000-000000000000')
          order by e.org_id, e.next_attempt_at, e.event_id limit 1)
        union all
        select (select e.org_id from outbox_events e
                 where e.next_attempt_at is not null and e.org_id > w.org_id
                 order by e.org_id, e.next_attempt_at, e.event_id limit 1)
          from waiting w where w.org_id is not null
    )"""
DUE = f"""{WAITING}, due_orgs as (
        select w.org_id from waiting w
          join orgs o on o.id = w.org_id and o.status = 'active'
          cross join lateral (
            select from outbox_events e
             where e.org_id = w.org_id and {before.is_free("e.")}
             order by e.next_attempt_at, e.event_id limit 1
          ) first
         order by w.org_id limit max_orgs
    )
    select d.org_id, head.event_id
      from due_orgs d
      cross join lateral (
        select e.event_id, e.next_attempt_at from outbox_events e
         where e.org_id = d.org_id and {before.is_free("e.")}
         order by e.next_attempt_at, e.event_id limit per_org
      ) head
     order by d.org_id, head.next_attempt_at, head.event_id
"""
# Equal kinds would say nothing about the order, and the index of all kinds would do: past all that must wait.
OF_KIND = """(e.kind, e.next_attempt_at) >= (wanted.kind, '-infinity')
                   and (e.kind, e.next_attempt_at) <= (wanted.kind, due_at)"""
DUE_OF = f"""{WAITING}, due_orgs as (
        select w.org_id from waiting w
          join orgs o on o.id = w.org_id and o.status = 'active'
         where exists (
             select from unnest(kinds) as wanted (kind)
              cross join lateral (
                select from outbox_events e
                 where e.org_id = w.org_id and {OF_KIND} and {before.is_free("e.")}
                 order by e.kind, e.next_attempt_at, e.event_id limit 1
              ) first
         )
         order by w.org_id limit max_orgs
    )
    select d.org_id, head.event_id
      from due_orgs d
      cross join lateral (
        select of_kind.event_id, of_kind.next_attempt_at
          from unnest(kinds) as wanted (kind)
          cross join lateral (
            select e.event_id, e.next_attempt_at from outbox_events e
             where e.org_id = d.org_id and {OF_KIND} and {before.is_free("e.")}
             order by e.kind, e.next_attempt_at, e.event_id limit per_org
          ) of_kind
         order by of_kind.next_attempt_at, of_kind.event_id limit per_org
      ) head
     order by d.org_id, head.next_attempt_at, head.event_id
"""
ONE_PLAN = "stable set plan_cache_mode = force_generic_plan"
READS = {"outbox_events": before.COLUMNS, "orgs": ["id", "status"]}


def plan_once(name: str, arguments: str, body: str) -> None:
    """Asked a hundred times a second: in SQL it would be planned each time, for as long as it runs."""
    returns = "table (org_id uuid, event_id uuid)"
    body = f"begin return query {body}; end"
    drop_door(name, reads={})
    door(name, arguments, returns, body, reads=READS, language="plpgsql", volatility=ONE_PLAN)


def upgrade() -> None:
    plan_once("outbox_due", "due_at timestamptz, behind uuid, max_orgs integer, per_org integer", DUE)
    plan_once(
        "outbox_due_of",
        "due_at timestamptz, kinds text[], behind uuid, max_orgs integer, per_org integer",
        DUE_OF,
    )


def downgrade() -> None:
    theirs = f"e.{before.IS_DUE}"
    before.remake_doors(
        before.DUE.replace(theirs, before.is_free("e.")),
        before.DUE_OF.replace(theirs, before.is_free("e.")),
        before.QUEUES.replace(before.IS_DUE, before.is_free()),
    )
