"""Authenticator data, the credential key and the attestation object around them (section 6.1, 6.5)."""

from __future__ import annotations

from collections.abc import Iterator

from cases.der import Pairs, Raw, cbor, head
from cases.forge import AT, BE, BS, ED, RP_ID, UP, UV, Assertion, Registration, digest, flip
from cases.keys import EDDSA, ES256, ES384, ES512, PS256, RS256, Key, key, rsa_key
from cases.statements import packed

GOOD = Registration(fmt="packed", statement=packed())
NONE = Registration()


def flags() -> Iterator[tuple[str, str, Registration | Assertion]]:
    """Flags of both ceremonies: every combination of the five that mean something."""
    for bits in range(32):
        present, verified, eligible, backed_up = (bool(bits & 1 << n) for n in range(4))
        asked = bool(bits & 16)
        value = UP * present | UV * verified | BE * eligible | BS * backed_up
        expect = "accept"
        if not present:
            expect = "user_not_present"
        elif asked and not verified:
            expect = "user_not_verified"
        elif backed_up and not eligible:
            expect = "backup_state_without_eligibility"
        name = f"up{present:d}-uv{verified:d}-be{eligible:d}-bs{backed_up:d}-asked{asked:d}"
        yield f"registration/flags/{name}", expect, GOOD.but(flags=value | AT, uv=asked)
        stored = {"backup_eligible": eligible}
        yield f"assertion/flags/{name}", expect, Assertion(flags=value, uv=asked, stored=stored)
    for bit in (2, 32):
        yield f"registration/flags/reserved-{bit}", "accept", GOOD.but(flags=GOOD.flags | bit)
        yield f"assertion/flags/reserved-{bit}", "accept", Assertion(flags=UP | UV | bit)
    for old, new in ((False, True), (True, False)):
        made = Assertion(flags=UP | UV | BE * new, stored={"backup_eligible": old})
        yield f"assertion/flags/be-from-{old:d}-to-{new:d}", "backup_eligibility_changed", made
    for old, new in ((False, True), (True, False)):
        stored = {"backup_eligible": True, "backup_state": old}
        yield (
            f"assertion/flags/bs-from-{old:d}-to-{new:d}",
            "accept",
            Assertion(flags=UP | BE | BS * new, stored=stored),
        )


