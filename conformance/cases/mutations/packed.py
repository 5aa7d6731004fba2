"""`packed` (section 8.2) and what its certificate has to be (section 8.2.1)."""

from __future__ import annotations

from collections.abc import Iterator

from cases import der
from cases.cert import (
    AAGUID_EXTENSION,
    BASIC_CONSTRAINTS,
    BMP,
    CN,
    LEAF_KEY,
    OU,
    PRINTABLE,
    ROOT_DER,
    TELETEX,
    UTF8,
    C,
    O,
)
from cases.der import Pairs
from cases.forge import AAGUID, BE, BS, ROOTS, UV, Registration, flip
from cases.keys import EDDSA, ES256, ES384, ES512, PS256, RS1, RS256, Key, key
from cases.mutations.auth_data import without
from cases.statements import packed, packed_self

SUBJECT = "attestation_certificate_subject"
AUTHORITY = "attestation_certificate_authority"
MALFORMED = "attestation_malformed"


def made(**changes: object) -> Registration:
    return Registration(fmt="packed", statement=packed(**changes), roots=ROOTS)


def members(build, prefix: str, has_chain: bool) -> Iterator[tuple[str, str, Registration]]:
    """The statement's own members, for whichever kind."""
    edits = {
        "alg-missing": (lambda m: without(m, "alg"), MALFORMED),
        "alg-text": (lambda m: m | {"alg": "ES256"}, MALFORMED),
        "alg-unknown": (lambda m: m | {"alg": -99999}, "attestation_algorithm_unsupported"),
        "alg-zero": (lambda m: m | {"alg": 0}, "attestation_algorithm_unsupported"),
        "sig-missing": (lambda m: without(m, "sig"), MALFORMED),
        "sig-text": (lambda m: m | {"sig": "x"}, MALFORMED),
        "sig-empty": (lambda m: m | {"sig": b""}, "attestation_bad_signature"),
        "sig-flipped": (lambda m: m | {"sig": flip(m["sig"], -1)}, "attestation_bad_signature"),
        "sig-cut": (lambda m: m | {"sig": m["sig"][:-1]}, "attestation_bad_signature"),
        "sig-longer": (lambda m: m | {"sig": m["sig"] + b"\0"}, "attestation_bad_signature"),
        "unknown-member": (lambda m: m | {"x": 1}, MALFORMED),
        "ecdaa-key-id": (lambda m: m | {"ecdaaKeyId": b"x"}, MALFORMED),
        "with-ver": (lambda m: m | {"ver": "2.0"}, MALFORMED),
        "with-cert-info": (lambda m: m | {"certInfo": b"x"}, MALFORMED),
        "alg-twice": (
            lambda m: Pairs([("alg", m["alg"]), *m.items()]),
            "attestation_object_not_canonical_cbor",
        ),
        "x5c-empty": (lambda m: m | {"x5c": []}, MALFORMED),
        "x5c-null": (lambda m: m | {"x5c": None}, MALFORMED),
        "x5c-of-text": (lambda m: m | {"x5c": ["x"]}, MALFORMED),
        "x5c-of-an-empty-one": (lambda m: m | {"x5c": [b""]}, "attestation_certificate_malformed"),
    }
    if has_chain:
        edits |= {
            "x5c-missing": (lambda m: without(m, "x5c"), "attestation_bad_signature"),
            "x5c-bytes": (lambda m: m | {"x5c": m["x5c"][0]}, MALFORMED),
            "x5c-of-nine": (lambda m: m | {"x5c": m["x5c"] * 9}, MALFORMED),
            "x5c-cut": (lambda m: m | {"x5c": [m["x5c"][0][:-1]]}, "attestation_certificate_malformed"),
            "x5c-trailing": (
                lambda m: m | {"x5c": [m["x5c"][0] + b"\0"]},
                "attestation_certificate_malformed",
            ),
        }
    for name, (edit, expect) in edits.items():
        yield f"{prefix}/{name}", expect, build(edit)


