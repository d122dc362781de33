"""Short secrets kept in the database so that a copy of it alone does not tell them (pure).

`purpose` parts the keys: what was sealed for one thing opens for no other.
"""

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Unsealable(ValueError):
    """It was sealed under another key, or was changed since."""


def _key(secret: str, purpose: str, use: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"{purpose}\n{use}".encode())
    return derived.derive(secret.encode())


def _box(secret: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(secret, purpose, "seal")))


def seal(text: str, secret: str, purpose: str) -> str:
    """The text as nobody reads it without the secret; each time another one."""
    return _box(secret, purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, secret: str, purpose: str) -> str:
    """What was sealed. Raises Unsealable."""
    try:
        return _box(secret, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unsealable from error


def fingerprint(text: str, secret: str, purpose: str) -> str:
    """The same for the same text, and telling nothing of it: finds what was entered before."""
    return hmac.digest(_key(secret, purpose, "find"), text.encode(), "sha256").hex()
