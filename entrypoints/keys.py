"""Every key that the process works with, derived apart by purpose from what the settings hold."""

from base64 import b64decode
from binascii import Error as NotBase64

from adapters.cryptography.keys import KEY_BYTES, derive_key
from entrypoints.settings import Secret, Settings

ACCESS = "access token"
FIELDS = "field encryption"
EMAILS = "throttled e-mail"
RECOVERY = "recovery code"
UNSUBSCRIBE = "unsubscribe link"
FILE_LINKS = "local file link"
PHOTO_TOKENS = "photo token"


class KeysMissing(RuntimeError):
    """AUTH_SECRET_KEY is unset where it must not be: the settings should have been refused."""


def auth_secrets(settings: Settings) -> list[str]:
    """The first signs and encrypts, all verify and decrypt."""
    key = settings.auth.secret_key
    if key is None:
        raise KeysMissing("AUTH_SECRET_KEY is not set.")
    return [key.reveal(), *(previous.reveal() for previous in settings.auth.secret_key_previous)]


def access_keys(settings: Settings) -> list[bytes]:
    return [derive_key(secret, ACCESS) for secret in auth_secrets(settings)]


def field_keys(settings: Settings) -> list[bytes]:
    """`FIELD_ENCRYPTION_KEYS` as `kid:base64,…` if given; then the derived ones, which still open what was
    encrypted before any were given."""
    given = [_field_key(entry) for entry in settings.auth.field_encryption_keys]
    return [*given, *(derive_key(secret, FIELDS) for secret in auth_secrets(settings))]


def recovery_keys(settings: Settings) -> list[bytes]:
    """As long-lived as the fields: whoever keeps an old key for these keeps it for the recovery codes too."""
    return [derive_key(key.hex(), RECOVERY) for key in field_keys(settings)]


def unsubscribe_keys(settings: Settings) -> list[bytes]:
    """Those given, the first of which signs; then the derived ones, for the links that they signed before any
    was given: such a link is good for ever."""
    given = [secret.reveal() for secret in settings.email.unsubscribe_secrets]
    return [derive_key(secret, UNSUBSCRIBE) for secret in (*given, *auth_secrets(settings))]


def email_key(settings: Settings) -> bytes:
    return derive_key(auth_secrets(settings)[0], EMAILS)


def file_link_key(settings: Settings) -> bytes:
    secret = settings.storage.photo_signing_secret
    return derive_key(secret.reveal() if secret else auth_secrets(settings)[0], FILE_LINKS)


def photo_token_key(settings: Settings) -> bytes:
    """Of the first that is set: the token's own secret, the one of all photo links, the installation's."""
    storage = settings.storage
    secret = storage.photo_token_secret or storage.photo_signing_secret
    return derive_key(secret.reveal() if secret else auth_secrets(settings)[0], PHOTO_TOKENS)


def _field_key(entry: Secret) -> bytes:
    _, _, encoded = entry.reveal().partition(":")
    try:
        key = b64decode(encoded, validate=True)
    except NotBase64 as error:
        raise KeysMissing("FIELD_ENCRYPTION_KEYS holds an entry that is not kid:base64.") from error
    return key if len(key) == KEY_BYTES else derive_key(encoded, FIELDS)
