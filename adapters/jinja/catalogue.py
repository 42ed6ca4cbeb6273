"""Every mail we write."""

from collections.abc import Mapping

from adapters.jinja.account_mails import ACCOUNT_MAILS
from adapters.jinja.client_mails import CLIENT_MAILS
from adapters.jinja.mail_template import MailTemplate
from adapters.jinja.staff_mails import STAFF_MAILS

TEMPLATES: Mapping[str, MailTemplate] = {**CLIENT_MAILS, **STAFF_MAILS, **ACCOUNT_MAILS}
