"""What the look for due messages reads: what is due, however much was sent before."""

import pytest

from adapters.postgres.hot_read import HotRead
from adapters.postgres.outbox import OUTDATE
from adapters.postgres.outbox_queue import DUE_IDS_OF, LOCK_DUE_OF
from tests.support.database import TestDatabase

ORG = "00000000-0000-4000-8000-00000000d0e5"
SENT, DUE, ASKED, HEAD = 1000, 2000, 10, 200
MANY = 20_000
ID = "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
HISTORY = f"""
    insert into orgs (id, slug, status, created_at) values ('{ORG}', 'long-history', 'active', now());
    insert into outbox_events (org_id, event_id, kind, event_type, dedupe_key, payload, next_attempt_at,
                               created_at)
    select '{ORG}', {ID}, 'export', 'lead.created', n, '{{}}', now() - interval '1 hour', now()
      from generate_series(1, {SENT + DUE}) n;
    analyze outbox_events;
    update outbox_events set status = 'sent', outcome = 'delivered', sent_at = now(), next_attempt_at = null
     where dedupe_key::integer <= {SENT};
"""
"""What the planner knows is from before: as it is while a backlog is worked off."""
READ = """
    select coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0)
      from pg_stat_xact_user_tables where relname = 'outbox_events';
"""


@pytest.mark.parametrize(
    "door",
    [
        f"outbox_due(now(), null, 500, {ASKED})",
        f"outbox_due_of(now(), array['email', 'export'], null, 500, {ASKED})",
    ],
)
def test_what_was_sent_costs_the_look_for_what_is_due_nothing(postgres: TestDatabase, door: str) -> None:
    look = f"set local role sweepline_app; select count(*) from {door} where org_id = '{ORG}'; reset role;"
    with postgres.clone("due") as database:
        answers = database.execute(f"begin; {HISTORY} {READ} {look} {READ} rollback;").split()
    before, found, after = (int(answer) for answer in answers if answer.isdigit())
    assert found == ASKED
    assert after - before <= 4 * ASKED


@pytest.mark.parametrize("statement", [LOCK_DUE_OF.sql, HotRead.of(DUE_IDS_OF).sql])
def test_a_claim_of_some_kinds_passes_by_nothing_of_the_others(
    postgres: TestDatabase, statement: str
) -> None:
    """As while the mail server is away: the backlog of mails costs the exports nothing."""
    arguments = ["array['email']", "now()", *(["'{}'"] if "$4" in statement else []), str(ASKED)]
    pinned = f"set local role sweepline_app; select set_config('app.current_org_id', '{ORG}', true) is null;"
    claim = f"prepare claim as {statement}; execute claim ({', '.join(arguments)}); reset role;"
    with postgres.clone("due") as database:
        answers = database.execute(f"begin; {HISTORY} {READ} {pinned} {claim} {READ} rollback;").split()
    before, after = (int(answer) for answer in answers if answer.isdigit())
    assert after - before <= ASKED


def test_what_the_dead_hold_is_looked_for_at_the_head_alone(postgres: TestDatabase) -> None:
    """However many wait behind it. (All of a small table is cheaper to read than its index.)"""
    many = HISTORY.replace(f"(1, {SENT + DUE})", f"(1, {MANY})")
    held = f"""
        update outbox_events set lease_token = event_id, lease_runner = 'dead', lease_started_at = now(),
                                 lease_expires_at = now() + interval '1 hour'
         where org_id = '{ORG}' and dedupe_key::integer = {SENT + 1};
    """
    door = "outbox_held_by(array['dead'], array['email', 'export'], now())"
    look = f"set local role sweepline_app; select count(*) from {door} where org_id = '{ORG}'; reset role;"
    with postgres.clone("held") as database:
        answers = database.execute(f"begin; {many} {held} {READ} {look} {READ} rollback;").split()
    before, found, after = (int(answer) for answer in answers if answer.isdigit())
    assert found == 1
    assert after - before <= HEAD + 10


def test_what_is_outdated_is_found_among_any_number_of_dead(postgres: TestDatabase) -> None:
    """Who moves a visit pays for its own mails."""
    dead = f"""
        update outbox_events set status = 'dead', dead_at = now(), outcome = null, sent_at = null,
                                 next_attempt_at = null, event_type = 'booking_confirmed',
                                 resource_type = 'booking', resource_id = event_id where org_id = '{ORG}';
        analyze outbox_events;
    """
    one = ID.replace("to_hex(n)", f"to_hex({SENT + 1})")
    given = {"now": "now()", "booking_ids": f"array[{one}]", "event_types": "array['booking_confirmed']"}
    outdate = HotRead.of(OUTDATE)
    arguments = ", ".join(given.get(name, "'booking'") for name in outdate.names)
    pinned = f"set local role sweepline_app; select set_config('app.current_org_id', '{ORG}', true) is null;"
    run = f"prepare outdate as {outdate.sql}; execute outdate ({arguments}); reset role;"
    count = "select count(*) from outbox_events where expires_at is not null;"
    with postgres.clone("dead") as database:
        answers = database.execute(
            f"begin; {HISTORY} {dead} {READ} {pinned} {run} {READ} {count} rollback;"
        ).split()
    before, after, outdated = (int(answer) for answer in answers if answer.isdigit())
    assert outdated == 1
    assert after - before <= 5
