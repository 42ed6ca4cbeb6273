from typing import Protocol


class MailFigures(Protocol):
    """Counts of this process alone. No label holds anything of a company or a person."""

    def settled(self, template: str, status: str) -> None:
        """A mail came to rest: sent, skipped, suppressed, bounced or dead."""

    def tried(self, status: str) -> None:
        """One call of the provider: `accepted`, `refused` for good, or `failed` for now."""

    def bounced(self, kind: str) -> None:
        """`hard`, `soft`, `complaint`."""


class NoMailFigures:
    """Where nobody asks for them, as in a command."""

    def settled(self, template: str, status: str) -> None: ...
    def tried(self, status: str) -> None: ...
    def bounced(self, kind: str) -> None: ...