def algorithms() -> Iterator[tuple[str, str, Registration]]:
    for alg in (ES256, ES384, ES512, EDDSA, RS256):
        yield f"packed/alg{alg}", "accept", made(key=key(alg, "leaf"))
    rsa = key(RS256, "leaf")
    yield "packed/alg-37", "accept", made(key=Key(PS256, rsa.private))
    unsupported = "attestation_algorithm_unsupported"
    yield "packed/alg-sha1", unsupported, made(key=Key(RS1, rsa.private))
    yield "packed/alg-es384-for-p256", unsupported, made(alg=ES384)
    yield "packed/alg-rs256-for-p256", unsupported, made(alg=RS256)
    yield "packed/alg-pss-for-pkcs1", "attestation_bad_signature", made(key=rsa, alg=PS256)
    yield "packed/alg-es256-for-rsa", unsupported, made(key=rsa, alg=ES256)


def subjects() -> Iterator[tuple[str, str, Registration]]:
    def leaf(kind: str, *values: str, tag: int | None = None) -> Registration:
        return made(leaf=lambda cert: cert.named(kind, *values, tag=tag))

    for name, kind in (("country", C), ("organization", O), ("unit", OU), ("common-name", CN)):
        yield f"packed/leaf/{name}-missing", SUBJECT, leaf(kind)
        yield f"packed/leaf/{name}-empty", SUBJECT, leaf(kind, "")
    yield "packed/leaf/country-of-three", SUBJECT, leaf(C, "AAA")
    yield "packed/leaf/country-in-small-letters", SUBJECT, leaf(C, "aa")
    yield "packed/leaf/country-twice", SUBJECT, leaf(C, "AA", "BB")
    for name, text in {
        "other": "Attestation",
        "small-letters": "authenticator attestation",
        "trailing-space": "Authenticator Attestation ",
        "longer": "Authenticator Attestation CA",
        "cut": "Authenticator Attestatio",
        "two-spaces": "Authenticator  Attestation",
        "zero-inside": "Authenticator Attestation\0",
    }.items():
        yield f"packed/leaf/unit-{name}", SUBJECT, leaf(OU, text)
    yield "packed/leaf/unit-twice", SUBJECT, leaf(OU, "Authenticator Attestation", "Other")
    yield "packed/leaf/unit-in-utf-16", SUBJECT, leaf(OU, "Authenticator Attestation", tag=BMP)
    yield "packed/leaf/unit-printable", "accept", leaf(OU, "Authenticator Attestation", tag=PRINTABLE)
    yield "packed/leaf/unit-teletex", "accept", leaf(OU, "Authenticator Attestation", tag=TELETEX)
    yield "packed/leaf/organization-printable", "accept", leaf(O, "Maker", tag=PRINTABLE)
    yield "packed/leaf/country-utf-8", "accept", leaf(C, "AA", tag=UTF8)
    yield "packed/leaf/subject-empty", SUBJECT, made(leaf=lambda cert: cert.but(subject=()))
    backwards = made(leaf=lambda cert: cert.but(subject=cert.subject[::-1]))
    yield "packed/leaf/subject-other-order", "accept", backwards


