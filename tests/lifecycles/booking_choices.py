"""What may be wanted of an office: close together in time, so that people get into each other's way."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.lifecycles.booking_office import WORKERS

ZONE = ZoneInfo("America/New_York")
TIME_CODES = {"slot_taken", "team_inactive", "worker_inactive"}
TUESDAY = datetime(2026, 3, 3, tzinfo=ZONE)
WORKING_HOURS = st.builds(
    lambda day, half_hour: TUESDAY + timedelta(days=day, minutes=30 * half_hour),
    st.integers(0, 1),
    st.integers(18, 32),
)
ANY_HOURS = st.builds(
    lambda day, half_hour, odd: TUESDAY + timedelta(days=day, minutes=30 * half_hour + odd),
    st.integers(0, 7),  # the clocks change on the sixth day
    st.integers(0, 47),
    st.sampled_from([0, 0, 7]),
)
TIMES = (WORKING_HOURS | WORKING_HOURS | WORKING_HOURS | ANY_HOURS).map(
    lambda moment: moment.astimezone(ZoneInfo("UTC"))
)
LENGTHS = st.sampled_from([60, 120, 180, 600])
CREWS = st.lists(st.sampled_from(WORKERS), max_size=2, unique=True).map(tuple)
SOME_CREW = st.lists(st.sampled_from(WORKERS), min_size=1, max_size=2, unique=True).map(tuple)
A_BOOKING = st.integers(0, 30)
STALE = st.sampled_from([None, None, None, 0, 1])  # versions behind the one there is


def local_date(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
