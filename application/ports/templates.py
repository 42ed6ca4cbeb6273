from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What an organisation puts on every mail."""

    org_name: str
    timezone: str
    primary_color: str = "#1f6feb"
    footer_text: str = ""
    unsubscribe_url: str = ""  # of mails that can be stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One text in two dresses: both parts state the same facts."""

    version: int
    subject: str
    text: str
    html: str


class Templates(Protocol):
    """The mails we write. The same values and version render the same text."""

    def names(self) -> Sequence[str]:
        """Of every mail there is, sorted."""

    def scope_of(self, template: str) -> str:
        """`transactional`, `staff`, `marketing` or `nps`; of an unknown one `transactional`."""

    def render(self, template: str, values: Mapping[str, object], letterhead: Letterhead) -> Rendered:
        """Raises DeliveryFailed `payload_invalid` for an unknown template or values that do not fit it."""
