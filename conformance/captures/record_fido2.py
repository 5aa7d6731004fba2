"""Runs python-fido2's tests of statements and prints what they ask it to verify, a JSON line each.

Called with the folder of its source distribution. Its captures are statements with the hash of the client
data, without the client data.
"""

from __future__ import annotations

import json
import sys
import unittest
from base64 import urlsafe_b64encode

sys.path.insert(0, sys.argv[1])

from fido2.attestation import Attestation  # noqa: E402
from fido2.webauthn import AttestationObject, AuthenticatorData  # noqa: E402

running = ""


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def listening(kind: type[Attestation]) -> None:
    verify = kind.verify

    def inner(self, statement, auth_data, client_data_hash):
        # Where nothing looks at the hash, the tests put something else in its place.
        if isinstance(auth_data, AuthenticatorData) and len(client_data_hash) == 32:
            made = AttestationObject.create(kind.FORMAT, auth_data, statement)
            hashed = client_data_hash
            print(json.dumps({"test": running, "object": b64(made), "client_data_hash": b64(hashed)}))
        return verify(self, statement, auth_data, client_data_hash)

    kind.verify = inner


class Names(unittest.TestResult):
    def startTest(self, test):  # noqa: N802, the library's name
        global running
        running = test.id().rsplit(".", 1)[-1].removeprefix("test_")


for kind in Attestation.__subclasses__():
    if hasattr(kind, "FORMAT"):
        listening(kind)
unittest.defaultTestLoader.loadTestsFromName("tests.test_attestation").run(Names())
