"""What the mails about a lead say, from the use case to the text."""

from adapters.jinja.templates import JinjaTemplates
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.ports.templates import Letterhead
from tests.support.clock import FixedClock
from tests.support.outgoing import queued
from tests.support.shop import open_shop


async def test_the_client_and_the_office_read_what_was_asked_for(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    request = {
        "name": "Jane Doe",
        "phone": "+1 555 010 0134",
        "email": "jane@example.com",
        "postal_code": "10001",
        "home": {"beds": 2, "baths": 1, "service_type": "deep"},
    }
    async with open_shop(memory_uow, clock, office_email="office@example.com") as shop:
        await shop.public("POST", "/leads", json=request)
        messages = list((await queued(memory_uow, shop.org_id)).values())
    letterhead = Letterhead(org_name="Acme", timezone="UTC", primary_color="#112233", footer_text="")
    texts = {
        template: JinjaTemplates().render(template, payload, letterhead).text
        for template, payload in messages
    }
    assert "Hello Jane Doe" in texts["request_received"]
    for text in texts.values():
        assert "Deep" in text
        assert "140.00 USD" in text
    for said in ("Jane Doe", "+1 555 010 0134", "jane@example.com", "10001"):
        assert said in texts["lead_office_notice"]
