"""Kinds of text that several bodies take. Lengths count after trimming; control characters are refused."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta

from application.delivery.compose import mail_fault
from domain.pricing.offered import Offered
from entrypoints.http.values import MULTILINE

Name = Annotated[str, Meta(min_length=1, max_length=120)]
Phone = Annotated[str, Meta(min_length=3, max_length=32)]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
        r'@([^\s@,;:<>()"\[\]\\.]{1,63}\.)+[^\s@,;:<>()"\[\]\\.]{2,63}$',
        extra={"rule": "must be one e-mail address of at most 254 characters", "judge": mail_fault},
    ),
]
"""One address and nothing around it: it goes into a mail's header as it is."""
PostalCode = Annotated[str, Meta(max_length=16)]
Address = Annotated[str, Meta(max_length=255), MULTILINE]
ShortNotes = Annotated[str, Meta(max_length=500), MULTILINE]
Notes = Annotated[str, Meta(max_length=2000), MULTILINE]
SERVICE = Meta(extra={"names": Offered.SERVICE})
FREQUENCY = Meta(extra={"names": Offered.FREQUENCY})
ADD_ON = Meta(extra={"names": Offered.ADD_ON})
"""On a code that must be on offer: it is judged together with what else is wrong with the body."""
Code = Annotated[str, Meta(pattern="^[a-z0-9_]{1,40}$", extra={"rule": "must be 1 to 40 of a-z, 0-9 and _"})]


def judged(judge: Callable[[Any], str | None]) -> Meta:
    """On a value of which the domain says what is wrong, if anything: at once with every other fault."""
    return Meta(extra={"judge": judge})
