"""python-fido2's verdict on each case."""

from __future__ import annotations

import json
import sys
from base64 import urlsafe_b64decode

from cryptography import x509
from fido2 import cbor
from fido2.attestation import (
    AndroidSafetynetAttestation,
    AppleAttestation,
    AttestationVerifier,
    FidoU2FAttestation,
    NoneAttestation,
    PackedAttestation,
    TpmAttestation,
)
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

FORMATS = [
    kind()
    for kind in (
        NoneAttestation,
        PackedAttestation,
        TpmAttestation,
        AppleAttestation,
        FidoU2FAttestation,
        AndroidSafetynetAttestation,
    )
]


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Statement(AttestationVerifier):
    """Verifies the statement, and leaves whom it leads to."""

    def ca_lookup(self, result, auth_data):
        raise NotImplementedError

    def verify_attestation(self, attestation_object, client_data_hash):
        for known in self._attestation_types:
            if known.FORMAT == attestation_object.fmt:
                known.verify(attestation_object.att_stmt, attestation_object.auth_data, client_data_hash)
                return
        raise ValueError("unknown format")


class Path(AttestationVerifier):
    """Verifies the statement and its path. Looking up the issuer by name is what the library leaves to us."""

    def __init__(self, roots: list[bytes]):
        super().__init__(FORMATS)
        self.roots = [(root, x509.load_der_x509_certificate(root)) for root in roots]

    def ca_lookup(self, result, auth_data):
        if not result.trust_path:
            return None
        last = x509.load_der_x509_certificate(result.trust_path[-1])
        named = (der for der, root in self.roots if root.subject == last.issuer)
        return next(named, None)


def judge(case: dict) -> None:
    if "client_data_hash" in case:
        made = AttestationObject(decode(case["response"]["attestationObject"]))
        Statement(FORMATS).verify_attestation(made, decode(case["client_data_hash"]))
        return
    server = Fido2Server(
        PublicKeyCredentialRpEntity(id=case["rp_id"], name="x"),
        attestation="direct",
        verify_origin=lambda origin: origin == case["origin"],
        verify_attestation=Statement(FORMATS)
        if case["roots"] is None
        else Path([decode(r) for r in case["roots"]]),
    )
    wanted = (
        UserVerificationRequirement.REQUIRED
        if case.get("user_verification")
        else UserVerificationRequirement.DISCOURAGED
    )
    state = {"challenge": case["challenge"], "user_verification": wanted}
    stored = case.get("stored")
    if stored is None:
        server.register_complete(state, case["response"])
        return
    key = CoseKey.parse(cbor.decode(decode(stored["public_key"])))
    credential = AttestedCredentialData.create(b"\0" * 16, decode(stored["credential_id"]), key)
    server.authenticate_complete(state, [credential], case["response"])


for line in sys.stdin:
    case = json.loads(line)
    try:
        judge(case)
        print(json.dumps({"name": case["name"], "accepts": True}))
    except Exception as error:  # any way of failing is a refusal
        print(
            json.dumps(
                {"name": case["name"], "accepts": False, "why": f"{type(error).__name__}: {error}"[:200]}
            )
        )