def extensions() -> Iterator[tuple[str, str, Registration]]:
    def leaf(kind: str, value: bytes, critical: bool = False) -> Registration:
        return made(leaf=lambda cert: cert.with_extension(kind, value, critical))

    broken = "attestation_certificate_malformed"
    ca = der.seq(der.true())
    yield "packed/leaf/is-an-authority", AUTHORITY, leaf(BASIC_CONSTRAINTS, ca, True)
    yield "packed/leaf/is-an-authority-not-critical", AUTHORITY, leaf(BASIC_CONSTRAINTS, ca)
    with_length = der.seq(der.true(), der.integer(0))
    yield "packed/leaf/is-an-authority-of-length-0", AUTHORITY, leaf(BASIC_CONSTRAINTS, with_length, True)
    yield (
        "packed/leaf/no-basic-constraints",
        AUTHORITY,
        made(leaf=lambda cert: cert.without(BASIC_CONSTRAINTS)),
    )
    yield "packed/leaf/basic-constraints-not-critical", "accept", leaf(BASIC_CONSTRAINTS, der.seq())
    explicit = der.seq(der.tlv(1, b"\0"))
    # DER leaves the default out (X.690 section 11.5); makers have written it, and it says the same.
    yield "packed/leaf/basic-constraints-false-written", "accept", leaf(BASIC_CONSTRAINTS, explicit, True)
    yield "packed/leaf/basic-constraints-broken", broken, leaf(BASIC_CONSTRAINTS, b"\x30\x05\1", True)
    yield "packed/leaf/basic-constraints-trailing", broken, leaf(BASIC_CONSTRAINTS, der.seq() + b"\0", True)
    yield (
        "packed/leaf/basic-constraints-true-of-one",
        broken,
        leaf(BASIC_CONSTRAINTS, der.seq(der.tlv(1, b"\1")), True),
    )
    twice = made(leaf=lambda cert: cert.but(extensions=cert.extensions * 2))
    yield "packed/leaf/basic-constraints-twice", broken, twice

    mismatch = "attestation_aaguid_mismatch"
    good = der.octets(AAGUID)
    yield "packed/leaf/aaguid", "accept", leaf(AAGUID_EXTENSION, good)
    yield (
        "packed/leaf/aaguid-critical",
        "attestation_aaguid_extension_critical",
        leaf(AAGUID_EXTENSION, good, True),
    )
    for name, value in {
        "other": der.octets(flip(AAGUID, 0)),
        "last-bit": der.octets(flip(AAGUID, -1)),
        "zero": der.octets(b"\0" * 16),
        "not-wrapped": AAGUID,
        "wrapped-twice": der.octets(good),
        "short": der.octets(AAGUID[:-1]),
        "long": der.octets(AAGUID + b"\0"),
        "empty": b"",
        "trailing": good + b"\0",
        "other-tag": der.tlv(0x0C, AAGUID),
        "bit-string": der.bits(AAGUID),
        "long-form": b"\x04\x81\x10" + AAGUID,
    }.items():
        yield f"packed/leaf/aaguid-{name}", mismatch, leaf(AAGUID_EXTENSION, value)
    two = lambda cert: cert.but(  # noqa: E731
        extensions=(
            *cert.extensions,
            (AAGUID_EXTENSION, False, good),
            (AAGUID_EXTENSION, False, der.octets(b"\0" * 16)),
        )
    )
    yield "packed/leaf/aaguid-twice", broken, made(leaf=two)
    swapped = made(leaf=lambda cert: cert.with_extension(AAGUID_EXTENSION, good)).but(aaguid=b"\x09" * 16)
    yield "packed/leaf/aaguid-of-another-model", mismatch, swapped
    unknown = leaf("1.3.6.1.4.1.99999.1", b"\5\0")
    yield "packed/leaf/unknown-extension", "accept", unknown
    yield "packed/leaf/transports", "accept", leaf("1.3.6.1.4.1.45724.2.1.1", bytes.fromhex("03020430"))


