"""A person at a browser, played: a software passkey, cookies, and the forms they press."""

import base64
import hashlib
import html
import json
import os
import re
import struct
import threading
from urllib.parse import urljoin

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value):
    """The part of CBOR that an attestation object needs (RFC 8949 §3)."""

    def head(kind, number):
        if number < 24:
            return bytes([kind << 5 | number])
        return bytes([kind << 5 | 24, number]) if number < 256 else bytes([kind << 5 | 25]) + struct.pack(">H", number)

    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode()
    return head(5, len(value)) + b"".join(cbor(key) + cbor(item) for key, item in value.items())


class Passkey:
    """One ES256 credential; its holder is always present and verified."""

    def __init__(self, options, origin):
        self.id = os.urandom(32)
        self.user = options["user"]["id"]
        self.rp = options["rp"]["id"]
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = self.key.public_key().public_numbers()
        cose = cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        data = self._data(0x45) + attested
        self.made = self._answer({
            "clientDataJSON": encode(self._client("webauthn.create", options["challenge"], origin)),
            "attestationObject": encode(cbor({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        })

    def sign(self, options, origin):
        data, client = self._data(0x05), self._client("webauthn.get", options["challenge"], origin)
        signed = data + hashlib.sha256(client).digest()
        return self._answer({
            "clientDataJSON": encode(client),
            "authenticatorData": encode(data),
            "signature": encode(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": self.user,
        })

    def _answer(self, response):
        name = encode(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def _data(self, flags):
        return hashlib.sha256(self.rp.encode()).digest() + bytes([flags]) + bytes(4)

    @staticmethod
    def _client(kind, challenge, origin):
        data = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
        return json.dumps(data, separators=(",", ":")).encode()


class Person:
    """Somebody with one passkey, signed in at their browser."""

    def __init__(self, server, upn, name):
        self.server, self.upn = server, upn
        self._open()
        user = server.admin("POST", "/users", {"userPrincipalName": upn, "displayName": name, "accountEnabled": True})
        path = f"/users/{user['id']}/authentication/temporaryAccessPassMethods"
        made = server.admin("POST", path, {"isUsableOnce": True, "lifetimeInMinutes": 60})
        self._press("/tap", {"userPrincipalName": upn, "accessPass": made["temporaryAccessPass"]})
        options = self._json("/ceremony/register/options", {})
        self.passkey = Passkey(options["publicKey"], server.url)
        answer = {"ceremony": options["ceremony"], "credential": self.passkey.made, "name": "Interop"}
        self._json("/ceremony/register", answer)
        # What follows is done with the passkey alone.
        self._open()
        options = self._json("/ceremony/sign-in/options", {})
        credential = self.passkey.sign(options["publicKey"], server.url)
        self._json("/ceremony/sign-in", {"ceremony": options["ceremony"], "credential": credential})

    def follow(self, address):
        """Goes where an address leads, up to the first place outside the server, and returns that."""
        for _ in range(10):
            if not address.startswith(self.server.url + "/"):
                return address
            page = self.browser.get(address, headers={"Sec-Fetch-Mode": "navigate"}, allow_redirects=False)
            if "Location" not in page.headers:
                raise RuntimeError(f"a page ({page.status_code}) where a redirection was due")
            address = urljoin(address, page.headers["Location"])
        raise RuntimeError("the pages led in a circle")

    def follow_in_background(self, address):
        """Goes where an address leads while the program that named it waits, and posts the answer it finds there."""
        threading.Thread(target=self._follow_and_post, args=(address,), daemon=True).start()
        return True

    def _follow_and_post(self, address):
        page = self.browser.get(address, headers={"Sec-Fetch-Mode": "navigate"})
        [action] = re.findall(r'<form class="stack" method="post" action="([^"]*)" data-submit>', page.text)
        fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
        answer = {name: html.unescape(value) for name, value in fields}
        requests.post(html.unescape(action), data=answer, timeout=10)

    def approve(self, user_code):
        """Types the code that a program shows, and says yes."""
        question = self._press("/device", {"userCode": user_code})
        fields = {"csrf": self._csrf(question), "userCode": user_code, "answer": "yes"}
        self._post("/device", data=fields)

    def _open(self):
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.verify = self.server.ca
        # The server may close a connection whose last request it answered without reading its body (RFC 9112 §9.3). A
        # browser asks again on another; this one begins each request on its own.
        self.browser.headers["Connection"] = "close"

    def _press(self, path, fields):
        page = self.browser.get(self.server.url + path).text
        return self._post(path, data={**fields, "csrf": self._csrf(page)}).text

    def _json(self, path, body):
        return self._post(path, json=body).json()

    def _post(self, path, **body):
        reply = self.browser.post(
            self.server.url + path, headers={"Origin": self.server.url}, allow_redirects=False, **body
        )
        if reply.status_code >= 400:
            raise RuntimeError(f"{path} answered {reply.status_code}: {reply.text[:300]}")
        return reply

    @staticmethod
    def _csrf(page):
        return re.search(r'name="csrf" value="([^"]*)"', page)[1]