def lengths() -> Iterator[tuple[str, str, Registration | Assertion]]:
    cut = lambda n: lambda data: data[:n]  # noqa: E731
    whole = len(GOOD.auth_data)
    for at in (0, 31, 32, 36, 37, 52, 53, 54, 55, 60, 86):
        yield (
            f"registration/auth-data/cut-at-{at}",
            "authenticator_data_truncated",
            GOOD.but(auth_data_edit=cut(at)),
        )
    for at in (87, 88, whole - 1):
        yield (
            f"registration/auth-data/cut-at-{at}",
            "key_not_canonical_cbor",
            GOOD.but(auth_data_edit=cut(at)),
        )
    for at in (0, 31, 32, 36):
        yield (
            f"assertion/auth-data/cut-at-{at}",
            "authenticator_data_truncated",
            Assertion(auth_data_edit=cut(at)),
        )
    tails = {"zero": b"\0", "map": b"\xa0", "many": b"\0" * 100}
    for name, tail in tails.items():
        yield f"registration/auth-data/trailing-{name}", "authenticator_data_trailing", GOOD.but(tail=tail)
        yield f"assertion/auth-data/trailing-{name}", "authenticator_data_trailing", Assertion(tail=tail)
    yield "registration/auth-data/no-attested-data", "credential_missing", GOOD.but(flags=UP | UV)
    moved = lambda data: data[:32] + bytes([data[32] | AT]) + data[33:]  # noqa: E731
    yield (
        "registration/auth-data/flag-without-attested-data",
        "authenticator_data_truncated",
        GOOD.but(flags=UP | UV, auth_data_edit=moved),
    )
    unmarked = lambda data: flip(data, 32, AT)  # noqa: E731
    yield (
        "registration/auth-data/attested-data-without-flag",
        "authenticator_data_trailing",
        GOOD.but(auth_data_edit=unmarked),
    )
    yield (
        "assertion/auth-data/flag-without-attested-data",
        "authenticator_data_truncated",
        Assertion(flags=UP | AT),
    )
    yield (
        "assertion/auth-data/with-attested-data",
        "accept",
        Assertion(flags=UP | UV | AT, tail=GOOD.auth_data[37:]),
    )
    long = b"\2" * 1024
    yield (
        "registration/credential-id/of-1024",
        "credential_id_length",
        GOOD.but(credential_id=long, response_edit=id_of(b"\2" * 1023)),
    )
    yield "registration/credential-id/of-1023", "accept", GOOD.but(credential_id=long[1:])
    yield "registration/credential-id/of-1", "accept", GOOD.but(credential_id=b"\2")
    yield (
        "registration/credential-id/empty",
        "credential_id_length",
        GOOD.but(credential_id=b"", response_edit=id_of(b"\1")),
    )
    yield (
        "registration/credential-id/length-past-the-end",
        "authenticator_data_truncated",
        GOOD.but(id_len=1000),
    )
    yield "registration/credential-id/length-65535", "credential_id_length", GOOD.but(id_len=65535)
    yield "registration/credential-id/length-one-more", "key_not_canonical_cbor", GOOD.but(id_len=33)
    yield "registration/credential-id/length-one-less", "key_not_canonical_cbor", GOOD.but(id_len=31)
    yield (
        "registration/credential-id/other-beside",
        "credential_id_mismatch",
        GOOD.but(response_edit=id_of(b"\2" * 32)),
    )


def id_of(value: bytes):
    from cases.forge import b64

    return lambda response: response | {"id": b64(value), "rawId": b64(value)}


def relying_party() -> Iterator[tuple[str, str, Registration | Assertion]]:
    right = digest(RP_ID.encode())
    wrong = {
        "other": digest(b"example.com"),
        "parent": digest(b"org"),
        "sub-domain": digest(b"id.example.org"),
        "first-bit": flip(right, 0, 0x80),
        "last-bit": flip(right, -1),
        "zero": b"\0" * 32,
        "origin": digest(b"https://example.org"),
        "capitals": digest(b"EXAMPLE.ORG"),
    }
    for name, value in wrong.items():
        yield f"registration/rp-id/{name}", "rp_id_mismatch", GOOD.but(rp_hash=value)
        yield f"assertion/rp-id/{name}", "rp_id_mismatch", Assertion(rp_hash=value)


def extensions() -> Iterator[tuple[str, str, Registration | Assertion]]:
    protect = cbor({"credProtect": 2})
    marked = lambda tail: {"flags": UP | UV | ED, "tail": tail}  # noqa: E731
    broken = {
        "missing": (b"", "extensions_not_canonical_cbor"),
        "array": (cbor([1]), "extensions_not_canonical_cbor"),
        "bytes": (cbor(b"x"), "extensions_not_canonical_cbor"),
        "cut": (protect[:-1], "extensions_not_canonical_cbor"),
        "followed": (protect + b"\0", "authenticator_data_trailing"),
        "twice": (cbor(Pairs([("a", 1), ("a", 2)])), "extensions_not_canonical_cbor"),
        "indefinite": (b"\xbf\x61a\x01\xff", "extensions_not_canonical_cbor"),
        "long-form": (b"\xa1\x78\x01a\x01", "extensions_not_canonical_cbor"),
        "unsorted": (cbor(Pairs([("bb", 1), ("a", 2)])), "extensions_not_canonical_cbor"),
        "deep": (b"\xa1\x61a" + b"\x81" * 40 + b"\0", "extensions_not_canonical_cbor"),
        "tagged": (b"\xa1\x61a\xc0\x61b", "extensions_not_canonical_cbor"),
    }
    for name, (tail, expect) in broken.items():
        values = marked(tail)
        yield f"registration/extensions/{name}", expect, GOOD.but(flags=values["flags"] | AT, tail=tail)
        yield f"assertion/extensions/{name}", expect, Assertion(**values)
    good = {"unsolicited": protect, "empty": cbor({}), "unknown": cbor({"x": [1, {"y": b"z"}]})}
    for name, tail in good.items():
        yield f"registration/extensions/{name}", "accept", GOOD.but(flags=UP | UV | AT | ED, tail=tail)
        yield f"assertion/extensions/{name}", "accept", Assertion(**marked(tail))


