"""Runs the tests of PyPI's `webauthn` and prints what they ask it to verify, a JSON line each.

Called with the folder of its source distribution. Listening to the calls gives the challenge, the origin and
the stored key that go with each capture, which the answers alone do not say.
"""

from __future__ import annotations

import json
import sys
import unittest
from base64 import urlsafe_b64encode
from dataclasses import is_dataclass
from pathlib import Path
from types import ModuleType

sys.path.insert(0, sys.argv[1])

import webauthn  # noqa: E402
from OpenSSL.crypto import X509Store  # noqa: E402

running = ""


def with_a_store(test):
    """Hands a test the store it sets a clock on. Its verdict is not what is wanted here."""

    def inner(self, *parts):
        return test(self, *parts, patched_x509store=X509Store())

    return inner


# The tests' helpers are not in the source distribution.
helpers = sys.modules["tests.helpers"] = ModuleType("tests.helpers")
helpers.x509store = sys.modules["tests.helpers.x509store"] = ModuleType("tests.helpers.x509store")
helpers.x509store.patch_validate_certificate_chain_x509store_getter = with_a_store


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def answer(credential: object) -> dict:
    """The answer as the browser sent it, whatever the test had made of it."""
    if isinstance(credential, str):
        return json.loads(credential)
    if not is_dataclass(credential):
        return credential
    names = {
        "client_data_json": "clientDataJSON",
        "attestation_object": "attestationObject",
        "authenticator_data": "authenticatorData",
        "signature": "signature",
        "user_handle": "userHandle",
    }
    parts = {name: getattr(credential.response, inner, None) for inner, name in names.items()}
    response = {name: b64(value) for name, value in parts.items() if value is not None}
    raw_id = b64(credential.raw_id)
    return {"id": credential.id, "rawId": raw_id, "type": "public-key", "response": response}


def listening(verify):
    def inner(**asked):
        origin = asked["expected_origin"]
        print(
            json.dumps(
                {
                    "test": running,
                    "response": answer(asked["credential"]),
                    "challenge": b64(asked["expected_challenge"]),
                    "rp_id": asked["expected_rp_id"],
                    "origins": [origin] if isinstance(origin, str) else origin,
                    "user_verification": asked.get("require_user_verification", False),
                    "public_key": b64(asked["credential_public_key"])
                    if "credential_public_key" in asked
                    else None,
                    "sign_count": asked.get("credential_current_sign_count", 0),
                }
            )
        )
        return verify(**asked)

    return inner


class Names(unittest.TestResult):
    def addError(self, test, err):  # noqa: N802, the library's name
        # A module that does not load would take its captures along in silence.
        if issubclass(err[0], ImportError):
            raise err[1]

    def startTest(self, test):  # noqa: N802, the library's name
        global running
        running = test.id().rsplit(".", 1)[-1].removeprefix("test_")


webauthn.verify_registration_response = listening(webauthn.verify_registration_response)
webauthn.verify_authentication_response = listening(webauthn.verify_authentication_response)
names = sorted(path.stem for path in Path(sys.argv[1], "tests").glob("test_verify_*_response*.py"))
unittest.defaultTestLoader.loadTestsFromNames([f"tests.{name}" for name in names]).run(Names())
