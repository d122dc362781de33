"""Short secrets kept in the database so that a copy of it alone does not tell them (pure).

AES is in no library that this house ships, so the stream comes from HMAC-SHA256 in counter mode
under a key of its own, and a second key signs what was written (encrypt, then sign). `purpose`
parts the keys: what was sealed for one thing opens for no other.
"""

import base64
import hashlib
import hmac
import os

NONCE, TAG = 16, 32


class Unsealable(ValueError):
    """It was sealed under another key, or was changed since."""


def _key(secret: str, purpose: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"{purpose}\n{use}".encode(), hashlib.sha256)


def _masked(key: bytes, nonce: bytes, text: bytes) -> bytes:
    blocks = range(-(-len(text) // TAG))
    stream = b"".join(hmac.digest(key, nonce + n.to_bytes(4), hashlib.sha256) for n in blocks)
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def seal(text: str, secret: str, purpose: str) -> str:
    """The text as nobody reads it without the secret; each time another one."""
    nonce = os.urandom(NONCE)
    hidden = nonce + _masked(_key(secret, purpose, "hide"), nonce, text.encode())
    tag = hmac.digest(_key(secret, purpose, "sign"), hidden, hashlib.sha256)
    return base64.b64encode(tag + hidden).decode()


def unseal(sealed: str, secret: str, purpose: str) -> str:
    """What was sealed. Raises Unsealable."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except ValueError as error:
        raise Unsealable from error
    tag, hidden = raw[:TAG], raw[TAG:]
    signed = hmac.digest(_key(secret, purpose, "sign"), hidden, hashlib.sha256)
    if not hmac.compare_digest(tag, signed):
        raise Unsealable
    nonce, text = hidden[:NONCE], hidden[NONCE:]
    return _masked(_key(secret, purpose, "hide"), nonce, text).decode()


def fingerprint(text: str, secret: str, purpose: str) -> str:
    """The same for the same text, and telling nothing of it: finds what was entered before."""
    return hmac.digest(_key(secret, purpose, "find"), text.encode(), hashlib.sha256).hex()
