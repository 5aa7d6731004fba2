"""The test vectors of WebAuthn Level 3, section 16, out of `vectors/`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cases.forge import NOW, USER, b64

FILE = Path(__file__).resolve().parents[2] / "vectors" / "webauthn-l3.json"


def cases() -> Iterator[dict]:
    vectors = json.loads(FILE.read_text())
    root = b64(bytes.fromhex(vectors["attestation_ca_cert"]))
    for vector in vectors["credentials"]:
        registration, authentication = vector["registration"], vector["authentication"]
        fmt = vector["summary"]["fmt"]
        identifier = bytes.fromhex(registration["credential_id"])
        attestation = bytes.fromhex(registration["attestationObject"])
        shared = {
            "source": "w3c",
            "format": fmt,
            "rp_id": vectors["rpId"],
            "origin": vectors["origin"],
            "top_origins": [vectors["topOrigin"]],
            "now": NOW,
        }
        answer = {
            "id": b64(identifier),
            "rawId": b64(identifier),
            "type": "public-key",
            "clientExtensionResults": {},
        }
        made = {
            "clientDataJSON": decoded(registration, "clientDataJSON"),
            "attestationObject": b64(attestation),
        }
        yield shared | {
            "name": f"w3c/{vector['id']}/registration",
            "challenge": decoded(registration, "challenge"),
            "roots": [root] if b"cx5c" in attestation else None,
            "response": answer | {"response": made},
        }
        got = {
            name: decoded(authentication, name)
            for name in ("clientDataJSON", "authenticatorData", "signature")
        }
        flags = auth_data(attestation, vectors["rpId"])[32]
        stored = {
            "credential_id": b64(identifier),
            "user_handle": b64(USER),
            "sign_count": 0,
            "known": True,
            "public_key": b64(public_key(attestation, vectors["rpId"], identifier)),
            "backup_eligible": bool(flags & 8),
            "backup_state": bool(flags & 16),
        }
        yield shared | {
            "name": f"w3c/{vector['id']}/authentication",
            "format": "assertion",
            "challenge": decoded(authentication, "challenge"),
            "roots": None,
            "response": answer | {"response": got | {"userHandle": b64(USER)}},
            "stored": stored,
        }


def decoded(part: dict, name: str) -> str:
    return b64(bytes.fromhex(part[name]))


def auth_data(attestation: bytes, rp_id: str) -> bytes:
    """From the RP ID hash on; in these objects nothing follows the authenticator data."""
    return attestation[attestation.index(sha256(rp_id.encode()).digest()) :]


def public_key(attestation: bytes, rp_id: str, identifier: bytes) -> bytes:
    # Nor does anything follow the key: no vector has extensions.
    return auth_data(attestation, rp_id)[37 + 16 + 2 + len(identifier) :]