def certificates() -> Iterator[tuple[str, str, Registration]]:
    version = "attestation_certificate_version"
    broken = "attestation_certificate_malformed"

    def leaf(change) -> Registration:
        return made(leaf=change)

    yield "packed/leaf/version-1", version, leaf(lambda cert: cert.but(version=0, extensions=()))
    yield "packed/leaf/version-2", version, leaf(lambda cert: cert.but(version=1, extensions=()))
    yield "packed/leaf/version-4", broken, leaf(lambda cert: cert.but(version=3))
    curve = key(ES256, "leaf").spki
    compressed = der.seq(curve[2:23], der.bits(bytes([2 + LEAF_KEY.point[-1] % 2]) + LEAF_KEY.point[1:33]))
    yield "packed/leaf/key-compressed", broken, leaf(lambda cert: cert.but(spki=compressed))
    off = der.seq(curve[2:23], der.bits(flip(LEAF_KEY.point, -1)))
    yield (
        "packed/leaf/key-off-curve",
        "attestation_algorithm_unsupported",
        leaf(lambda cert: cert.but(spki=off)),
    )
    named = der.seq(der.seq(der.oid("1.2.840.10045.2.1"), der.oid("1.3.132.0.10")), der.bits(LEAF_KEY.point))
    yield "packed/leaf/key-on-secp256k1", broken, leaf(lambda cert: cert.but(spki=named))
    no_curve = der.seq(der.seq(der.oid("1.2.840.10045.2.1")), der.bits(LEAF_KEY.point))
    yield "packed/leaf/key-without-curve", broken, leaf(lambda cert: cert.but(spki=no_curve))
    other = key(ES256, "another leaf").spki
    yield "packed/leaf/key-other", "attestation_bad_signature", leaf(lambda cert: cert.but(spki=other))
    unused = der.seq(curve[2:23], der.tlv(3, b"\1", LEAF_KEY.point))
    yield "packed/leaf/key-with-unused-bits", broken, leaf(lambda cert: cert.but(spki=unused))
    yield "packed/leaf/not-a-certificate", broken, made(chain=lambda _: [b"\x30\0"])
    yield "packed/leaf/a-key-for-a-certificate", broken, made(chain=lambda _: [LEAF_KEY.spki])
    indefinite = made(chain=lambda chain: [b"\x30\x80" + chain[0][4:] + b"\0\0"])
    yield "packed/leaf/indefinite-length", broken, indefinite
    longer = made(chain=lambda chain: [b"\x30\x83\0" + chain[0][2:]])
    yield "packed/leaf/length-not-shortest", broken, longer
    huge = leaf(lambda cert: cert.with_extension("1.3.6.1.4.1.99999.1", b"\4\x82\x40\0" + b"x" * 16384))
    yield "packed/leaf/of-16-kilobytes", broken, huge
    root_first = made(chain=lambda chain: [ROOT_DER, *chain])
    yield "packed/chain/root-first", "attestation_bad_signature", root_first
    whole = made(chain=lambda chain: [*chain, ROOT_DER])
    yield "packed/chain/with-its-root", "attestation_root_in_chain", whole
    alone = made(leaf=lambda cert: cert.but(issuer=cert.subject), issuer=LEAF_KEY)
    yield "packed/leaf/self-signed", "attestation_path_untrusted", alone
    changed = made().but(sent_auth_data=lambda data: flip(data, 36))
    yield "packed/counter-changed-after-signing", "attestation_bad_signature", changed
    synced = made().but(flags=0x5D, sent_auth_data=lambda data: flip(data, 32, BE | BS))
    yield "packed/backup-flags-hidden-after-signing", "attestation_bad_signature", synced
    verified = made().but(flags=0x41, uv=True, sent_auth_data=lambda data: flip(data, 32, UV))
    yield "packed/uv-claimed-after-signing", "attestation_bad_signature", verified
    model = made().but(sent_auth_data=lambda data: flip(data, 37))
    yield "packed/aaguid-changed-after-signing", "attestation_bad_signature", model


def self_signed() -> Iterator[tuple[str, str, Registration]]:
    def own(**changes: object) -> Registration:
        return Registration(fmt="packed", statement=packed_self(**changes))

    for alg in (ES256, ES384, ES512, EDDSA, RS256, PS256):
        yield f"packed-self/alg{alg}", "accept", own().but(key=key(alg, "credential"))
    yield from members(lambda edit: own(edit=edit), "packed-self", has_chain=False)
    yield "packed-self/alg-other", "attestation_algorithm_mismatch", own(alg=ES384)
    rsa = own(alg=PS256).but(key=key(RS256, "credential"))
    yield "packed-self/alg-pss-for-rs256", "attestation_algorithm_mismatch", rsa
    yield "packed-self/other-key", "attestation_bad_signature", own(signer=key(ES256, "other"))
    yield "packed-self/roots-wanted", "attestation_required", own().but(roots=ROOTS)
    leaf = own(signer=LEAF_KEY)
    yield "packed-self/signed-by-the-batch-key", "attestation_bad_signature", leaf


def mutations() -> Iterator[tuple[str, str, Registration]]:
    yield "packed/good", "accept", made()
    yield from members(lambda edit: made(edit=edit), "packed", has_chain=True)
    for part in (algorithms, subjects, extensions, certificates, self_signed):
        yield from part()
