import pytest

from adapters.memory.job_locks import MemoryJobLocks
from adapters.postgres.job_locks import PostgresJobLocks
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.job_locks import JobLocks
from domain.shared.ids import OrgId


@pytest.fixture(params=["memory", "postgres"])
def locks(request: pytest.FixtureRequest) -> JobLocks:
    if request.param == "memory":
        return MemoryJobLocks()
    uow: PostgresUnitOfWork = request.getfixturevalue("postgres_uow")
    return PostgresJobLocks(uow)


async def test_one_holds_a_job_for_an_organisation(locks: JobLocks, an_org: OrgId, rival: OrgId) -> None:
    async with locks.hold("booking-expiry", an_org) as ours:
        assert ours
        async with locks.hold("booking-expiry", an_org) as again:
            assert not again
        async with locks.hold("booking-expiry", rival) as another, locks.hold("other", an_org) as other:
            assert another
            assert other
    async with locks.hold("booking-expiry", an_org) as later:
        assert later


async def test_a_failure_gives_it_back(locks: JobLocks, an_org: OrgId) -> None:
    with pytest.raises(ZeroDivisionError):
        async with locks.hold("job", an_org):
            raise ZeroDivisionError
    async with locks.hold("job", an_org) as later:
        assert later
