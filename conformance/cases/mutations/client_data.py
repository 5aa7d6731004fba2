"""The client data, of both ceremonies (sections 5.8.1, 7.1 steps 5 to 11, 7.2 steps 9 to 15)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cases.forge import CHALLENGE, ORIGIN, Assertion, Registration, b64, client, flip, to_json
from cases.statements import packed


def wrong(kind: str, other: str) -> Iterator[tuple[str, str, dict | bytes]]:
    """Client data that are signed and wrong."""
    good = to_json(client(kind))
    text = b64(CHALLENGE)
    yield "type-of-the-other-ceremony", "ceremony_type", client(other)
    yield "type-of-u2f", "ceremony_type", client("navigator.id.finishEnrollment")
    yield "type-in-capitals", "ceremony_type", client(kind.upper())
    yield "type-missing", "client_data_member_missing", client(None)
    yield "type-a-number", "client_data_not_json", client(1)
    yield "challenge-other", "challenge_mismatch", client(kind, challenge=b64(flip(CHALLENGE, 0)))
    yield "challenge-last-bit", "challenge_mismatch", client(kind, challenge=b64(flip(CHALLENGE, -1)))
    yield "challenge-shorter", "challenge_mismatch", client(kind, challenge=b64(CHALLENGE[:-1]))
    yield "challenge-longer", "challenge_mismatch", client(kind, challenge=b64(CHALLENGE + b"\0"))
    yield "challenge-empty", "challenge_mismatch", client(kind, challenge="")
    yield "challenge-padded", "challenge_mismatch", client(kind, challenge=text + "=")
    yield "challenge-wrong-alphabet", "challenge_mismatch", client(kind, challenge=standard_alphabet(text))
    yield "challenge-not-canonical", "challenge_mismatch", client(kind, challenge=loose_bits(text))
    yield "challenge-with-space", "challenge_mismatch", client(kind, challenge=text + " ")
    yield "challenge-with-line-feed", "challenge_mismatch", client(kind, challenge=text[:8] + "\n" + text[8:])
    yield "challenge-in-hexadecimal", "challenge_mismatch", client(kind, challenge=CHALLENGE.hex())
    yield "challenge-missing", "client_data_member_missing", client(kind, challenge=None)
    yield "challenge-an-array", "client_data_not_json", client(kind, challenge=[text])
    for name, origin in {
        "port": ORIGIN + ":8443",
        "default-port": ORIGIN + ":443",
        "sub-domain": "https://evil.example.org",
        "parent": "https://org",
        "http": "http://example.org",
        "suffix": ORIGIN + ".evil.test",
        "prefix": "https://evilexample.org",
        "path": ORIGIN + "/",
        "capitals": "https://EXAMPLE.org",
        "user": "https://example.org@evil.test",
        "null": "null",
        "empty": "",
        "host-only": "example.org",
        "android-app": "android:apk-key-hash:AAAA",
        "trailing-dot": ORIGIN + ".",
        "homograph": "https://ex\u0430mple.org",
        "with-zero": ORIGIN + "\0",
    }.items():
        yield f"origin-{name}", "origin_not_allowed", client(kind, origin=origin)
    yield "origin-missing", "client_data_member_missing", client(kind, origin=None)
    yield "origin-an-array", "client_data_not_json", client(kind, origin=[ORIGIN])
    yield "cross-origin", "cross_origin", client(kind, crossOrigin=True)
    yield "cross-origin-a-string", "client_data_not_json", client(kind, crossOrigin="false")
    top = client(kind, crossOrigin=True, topOrigin="https://evil.test")
    yield "top-origin", "cross_origin", top
    yield "top-origin-without-cross-origin", "cross_origin", client(kind, topOrigin="https://evil.test")
    yield "not-json", "client_data_not_json", b"webauthn"
    yield "empty", "client_data_not_json", b""
    yield "array", "client_data_not_json", b"[" + good + b"]"
    yield "null", "client_data_not_json", b"null"
    yield "trailing-bytes", "client_data_not_json", good + b"x"
    yield "two-objects", "client_data_not_json", good + good
    yield "cut-short", "client_data_not_json", good[:-1]
    yield "trailing-comma", "client_data_not_json", good[:-1] + b",}"
    yield "comment", "client_data_not_json", good[:-1] + b"/**/}"
    yield "not-utf-8", "client_data_not_json", good[:-1] + b',"x":"\xff"}'
    yield "not-utf-8-in-a-name", "client_data_not_json", good[:-1] + b',"\xc0\x80":1}'
    yield "utf-16", "client_data_not_json", good.decode().encode("utf-16-le")
    yield "two-byte-order-marks", "client_data_not_json", b"\xef\xbb\xbf" * 2 + good
    repeated = {"type": other, "challenge": b64(flip(CHALLENGE, 0)), "origin": "https://evil.test"}
    for member, value in repeated.items():
        first = json.dumps({member: value}).encode()[:-1]
        yield f"{member}-twice", "client_data_member_twice", first + b"," + good[1:]
    yield "unknown-member-twice", "client_data_member_twice", good[:-1] + b',"x":1,"x":2}'
    yield "very-long", "response_malformed", good[:-1] + b',"x":"' + b"x" * 8192 + b'"}'
    members = b"".join(b',"%d":1' % n for n in range(40))
    yield "very-many-members", "client_data_too_long", good[:-1] + members + b"}"


def harmless(kind: str) -> Iterator[tuple[str, str, dict | bytes]]:
    """Client data browsers may write."""
    good = to_json(client(kind))
    yield "unknown-member", "accept", client(kind, extraData="ignore me")
    yield "other-order", "accept", dict(reversed(client(kind).items()))
    yield "white-space", "accept", json.dumps(client(kind), indent=2).encode()
    # JSON.parse of ECMAScript takes it, and nobody looks at it.
    yield "unknown-member-with-a-lone-surrogate", "accept", good[:-1] + rb',"x":"\ud800"}'
    yield "no-cross-origin", "accept", client(kind, crossOrigin=None)
    yield "byte-order-mark", "accept", b"\xef\xbb\xbf" + good
    yield (
        "escaped",
        "accept",
        good.replace(b"https://", rb"https:\/\/").replace(b"webauthn", rb"\u0077ebauthn"),
    )
    yield "token-binding-supported", "accept", client(kind, tokenBinding={"status": "supported"})
    yield "token-binding-of-no-meaning", "accept", client(kind, tokenBinding={"status": "evil"})


def standard_alphabet(text: str) -> str:
    swapped = text.replace("-", "+").replace("_", "/")
    assert swapped != text, "the challenge shows the difference"
    return swapped


def loose_bits(text: str) -> str:
    """The same bytes for a reader who does not look at the unused bits of the last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]


def mutations() -> Iterator[tuple[str, str, Registration | Assertion]]:
    create, get = "webauthn.create", "webauthn.get"
    base = Registration(fmt="packed", statement=packed())
    for name, expect, data in [*wrong(create, get), *harmless(create)]:
        yield f"registration/client-data/{name}", expect, base.but(client=data)
    for name, expect, data in [*wrong(get, create), *harmless(get)]:
        yield f"assertion/client-data/{name}", expect, Assertion(client=data)
    swap = lambda data: data.replace(b"false", b"false ")  # noqa: E731
    yield (
        "registration/client-data/changed-after-signing",
        "attestation_bad_signature",
        base.but(sent_client=swap),
    )
    yield "assertion/client-data/changed-after-signing", "bad_signature", Assertion(sent_client=swap)
    for length in (0, 1, 15):
        short = CHALLENGE[:length]
        ours = {"challenge": short}
        registration = base.but(client=client(create, challenge=b64(short)), **ours)
        yield f"registration/client-data/own-challenge-of-{length}", "challenge_mismatch", registration
        assertion = Assertion(client=client(get, challenge=b64(short)), **ours)
        yield f"assertion/client-data/own-challenge-of-{length}", "challenge_mismatch", assertion
