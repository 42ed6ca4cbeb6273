"""What people see who followed the link of a mail. It needs no script and loads nothing from anywhere."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from application.delivery.unsubscribing import Choice
from domain.delivery.suppression import Scope

STYLE = (
    "body{margin:0;background:#f3f4f6;color:#1f2933;font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:28rem;margin:10vh auto;padding:1.5rem;background:#fff;border-radius:8px}"
    "h1{margin:0 0 1rem;font-size:1.25rem;line-height:1.3}"
    "button{width:100%;padding:.75rem;border:0;border-radius:6px;background:#1f2933;color:#fff;font:inherit}"
    "button.plain{background:none;color:#52606d;text-decoration:underline}"
)
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
KINDS = {Scope.MARKETING: "thanks and news", Scope.NPS: "questions about how we did"}


def question(choice: Choice, token: str) -> str:
    return _page(
        "Unsubscribe",
        f"Stop getting {KINDS[choice.scope]} from {choice.org_name}?",
        "Mails about your own visits and requests still come.",
        _button("unsubscribe", token, "Unsubscribe"),
    )


def done(choice: Choice, token: str) -> str:
    return _page(
        "Unsubscribed",
        "You are unsubscribed",
        f"{choice.org_name} sends you no more {KINDS[choice.scope]}.",
        _button("unsubscribe/undo", token, "Undo", "plain"),
    )


def undone(choice: Choice, token: str) -> str:
    return _page(
        "Subscribed again",
        "You are subscribed again",
        f"{choice.org_name} may send you {KINDS[choice.scope]} again.",
        _button("../unsubscribe", token, "Unsubscribe", "plain"),
    )


def _button(action: str, token: str, label: str, kind: str = "") -> str:
    """The address is relative: the API may stand behind a prefix."""
    return (
        f'<form method="post" action="{action}"><input type="hidden" name="token" value="{escape(token)}">'
        f'<button type="submit" class="{kind}">{label}</button></form>'
    )


def _page(title: str, heading: str, text: str, form: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{title}</title><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(heading)}</h1><p>{escape(text)}</p>{form}</main></body></html>"
    )
