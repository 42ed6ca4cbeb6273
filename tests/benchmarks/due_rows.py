"""Rows that have been due for an hour, all alike but for their keys."""

PLACED = """
    insert into outbox_events (org_id, event_id, kind, event_type, dedupe_key, resource_type, resource_id,
                               payload, next_attempt_at, created_at)
    select '{org}', gen_random_uuid(), '{kind}', 'lead.created', '{key}' || n, 'lead', gen_random_uuid(),
           '{{"data": {{"name": "Jane Doe", "zip": "10001"}}}}', now() - interval '1 hour', now()
      from generate_series(1, {rows}) n
"""


def placed(org: object, kind: str, rows: int, key: str = "k") -> str:
    """The statement that writes so many for the organisation. Keys begin with `key`."""
    return PLACED.format(org=org, kind=kind, rows=rows, key=key)