def keys() -> Iterator[tuple[str, str, Registration]]:
    """The credential key as a COSE key."""
    for alg in (ES256, ES384, ES512, EDDSA, RS256, PS256):
        made = NONE.but(key=key(alg, "credential"))
        yield f"registration/key/alg{alg}", "accept", made
    good = key(ES256, "credential").cose()
    x, y = good[-2], good[-3]
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    ec = {
        "kty-okp": (good | {1: 1}, "key_parameter_unknown"),
        "kty-rsa": (good | {1: 3}, "key_not_canonical_cbor"),
        "kty-4": (good | {1: 4}, "key_type_mismatch"),
        "kty-missing": (without(good, 1), "key_parameter_missing"),
        "alg-missing": (without(good, 3), "key_parameter_missing"),
        "alg-eddsa": (good | {3: EDDSA}, "key_type_mismatch"),
        "alg-rs256": (good | {3: RS256}, "key_type_mismatch"),
        "alg-es384": (good | {3: ES384}, "key_type_mismatch"),
        "alg-es256k": (good | {3: -47}, "key_algorithm_unsupported"),
        "alg-ed448": (good | {3: -53}, "key_algorithm_unsupported"),
        "alg-hs256": (good | {3: 5}, "key_algorithm_unsupported"),
        "alg-zero": (good | {3: 0}, "key_algorithm_unsupported"),
        "alg-text": (good | {3: "ES256"}, "key_not_canonical_cbor"),
        "crv-p384": (good | {-1: 2}, "key_not_on_curve"),
        "crv-ed25519": (good | {-1: 6}, "key_type_mismatch"),
        "crv-missing": (without(good, -1), "key_parameter_missing"),
        "crv-unknown": (good | {-1: 99}, "key_type_mismatch"),
        "x-missing": (without(good, -2), "key_parameter_missing"),
        "y-missing": (without(good, -3), "key_parameter_missing"),
        "x-short": (good | {-2: x[1:]}, "key_not_on_curve"),
        "x-long": (good | {-2: b"\0" + x}, "key_not_on_curve"),
        "x-empty": (good | {-2: b""}, "key_not_on_curve"),
        "y-a-sign": (good | {-3: True}, "key_not_canonical_cbor"),
        "off-curve": (good | {-3: flip(y, -1)}, "key_not_on_curve"),
        "at-infinity": (good | {-2: b"\0" * 32, -3: b"\0" * 32}, "key_not_on_curve"),
        "x-not-reduced": (good | {-2: p.to_bytes(32, "big")}, "key_not_on_curve"),
        "private-part": (good | {-4: b"\1" * 32}, "key_parameter_unknown"),
        "with-kid": (good | {2: b"kid"}, "key_parameter_unknown"),
        "with-key-ops": (good | {4: [1]}, "key_parameter_unknown"),
        "unknown-label": (good | {-70000: 1}, "key_parameter_unknown"),
        "text-label": (good | {"x": 1}, "key_not_canonical_cbor"),
        "label-twice": (Pairs([*good.items(), (-3, y)]), "key_not_canonical_cbor"),
        "other-order": (Pairs(reversed(good.items())), "key_not_canonical_cbor"),
        "long-form": (
            Raw(cbor(good).replace(b"\x01\x02\x03", b"\x01\x18\x02\x03", 1)),
            "key_not_canonical_cbor",
        ),
        "indefinite": (Raw(b"\xbf" + cbor(good)[1:] + b"\xff"), "key_not_canonical_cbor"),
        "array": (list(good.values()), "key_not_canonical_cbor"),
        "empty": ({}, "key_parameter_missing"),
        "tagged": (Raw(b"\xd8\x18" + cbor(good)), "key_not_canonical_cbor"),
        "floating-alg": (
            Raw(cbor(good).replace(b"\x03\x26", b"\x03\xf9\xc7\x00", 1)),
            "key_not_canonical_cbor",
        ),
    }
    for name, (cose, expect) in ec.items():
        yield f"registration/key/{name}", expect, NONE.but(cose=cose)
    rsa = key(RS256, "credential").cose()
    n = rsa[-1]
    for name, cose, expect in (
        ("exponent-1", rsa | {-2: b"\1"}, "key_rsa_exponent"),
        ("exponent-even", rsa | {-2: b"\4"}, "key_rsa_exponent"),
        ("exponent-empty", rsa | {-2: b""}, "key_rsa_exponent"),
        ("exponent-leading-zero", rsa | {-2: b"\0\1\0\1"}, "key_rsa_exponent"),
        ("exponent-long", rsa | {-2: b"\1" + b"\0" * 30 + b"\1"}, "key_rsa_exponent"),
        ("modulus-leading-zero", rsa | {-1: b"\0" + n}, "key_rsa_modulus"),
        ("modulus-even", rsa | {-1: flip(n, -1)}, "key_rsa_modulus"),
        ("modulus-empty", rsa | {-1: b""}, "key_rsa_modulus"),
        ("modulus-missing", without(rsa, -1), "key_parameter_missing"),
        ("private-exponent", rsa | {-3: b"\1" * 256}, "key_parameter_unknown"),
        ("rs1", rsa | {3: -65535}, "key_algorithm_unsupported"),
        ("alg-es256", rsa | {3: ES256}, "key_type_mismatch"),
    ):
        yield f"registration/key/rsa-{name}", expect, NONE.but(cose=cose)
    for size in (512, 1024, 2032):
        small: Key = (
            rsa_key(RS256, b"small", size - size % 512 or 512) if size != 2032 else key(RS256, "credential")
        )
        cose = small.cose() | ({-1: n[2:]} if size == 2032 else {})
        yield f"registration/key/rsa-of-{size}", "key_rsa_modulus", NONE.but(cose=cose)
    okp = key(EDDSA, "credential").cose()
    for name, cose, expect in (
        ("x-short", okp | {-2: okp[-2][1:]}, "key_not_on_curve"),
        ("x-long", okp | {-2: okp[-2] + b"\0"}, "key_not_on_curve"),
        ("x-missing", without(okp, -2), "key_parameter_missing"),
        ("crv-x25519", okp | {-1: 4}, "key_type_mismatch"),
        ("with-y", okp | {-3: b"\1" * 32}, "key_parameter_unknown"),
        ("kty-ec2", okp | {1: 2}, "key_type_mismatch"),
    ):
        yield f"registration/key/okp-{name}", expect, NONE.but(cose=cose)


