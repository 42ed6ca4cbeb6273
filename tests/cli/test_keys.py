"""Keys of the fields: which encrypts, and which still open what was kept before."""

from base64 import b64encode

from adapters.cryptography.sealing import AesGcmFieldCipher
from entrypoints.keys import field_keys, recovery_keys
from entrypoints.settings.load import read_settings

OLD, NEW = "o" * 40, "n" * 40
GIVEN = b"g" * 32


def keys(**environ: str) -> list[bytes]:
    settings, _ = read_settings({"AUTH_SECRET_KEY": OLD, **environ})
    found = field_keys(settings)
    assert len(set(recovery_keys(settings)) | set(found)) == 2 * len(found)
    return found


def test_what_was_sealed_before_a_change_of_keys_still_opens() -> None:
    given = f"a:{b64encode(GIVEN).decode()}"
    first = keys()
    rotated = keys(AUTH_SECRET_KEY=NEW, AUTH_SECRET_KEY_PREVIOUS=OLD)
    taken = keys(FIELD_ENCRYPTION_KEYS=given)
    assert taken[0] == GIVEN
    assert rotated[0] != first[0]
    sealed = AesGcmFieldCipher(first).encrypt(b"plain", b"here")
    for later in (rotated, taken):
        assert AesGcmFieldCipher(later).decrypt(sealed, b"here") == b"plain"
