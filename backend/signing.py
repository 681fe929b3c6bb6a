"""Credentials signed with the key of this server, and checked without any network.

A credential is a JWT (RFC 7519) signed with Ed25519 (RFC 8037), the key beside it in its header.
Who signed is named by the key itself, as a `did:key`: whoever knows that name can check a
credential for good, also when this server is gone.
"""

import base64
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.errors import CertificateRefused, KeyUnusable
from backend.settings import settings
from curriculum.credential import moment

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

KEY_FILE = "signing-key.pem"
LARGEST = 512 * 1024  # bytes of a credential
HEADER = {"alg", "typ", "jwk"}  # the standard allows no others
MULTICODEC_ED25519 = b"\xed\x01"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DID = "did:key:z"


def sign(payload: Mapping[str, Any]) -> str:
    """The payload as a compact JWS, signed with the key of this server."""
    import jwt

    key = server_key()
    header = {"jwk": jwk_of(key.public_key())}
    return jwt.encode(dict(payload), key, algorithm="EdDSA", headers=header)


def issuer() -> str:
    """Who signs here; the key is made if there is none yet."""
    return did_of(server_key().public_key())


def known_issuer() -> str | None:
    """Who signs here, if anything was ever signed; nothing is made."""
    return issuer() if _path().is_file() else None


def verified(
    text: str, trusted: str, now: float, revoked: Collection[str] = frozenset()
) -> dict[str, Any]:
    """The payload of a credential that `trusted` signed, that is in force and not revoked.

    trusted: a did:key. revoked: ids. Raises CertificateRefused with the reason.
    """
    import jwt

    header = _header(text)
    key = key_of(trusted)
    try:
        payload = jwt.decode(text, _key_in(header), ["EdDSA"], options=_ONLY_THE_SIGNATURE)
    except jwt.PyJWTError as problem:
        raise _altered() from problem
    if header["jwk"] != jwk_of(key):
        raise CertificateRefused(
            f"It was signed by {did_of(_key_in(header))}, and not by {trusted}.",
            "Ask which school issued it, and take the key from that school itself.",
        )
    _check_claims(payload, trusted)
    _check_time(payload, now)
    if payload["jti"] in revoked:
        raise CertificateRefused(
            "It was revoked: the learner withdrew it.", "Do not rely on it any more."
        )
    return payload


def key_of(did: str) -> "Ed25519PublicKey":
    """The public key that a did:key names. Raises KeyUnusable."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    raw = _base58_decoded(did.removeprefix(DID)) if did.startswith(DID) else b""
    if len(raw) != 34 or not raw.startswith(MULTICODEC_ED25519):
        raise KeyUnusable(f"`{did[:80]}` is not the public key of a school.")
    return Ed25519PublicKey.from_public_bytes(raw[2:])


def did_of(key: "Ed25519PublicKey") -> str:
    """The name of a public key."""
    return DID + _base58(MULTICODEC_ED25519 + key.public_bytes_raw())


def jwk_of(key: "Ed25519PublicKey") -> dict[str, str]:
    """A public key as JSON (RFC 8037)."""
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64(key.public_bytes_raw())}


def server_key() -> "Ed25519PrivateKey":
    """The key of this server, made on first use; only its owner may read the file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = _path()
    try:
        if not path.is_file():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as problem:
        raise KeyUnusable(
            "The signing key of this school cannot be read or written.",
            f"Make sure that {path} can be.",
        ) from problem
    except (ValueError, TypeError) as problem:
        raise KeyUnusable(f"{path} is not a key.") from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} is not an Ed25519 key.")
    return key


def _path() -> Path:
    return settings().folder / KEY_FILE


def _make(path: Path) -> None:
    """Write a new key, unless another process has written one meanwhile."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)  # Fails if there is one: the first key stays.
    except FileExistsError:
        pass
    except OSError:  # a disk without links
        if not path.exists():
            draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


_ONLY_THE_SIGNATURE: Any = {
    name: False for name in ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss")
}


def _header(text: str) -> dict[str, Any]:
    """The header of a credential that is written as it should be."""
    if len(text) > LARGEST:
        raise CertificateRefused(
            f"It is too large: {len(text)} bytes, where a certificate has at most {LARGEST}.",
            "Hand in the file that was downloaded here.",
        )
    if text.lstrip().startswith("{"):
        raise CertificateRefused(
            "It is plain JSON without a signature.",
            "Hand in the signed file: it ends in .jwt and begins with `eyJ`.",
        )
    parts = text.split(".")
    if len(parts) != 3:
        raise _no_certificate("it has not the three parts of a signed file")
    header = _read(parts[0])
    if set(header) != HEADER or header["alg"] != "EdDSA" or header["typ"] != "JWT":
        raise _no_certificate("its first part names another kind of signature")
    # Several texts stand for the same bytes; only the one that a signer writes is accepted.
    if any(_base64(_unbase64(part)) != part for part in parts):
        raise _altered()
    return header


def _key_in(header: Mapping[str, Any]) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    jwk = header["jwk"]
    x = jwk.get("x") if isinstance(jwk, dict) else None
    raw = _unbase64(x) if isinstance(x, str) else b""
    if len(raw) != 32:
        raise _no_certificate("its first part holds no key")
    return Ed25519PublicKey.from_public_bytes(raw)


def _check_claims(payload: Mapping[str, Any], trusted: str) -> None:
    """The claims must repeat the credential, and the credential be an Open Badge."""
    try:
        same = (
            payload["iss"] == payload["issuer"]["id"] == trusted
            and payload["jti"] == payload["id"]
            and payload["sub"] == payload["credentialSubject"]["id"]
            and moment(payload["nbf"]) == payload["validFrom"]
            and ("exp" in payload) == ("validUntil" in payload)
            and ("exp" not in payload or moment(payload["exp"]) == payload["validUntil"])
        )
        is_badge = "OpenBadgeCredential" in payload["type"]
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise _no_certificate("a part that every credential has is missing") from problem
    if not is_badge:
        raise _no_certificate("it is signed, but says something else")
    if not same:
        raise _no_certificate("its claims contradict the credential in it")


def _check_time(payload: Mapping[str, Any], now: float) -> None:
    if payload["nbf"] > now:
        raise CertificateRefused(
            f"It is not valid before {payload['validFrom']}.", "Check the clock of this machine."
        )
    if payload.get("exp", now + 1) <= now:
        raise CertificateRefused(
            f"It expired on {payload['validUntil']}.", "Ask the learner for a new one."
        )


def _no_certificate(why: str) -> CertificateRefused:
    return CertificateRefused(
        f"It is not a certificate: {why}.", "Hand in the .jwt file that was downloaded here."
    )


def _altered() -> CertificateRefused:
    return CertificateRefused(
        "It was altered: the signature does not belong to what it says.",
        "Ask for the file as it was issued.",
    )


def _read(part: str) -> dict[str, Any]:
    try:
        content = json.loads(_unbase64(part))
    except (ValueError, RecursionError) as problem:
        raise _no_certificate("its first part is not JSON") from problem
    if not isinstance(content, dict):
        raise _no_certificate("its first part is not JSON")
    return content


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as problem:
        raise _no_certificate("it has letters that a signed file never has") from problem


def _base58(raw: bytes) -> str:
    value, digits = int.from_bytes(raw), ""
    while value:
        value, digit = divmod(value, 58)
        digits = BASE58[digit] + digits
    return digits


def _base58_decoded(text: str) -> bytes:
    value = 0
    for letter in text[:64]:
        if letter not in BASE58:
            return b""
        value = value * 58 + BASE58.index(letter)
    return value.to_bytes((value.bit_length() + 7) // 8)
