"""The demo company, as it would describe itself. Every person and address is invented; mail goes to nobody
(`.example` and `example.com` exist for that), and 555-01xx are telephone numbers of films."""

from dataclasses import dataclass

from domain.identity.actor import Role

NAME = "Maple & Pine Cleaning"
SLUG = "maple-pine"
TIMEZONE = "America/Toronto"
CURRENCY = "CAD"
OFFICE_EMAIL = "office@maple-pine.example"


@dataclass(frozen=True, slots=True)
class DemoTeam:
    name: str
    color: str
    hours: tuple[tuple[int, str, str], ...]  # weekday (0 is Monday), opening, closing


def _daily(days: range, opening: str, closing: str) -> tuple[tuple[int, str, str], ...]:
    return tuple((day, opening, closing) for day in days)


TEAMS = (  # the first takes the place of the team that every company is born with
    DemoTeam("Team North", "#1f6feb", _daily(range(5), "08:00", "17:30")),
    DemoTeam("Team South", "#2da44e", _daily(range(6), "08:30", "18:00")),
    DemoTeam("Team Lakeshore", "#bf8700", _daily(range(1, 6), "08:30", "19:00")),
)


@dataclass(frozen=True, slots=True)
class DemoWorker:
    name: str
    team: int  # place in TEAMS
    role: str
    skills: tuple[str, ...]
    rate_cents: int
    signs_in: bool = False


WORKERS = (
    DemoWorker("Amara Okafor", 0, "Crew lead", ("windows", "deep clean", "pets"), 3100, signs_in=True),
    DemoWorker("Ben Tremblay", 0, "Cleaner", ("windows",), 2450),
    DemoWorker("Chloé Gagnon", 0, "Cleaner", ("green products", "pets"), 2500),
    DemoWorker("Dmitri Volkov", 1, "Crew lead", ("deep clean", "move out", "carpets"), 3050),
    DemoWorker("Esi Mensah", 1, "Cleaner", ("green products",), 2450),
    DemoWorker("Farah Haddad", 1, "Cleaner", ("windows", "carpets"), 2550),
    DemoWorker("Grace Liu", 2, "Crew lead", ("deep clean", "pets", "green products"), 3150),
    DemoWorker("Hugo Fontaine", 2, "Cleaner", ("move out",), 2400),
    DemoWorker("Ines Duarte", 2, "Cleaner", ("windows", "pets"), 2500),
)

LOGINS = (
    ("owner@maple-pine.example", "Olivia Bennett", Role.OWNER),
    ("admin@maple-pine.example", "Adrian Clarke", Role.ADMIN),
    ("dispatcher@maple-pine.example", "Dana Whitfield", Role.DISPATCHER),
    ("finance@maple-pine.example", "Fiona Marsh", Role.FINANCE),
    ("viewer@maple-pine.example", "Victor Lang", Role.VIEWER),
    ("worker@maple-pine.example", "Amara Okafor", Role.WORKER),
)

CLIENTS = (
    "Abigail Stone", "Akira Tanaka", "Alice Moreau", "Andre Silva", "Anna Kowalska", "Arjun Mehta",
    "Beatrice Hall", "Callum Reid", "Carmen Ortiz", "Cedric Dubois", "Claire Novak", "Daniel Osei",
    "Eleanor Price", "Emil Larsen", "Fatima Rahimi", "Felix Wagner", "George Papadakis", "Hannah Weiss",
    "Hiroshi Sato", "Imani Brooks", "Isla Fraser", "Jacob Stein", "Jin Park", "Julia Romano",
    "Kofi Boateng", "Laura Jensen", "Leo Marchetti", "Linh Tran", "Lucas Pereira", "Maeve Doyle",
    "Marta Nowak", "Nadia Petrova", "Noah Adler", "Omar Farouk", "Priya Nair", "Quentin Blake",
    "Rosa Delgado", "Samir Khan", "Sofia Lindgren", "Thomas Eriksen", "Uma Iyer", "Yusuf Demir",
)  # fmt: skip
STREETS = (
    "Birchmount Road", "Carlaw Avenue", "Dovercourt Road", "Euclid Avenue", "Fern Avenue",
    "Glenlake Avenue", "Heath Street", "Indian Grove", "Jarvis Street", "Kingsway Crescent",
    "Logan Avenue", "Manning Avenue",
)  # fmt: skip
POSTAL_CODES = ("M4C 1B5", "M4K 3P1", "M5R 2T4", "M6G 1L5", "M6P 2A9", "M8V 1C3")
NOTES = (
    None,
    "Side entrance; the bell is broken.",
    None,
    "Please use the unscented products.",
    "The dog is friendly, the cat is not.",
    None,
)
