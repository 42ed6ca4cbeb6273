from base64 import b64decode

from dishka import Provider, Scope, provide

from adapters.cryptography.keys import derive_key
from adapters.cryptography.sealing import AesGcmFieldCipher
from application.ports.field_cipher import FieldCipher
from entrypoints.settings import Settings

PURPOSE = "fields at rest"


class SealingProvider(Provider):
    """What keeps single fields unreadable in the database."""

    scope = Scope.APP

    @provide
    def field_cipher(self, settings: Settings) -> FieldCipher:
        return AesGcmFieldCipher(field_keys(settings))


def field_keys(settings: Settings) -> list[bytes]:
    """`FIELD_ENCRYPTION_KEYS` if set, else derived from the signing secrets, the present one first."""
    auth = settings.auth
    if auth.field_encryption_keys:
        return [b64decode(key.reveal().partition(":")[2]) for key in auth.field_encryption_keys]
    secrets = [key for key in (auth.secret_key, *auth.secret_key_previous) if key is not None]
    return [derive_key(key.reveal(), PURPOSE) for key in secrets]
