from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, TemplateError

from adapters.jinja.catalogue import TEMPLATES
from adapters.jinja.facts import clock_time, facts_of, instant, short_date
from adapters.jinja.mail_template import MailTemplate
from application.ports.templates import Letterhead, Rendered
from domain.delivery.faults import DeliveryFailed, Fault

_SAME_UNDER_TWO_NAMES = {"lead_name": "name", "lead_phone": "phone", "lead_email": "email"}
_OPTIONAL = ("deposit_cents", "expires_at", "assigned", "survey_url")


def _environment(*, escapes: bool) -> Environment:
    return Environment(
        loader=PackageLoader("adapters.jinja", "layouts"),
        autoescape=escapes,  # noqa: S701  # the text part is not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class JinjaTemplates:
    """Text and HTML are two layouts over the same words, so they cannot state different facts."""

    plain: Environment = field(default_factory=lambda: _environment(escapes=False))
    escaping: Environment = field(default_factory=lambda: _environment(escapes=True))
    compiled: dict[str, Template] = field(default_factory=dict)  # of the catalogue's few sentences

    def names(self) -> Sequence[str]:
        return sorted(TEMPLATES)

    def scope_of(self, template: str) -> str:
        known = TEMPLATES.get(template)
        return known.scope if known is not None else "transactional"

    def render(self, template: str, values: Mapping[str, object], letterhead: Letterhead) -> Rendered:
        known = TEMPLATES.get(template)
        if known is None:
            raise DeliveryFailed(Fault.of("payload_invalid"))
        try:
            return self._render(known, values, letterhead)
        except (TemplateError, ValueError, TypeError, KeyError, OverflowError, OSError) as error:
            raise DeliveryFailed(Fault.of("payload_invalid")) from error

    def _render(
        self, template: MailTemplate, given: Mapping[str, object], letterhead: Letterhead
    ) -> Rendered:
        if missing := [name for name in template.needs if given.get(name) is None]:
            raise KeyError(missing[0])
        values = {_SAME_UNDER_TWO_NAMES.get(name, name): value for name, value in given.items()}
        zone = ZoneInfo(str(values.get("timezone") or letterhead.timezone))
        words = {**dict.fromkeys(_OPTIONAL), **values, "org": letterhead.org_name}
        if "starts_at" in template.needs:
            starts_at = instant(values, "starts_at", zone)
            words |= {"date": short_date(starts_at), "time": clock_time(starts_at)}
        subject = self._say(template.subject, words)
        paragraphs = [said for text in template.paragraphs if (said := self._say(text, words))]
        name, address = values.get("name"), values.get(template.link_to)
        content = {
            "subject": subject,
            "heading": self._say(template.heading, words),
            "greeting": f"Hello {name}," if template.greets and name else "",
            "paragraphs": paragraphs,
            "facts": facts_of(template.facts, values, zone),
            "link": template.link if address else "",
            "address": address,
            "org_name": letterhead.org_name,
            "primary_color": letterhead.primary_color,
            "footer_text": letterhead.footer_text,
            "unsubscribe_url": letterhead.unsubscribe_url,
        }
        return Rendered(
            version=template.version,
            subject=subject,
            text=self.plain.get_template("mail.txt.j2").render(content),
            html=self.escaping.get_template("mail.html.j2").render(content),
        )

    def _say(self, text: str, words: Mapping[str, object]) -> str:
        if (compiled := self.compiled.get(text)) is None:
            compiled = self.compiled[text] = self.plain.from_string(text)
        return compiled.render(words)