def without(members: dict, *names: object) -> dict:
    return {name: value for name, value in members.items() if name not in names}


def objects() -> Iterator[tuple[str, str, Registration]]:
    """The attestation object as CBOR."""
    bad = "attestation_object_not_canonical_cbor"
    members = "attestation_object_members"
    edits = {
        "fmt-missing": (lambda m: without(m, "fmt"), members),
        "att-stmt-missing": (lambda m: without(m, "attStmt"), members),
        "auth-data-missing": (lambda m: without(m, "authData"), members),
        "with-ep-att": (lambda m: m | {"epAtt": True}, members),
        "integer-keys": (lambda m: {1: m["fmt"], 2: m["authData"], 3: m["attStmt"]}, bad),
        "fmt-bytes": (lambda m: m | {"fmt": m["fmt"].encode()}, bad),
        "fmt-a-number": (lambda m: m | {"fmt": 1}, bad),
        "auth-data-text": (lambda m: m | {"authData": "x" * 200}, bad),
        "auth-data-array": (lambda m: m | {"authData": list(m["authData"])}, bad),
        "att-stmt-array": (lambda m: m | {"attStmt": [1]}, "attestation_malformed"),
        "att-stmt-null": (lambda m: m | {"attStmt": None}, "attestation_malformed"),
        "fmt-twice": (lambda m: Pairs([("fmt", "none"), *m.items()]), bad),
        "other-order": (
            lambda m: Pairs([("authData", m["authData"]), ("attStmt", m["attStmt"]), ("fmt", m["fmt"])]),
            bad,
        ),
        "array": (lambda m: list(m.values()), bad),
    }
    for name, (edit, expect) in edits.items():
        yield f"registration/object/{name}", expect, GOOD.but(object_edit=edit)
    whole = GOOD.attestation_object()
    raw = {
        "empty": lambda _: b"",
        "trailing-zero": lambda data: data + b"\0",
        "trailing-object": lambda data: data + data,
        "cut": lambda data: data[:-1],
        "cut-in-half": lambda data: data[: len(data) // 2],
        "indefinite": lambda data: b"\xbf" + data[1:] + b"\xff",
        "long-form-map": lambda data: b"\xb8\x03" + data[1:],
        "long-form-text": lambda data: data.replace(b"\x63fmt", b"\x78\x03fmt", 1),
        "one-member-more-announced": lambda data: b"\xa4" + data[1:],
        "one-member-fewer-announced": lambda data: b"\xa2" + data[1:],
        "tagged": lambda data: b"\xd9\xd9\xf7" + data,
        "chunked-auth-data": lambda data: chunked(data),
        "huge-length": lambda data: data.replace(b"\x68authData\x58", b"\x68authData\x5b", 1),
        "text-not-utf-8": lambda data: data.replace(b"\x66packed", b"\x66pack\xff\xfe", 1),
    }
    for name, edit in raw.items():
        assert edit(whole) != whole, name
        yield f"registration/object/{name}", bad, GOOD.but(bytes_edit=edit)
    long = lambda data: data + b"\0" * 32768  # noqa: E731
    yield "registration/object/very-long", "response_malformed", GOOD.but(bytes_edit=long)
    for fmt in ("", "Packed", "packed ", "fido_u2f", "compound", "android-safetynet", "ecdaa", "packed\0"):
        expect = "attestation_format_unknown"
        yield f"registration/object/fmt-{fmt!r}", expect, GOOD.but(fmt=fmt)
    none = {"sig": {"sig": b"x"}, "unknown": {"x": 1}, "alg": {"alg": -7}, "x5c": {"x5c": [b"x"]}}
    for name, statement in none.items():
        yield (
            f"none/with-{name}",
            "attestation_malformed",
            NONE.but(statement=lambda _, value=statement: value),
        )
    yield "none/null", "attestation_malformed", NONE.but(statement=lambda _: None)
    yield "none/array", "attestation_malformed", NONE.but(statement=lambda _: [])
    yield "none/roots-wanted", "attestation_required", NONE.but(roots=())
    yield "none/good", "accept", NONE


def chunked(data: bytes) -> bytes:
    """The authenticator data in two chunks of indefinite length (RFC 8949 section 3.2.3)."""
    auth = GOOD.auth_data
    whole = head(2, len(auth)) + auth
    return data.replace(
        whole, b"\x5f" + head(2, 10) + auth[:10] + head(2, len(auth) - 10) + auth[10:] + b"\xff"
    )


def mutations() -> Iterator[tuple[str, str, Registration | Assertion]]:
    for part in (flags, lengths, relying_party, extensions, keys, objects):
        yield from part()
