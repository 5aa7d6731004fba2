"""Registrations and assertions put together part by part, and signed after the part is wrong."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from cases.cert import ROOT_DER
from cases.der import cbor
from cases.keys import ES256, Key, key

RP_ID, ORIGIN = "example.org", "https://example.org"
CHALLENGE = sha256(b"challenge 2").digest()
USER = b"user handle of 22 byte"
NOW = 1_795_348_800  # 2026-11-22T12:00:00Z
UP, UV, BE, BS, AT, ED = 1, 4, 8, 16, 64, 128
AAGUID = bytes(range(1, 17))


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def digest(data: bytes) -> bytes:
    return sha256(data).digest()


def client(kind: str, **changes: object) -> dict:
    """The members a browser writes; `None` takes one out."""
    members = {"type": kind, "challenge": b64(CHALLENGE), "origin": ORIGIN, "crossOrigin": False} | changes
    return {name: value for name, value in members.items() if value is not None}


def to_json(members: dict | bytes) -> bytes:
    return members if isinstance(members, bytes) else json.dumps(members, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Registration:
    """An answer to a registration. What is not named is as it should be."""

    fmt: object = "none"
    statement: Callable[[Registration], object] = lambda _: {}
    key: Key = field(default_factory=lambda: key(ES256, "credential"))
    client: dict | bytes = field(default_factory=lambda: client("webauthn.create"))
    rp_hash: bytes = digest(RP_ID.encode())
    flags: int = UP | UV | AT
    count: int = 0
    aaguid: bytes = AAGUID
    credential_id: bytes = b"\1" * 32
    id_len: int | None = None
    cose: object = None
    tail: bytes = b""
    auth_data_edit: Callable[[bytes], bytes] = lambda data: data
    # After signing: what somebody in between could do.
    sent_auth_data: Callable[[bytes], bytes] = lambda data: data
    sent_client: Callable[[bytes], bytes] = lambda data: data
    object_edit: Callable[[dict], object] = lambda members: members
    bytes_edit: Callable[[bytes], bytes] = lambda data: data
    response_edit: Callable[[dict], dict] = lambda response: response
    challenge: bytes = CHALLENGE
    roots: tuple[bytes, ...] | None = None
    uv: bool = False
    now: int = NOW

    @property
    def auth_data(self) -> bytes:
        cose = self.key.cose() if self.cose is None else self.cose
        id_len = len(self.credential_id) if self.id_len is None else self.id_len
        attested = self.aaguid + id_len.to_bytes(2, "big") + self.credential_id + cbor(cose)
        head = self.rp_hash + bytes([self.flags]) + self.count.to_bytes(4, "big")
        return self.auth_data_edit(head + (attested if self.flags & AT else b"") + self.tail)

    @property
    def client_data(self) -> bytes:
        return to_json(self.client)

    @property
    def client_data_hash(self) -> bytes:
        return digest(self.client_data)

    @property
    def signed(self) -> bytes:
        """`authData || clientDataHash`"""
        return self.auth_data + self.client_data_hash

    @property
    def credential_key(self) -> dict:
        return self.key.cose() if self.cose is None else self.cose

    def but(self, **changes: object) -> Registration:
        return replace(self, **changes)

    def attestation_object(self) -> bytes:
        members = {
            "fmt": self.fmt,
            "attStmt": self.statement(self),
            "authData": self.sent_auth_data(self.auth_data),
        }
        return self.bytes_edit(cbor(self.object_edit(members)))

    def case(self, name: str, expect: str, source: str = "mutation") -> dict:
        response = {
            "id": b64(self.credential_id),
            "rawId": b64(self.credential_id),
            "type": "public-key",
            "response": {
                "clientDataJSON": b64(self.sent_client(self.client_data)),
                "attestationObject": b64(self.attestation_object()),
                "transports": ["usb"],
            },
            "clientExtensionResults": {},
        }
        roots = None if self.roots is None else [b64(root) for root in self.roots]
        return {
            "name": name,
            "source": source,
            "format": self.fmt if isinstance(self.fmt, str) else "none",
            "rp_id": RP_ID,
            "origin": ORIGIN,
            "challenge": b64(self.challenge),
            "now": self.now,
            "user_verification": self.uv,
            "roots": roots,
            "response": self.response_edit(response),
            "expect": expect,
        }


@dataclass(frozen=True)
class Assertion:
    """An answer to a sign-in."""

    key: Key = field(default_factory=lambda: key(ES256, "credential"))
    signer: Key | None = None
    client: dict | bytes = field(default_factory=lambda: client("webauthn.get"))
    rp_hash: bytes = digest(RP_ID.encode())
    flags: int = UP | UV
    count: int = 0
    tail: bytes = b""
    auth_data_edit: Callable[[bytes], bytes] = lambda data: data
    sent_auth_data: Callable[[bytes], bytes] = lambda data: data
    sent_client: Callable[[bytes], bytes] = lambda data: data
    signature_edit: Callable[[bytes], bytes] = lambda signature: signature
    response_edit: Callable[[dict], dict] = lambda response: response
    credential_id: bytes = b"\1" * 32
    user_handle: bytes | None = USER
    challenge: bytes = CHALLENGE
    uv: bool = False
    stored: dict = field(default_factory=dict)

    def but(self, **changes: object) -> Assertion:
        return replace(self, **changes)

    def case(self, name: str, expect: str, source: str = "mutation") -> dict:
        head = self.rp_hash + bytes([self.flags]) + self.count.to_bytes(4, "big")
        auth_data = self.auth_data_edit(head + self.tail)
        client_data = to_json(self.client)
        signature = (self.signer or self.key).sign(auth_data + digest(client_data))
        answer = {
            "clientDataJSON": b64(self.sent_client(client_data)),
            "authenticatorData": b64(self.sent_auth_data(auth_data)),
            "signature": b64(self.signature_edit(signature)),
        }
        if self.user_handle is not None:
            answer["userHandle"] = b64(self.user_handle)
        response = {
            "id": b64(self.credential_id),
            "rawId": b64(self.credential_id),
            "type": "public-key",
            "response": answer,
            "clientExtensionResults": {},
        }
        stored = {
            "credential_id": b64(b"\1" * 32),
            "user_handle": b64(USER),
            "public_key": b64(cbor(self.key.cose())),
            "sign_count": 0,
            "backup_eligible": False,
            "backup_state": False,
            "known": False,
            "allow": [],
        } | self.stored
        return {
            "name": name,
            "source": source,
            "format": "assertion",
            "rp_id": RP_ID,
            "origin": ORIGIN,
            "challenge": b64(self.challenge),
            "now": NOW,
            "user_verification": self.uv,
            "roots": None,
            "response": self.response_edit(response),
            "stored": stored,
            "expect": expect,
        }


ROOTS = (ROOT_DER,)


def flip(data: bytes, at: int, mask: int = 1) -> bytes:
    """`data` with one bit turned over."""
    at %= len(data)
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
