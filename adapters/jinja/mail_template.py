from dataclasses import dataclass

VISIT = ("starts_at",)
REQUEST = ("service", "frequency", "length", "price")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTemplate:
    """`subject` and `paragraphs` are Jinja; an empty paragraph is left out, as is an unknown fact.

    A change of wording is a new version."""

    version: int = 1
    scope: str = "transactional"  # or staff; marketing and nps are for whoever did not unsubscribe
    subject: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    greets: bool = True
    needs: tuple[str, ...] = ()
    link: str = ""  # what to call the address
    link_to: str = "secret"  # the value that is the address; where it is not given, there is no link
