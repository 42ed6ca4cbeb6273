"""A run of retention costs what is due: what an earlier one emptied is looked at by none."""

import pytest

from adapters.postgres.retention import CLASSES
from domain.compliance.retention import RetentionClass
from tests.support.database import TestDatabase

WALKS = {
    RetentionClass.OUTBOX: "outbox_events_kept",
    RetentionClass.OUTBOX_DEAD: "outbox_events_kept",
    RetentionClass.EMAIL_LOG: "email_events_kept",
}
ORG = "00000000-0000-4000-8000-00000000d0e6"
ID = "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
LONG_AGO, CUTOFF = "timestamptz '2025-01-01 00:00+00'", "timestamptz '2026-01-01 00:00+00'"
EMPTIED, LEFT = 2_000, 20
HISTORY = f"""
    insert into orgs (id, slug, status, created_at) values ('{ORG}', 'emptied', 'active', {LONG_AGO});
    insert into outbox_events (org_id, event_id, kind, event_type, dedupe_key, payload, next_attempt_at,
                               status, outcome, sent_at, dead_at, created_at)
    select '{ORG}', {ID}, 'email', 'booking_confirmed', n,
           case when n <= {LEFT} then '{{"full": 1}}'::jsonb else '{{}}' end, null,
           case n % 2 when 0 then 'sent' else 'dead' end, case n % 2 when 0 then 'delivered' end,
           case n % 2 when 0 then {LONG_AGO} end, case n % 2 when 1 then {LONG_AGO} end, {LONG_AGO}
      from generate_series(1, {EMPTIED + LEFT}) n;
    insert into email_events (org_id, event_id, email_type, template_version, recipient, recipient_norm,
                              subject, status, created_at)
    select '{ORG}', {ID}, 'booking_confirmed', 1, case when n <= {LEFT} then 'a@b.example' else '' end,
           case when n <= {LEFT} then 'a@b.example' else '' end, '', 'sent', {LONG_AGO}
      from generate_series(1, {EMPTIED + LEFT}) n;
    analyze outbox_events; analyze email_events;
"""


WALKING = "set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off;"
"""As over more rows than a test has time to make."""


@pytest.mark.parametrize("kept", WALKS)
def test_what_is_due_is_walked_by_its_index(postgres: TestDatabase, kept: RetentionClass) -> None:
    asked = [str(statement) for statement in (CLASSES[kept].count, CLASSES[kept].clear)]
    told = "".join(f"explain {one.replace(':cutoff', CUTOFF).replace(':most', '500')};" for one in asked)
    pinned = f"set local role sweepline_app; select set_config('app.current_org_id', '{ORG}', true);"
    with postgres.clone("kept") as database:
        plans = database.execute(f"begin; {HISTORY} {WALKING} {pinned} {told} rollback;")
    assert plans.count(f" {WALKS[kept]} on ") == len(asked), plans
    assert "Sort" not in plans, plans
