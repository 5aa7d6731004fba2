"""The verdict of PyPI's `webauthn` on each case."""

from __future__ import annotations

import json
import sys
from base64 import urlsafe_b64decode
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL.crypto import X509Store
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import validate_certificate_chain
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import AttestationFormat

validation = sys.modules[validate_certificate_chain.__module__]
# The library knows no ES384 (-35).
OFFERED = [COSEAlgorithmIdentifier(number) for number in (-8, -7, -36, -37, -257)]


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def pem(der: str) -> bytes:
    return x509.load_der_x509_certificate(decode(der)).public_bytes(Encoding.PEM)


def judge(case: dict) -> None:
    def store_of_that_time() -> X509Store:
        store = X509Store()
        store.set_time(datetime.fromtimestamp(case["now"], UTC).replace(tzinfo=None))
        return store

    # The library's own opening for a clock.
    validation._generate_new_cert_store = store_of_that_time
    shared = {
        "credential": case["response"],
        "expected_challenge": decode(case["challenge"]),
        "expected_rp_id": case["rp_id"],
        "expected_origin": case["origin"],
        "require_user_verification": case.get("user_verification", False),
    }
    stored = case.get("stored")
    if stored is None:
        roots = [pem(root) for root in case["roots"] or []]
        verify_registration_response(
            **shared,
            supported_pub_key_algs=OFFERED,
            pem_root_certs_bytes_by_fmt={fmt: roots for fmt in AttestationFormat},
        )
        return
    verify_authentication_response(
        **shared,
        credential_public_key=decode(stored["public_key"]),
        credential_current_sign_count=stored["sign_count"],
    )


for line in sys.stdin:
    case = json.loads(line)
    if "client_data_hash" in case:  # the library has no way to judge a statement alone
        continue
    try:
        judge(case)
        print(json.dumps({"name": case["name"], "accepts": True}))
    except Exception as error:  # any way of failing is a refusal
        print(
            json.dumps(
                {"name": case["name"], "accepts": False, "why": f"{type(error).__name__}: {error}"[:200]}
            )
        )
