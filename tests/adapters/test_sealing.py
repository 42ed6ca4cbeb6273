import pytest
from cryptography.exceptions import InvalidTag

from adapters.cryptography.file_links import HmacFileLinks
from adapters.cryptography.keys import derive_key
from adapters.cryptography.photo_tokens import HmacPhotoTokens
from adapters.cryptography.sealing import AesGcmFieldCipher, HmacKeyedHash, HmacRecoveryHashes, ParentSealer

NEW, OLD = b"n" * 32, b"o" * 32


def test_a_field_opens_with_its_key_and_its_context_alone() -> None:
    sealed = AesGcmFieldCipher([OLD]).encrypt(b"plain", b"here")
    assert b"plain" not in sealed
    assert AesGcmFieldCipher([NEW, OLD]).decrypt(sealed, b"here") == b"plain"
    assert sealed != AesGcmFieldCipher([OLD]).encrypt(b"plain", b"here")
    for cipher, context in ((AesGcmFieldCipher([NEW]), b"here"), (AesGcmFieldCipher([OLD]), b"there")):
        with pytest.raises(ValueError, match="opens"):
            cipher.decrypt(sealed, context)
    with pytest.raises(ValueError, match="opens"):
        AesGcmFieldCipher([OLD]).decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]), b"here")


def test_a_child_opens_with_its_parent_alone() -> None:
    sealed = ParentSealer().seal("parent", "child")
    assert ParentSealer().open("parent", sealed) == "child"
    with pytest.raises(InvalidTag):
        ParentSealer().open("another", sealed)


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert derive_key("secret", "one") == derive_key("secret", "one")
    keys = {derive_key("secret", "one"), derive_key("secret", "two"), derive_key("other", "one")}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
    assert HmacKeyedHash(NEW).of("a") == HmacKeyedHash(NEW).of("a") != HmacKeyedHash(OLD).of("a")


@pytest.mark.parametrize(
    "holder",
    [
        AesGcmFieldCipher([b"a private key"]),
        HmacKeyedHash(b"a private key"),
        HmacRecoveryHashes([b"a private key"]),
        HmacPhotoTokens(b"a private key"),
        HmacFileLinks(b"a private key"),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_who_holds_a_key_does_not_show_it(holder: object) -> None:
    """In a traceback, say, or a log line."""
    assert "private" not in repr(holder)
