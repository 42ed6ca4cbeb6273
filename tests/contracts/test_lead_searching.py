"""Memory and PostgreSQL find the same leads, in the same order, whatever is searched for."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.leads import LeadFilter, LeadPosition
from application.ports.unit_of_work import Unit
from domain.leads.lead import Lead
from domain.leads.lead_status import LeadStatus
from tests.support.leads import ASKED_AT, a_lead
from tests.support.orgs import MakeOrg

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
NAMES = st.sampled_from(["Ann  Lee", "ANN", "Straße", "strasse", "İpek", "ﬁne", "50% off", "a_b"]) | TEXT
PHONES = st.sampled_from(["+1 (555) 010-0134", "5550100134", "911", "call me", "---", "٠١٢"])
EMAILS = st.none() | st.sampled_from(["Ann@Example.com", "b_%@example.org"])
MINUTES = st.integers(0, 4)


@st.composite
def some_leads(draw: st.DrawFn) -> list[Lead]:
    return [
        a_lead(
            details={"name": draw(NAMES), "phone": draw(PHONES), "email": draw(EMAILS)},
            status=draw(st.sampled_from(LeadStatus)),
            created_at=ASKED_AT + timedelta(minutes=draw(MINUTES)),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]


def some_instant() -> st.SearchStrategy[object]:
    return st.none() | MINUTES.map(lambda minutes: ASKED_AT + timedelta(minutes=minutes))


FILTERS = st.builds(
    LeadFilter,
    statuses=st.frozensets(st.sampled_from(LeadStatus), max_size=2),
    q=st.none() | NAMES | PHONES | st.sampled_from(["ss", "SS", "i", "%", "_", "\\", "555", "-", "e@", " "]),
    created_from=some_instant(),
    created_before=some_instant(),
)


async def walked(unit: Unit, wanted: LeadFilter, limit: int) -> list[Lead]:
    found: list[Lead] = []
    after = None
    while page := await unit.leads.list_page(wanted, after, limit):
        found += page
        after = LeadPosition(page[-1].created_at, page[-1].id)
    return found


@given(leads=some_leads(), wanted=FILTERS, limit=st.integers(1, 4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_both_find_the_same(
    memory_uow: MemoryUnitOfWork,
    postgres_uow: PostgresUnitOfWork,
    make_org: MakeOrg,
    leads: list[Lead],
    wanted: LeadFilter,
    limit: int,
) -> None:
    org_id = await make_org()
    async with memory_uow.begin(org_id) as memory, postgres_uow.begin(org_id) as postgres:
        for lead in leads:
            await memory.leads.save(lead)
            await postgres.leads.save(lead)
        expected = await walked(memory, wanted, limit)
        assert await walked(postgres, wanted, limit) == expected
        assert {lead.id for lead in expected} <= {lead.id for lead in leads}
