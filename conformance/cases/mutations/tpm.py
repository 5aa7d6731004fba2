"""`tpm` (section 8.3) and the certificate of its attestation key (section 8.3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import pack

from cases import der
from cases.cert import AAGUID_EXTENSION, BASIC_CONSTRAINTS, CA_DER, CN, EKU, SAN, name
from cases.der import Pairs
from cases.forge import AAGUID, ROOTS, Registration, flip
from cases.keys import ES256, ES384, PS256, RS1, RS256, Key, key, rsa_key
from cases.mutations.auth_data import without
from cases.statements import TPM_NAMES, tpm, tpm_san

MALFORMED = "attestation_malformed"
STRUCTURE = "attestation_tpm_structure"
MISMATCH = "attestation_key_mismatch"
BROKEN = "attestation_certificate_malformed"
ALT_NAME = "attestation_aik_subject_alternative_name"
USAGE = "attestation_aik_key_usage"
AUTHORITY = "attestation_certificate_authority"


def made(**changes: object) -> Registration:
    return Registration(fmt="tpm", statement=tpm(**changes), roots=ROOTS)


def members() -> Iterator[tuple[str, str, Registration]]:
    for member in ("ver", "alg", "sig", "certInfo", "pubArea", "x5c"):
        yield f"tpm/{member}-missing", MALFORMED, made(edit=lambda m, member=member: without(m, member))
    version = "attestation_tpm_version"
    for text in ("1.2", "", "2", "2.0 ", "2.00", "2.1"):
        yield f"tpm/ver-{text!r}", version, made(edit=lambda m, text=text: m | {"ver": text})
    bad = "attestation_bad_signature"
    edits = {
        "ver-a-number": (lambda m: m | {"ver": 2}, MALFORMED),
        "unknown-member": (lambda m: m | {"x": 1}, MALFORMED),
        "ecdaa-key-id": (lambda m: m | {"ecdaaKeyId": b"x"}, MALFORMED),
        "x5c-empty": (lambda m: m | {"x5c": []}, MALFORMED),
        "x5c-cut": (lambda m: m | {"x5c": [m["x5c"][0][:-1]]}, BROKEN),
        "sig-flipped": (lambda m: m | {"sig": flip(m["sig"], -1)}, bad),
        "sig-empty": (lambda m: m | {"sig": b""}, bad),
        "sig-as-tpmt": (lambda m: m | {"sig": pack(">HH", 0x18, 0x0B) + m["sig"]}, bad),
        "alg-unknown": (lambda m: m | {"alg": -99999}, "attestation_algorithm_unsupported"),
        "alg-es384-for-p256": (lambda m: m | {"alg": ES384}, "attestation_tpm_extra_data"),
        "alg-eddsa": (lambda m: m | {"alg": -8}, "attestation_algorithm_unsupported"),
        "alg-twice": (
            lambda m: Pairs([("alg", m["alg"]), *m.items()]),
            "attestation_object_not_canonical_cbor",
        ),
        "cert-info-empty": (lambda m: m | {"certInfo": b""}, STRUCTURE),
        "cert-info-changed-after-signing": (lambda m: m | {"certInfo": flip(m["certInfo"], 80)}, bad),
        "pub-area-empty": (lambda m: m | {"pubArea": b""}, STRUCTURE),
        "pub-area-cut": (lambda m: m | {"pubArea": m["pubArea"][:-1]}, STRUCTURE),
        "pub-area-trailing": (lambda m: m | {"pubArea": m["pubArea"] + b"\0"}, STRUCTURE),
        "pub-area-changed-after-signing": (
            lambda m: m | {"pubArea": flip(m["pubArea"], 7)},
            "attestation_tpm_name",
        ),
        "pub-area-as-tpm2b": (
            lambda m: m | {"pubArea": pack(">H", len(m["pubArea"])) + m["pubArea"]},
            STRUCTURE,
        ),
    }
    for text, (edit, expect) in edits.items():
        yield f"tpm/{text}", expect, made(edit=edit)


def algorithms() -> Iterator[tuple[str, str, Registration]]:
    rsa = key(RS256, "leaf")
    yield "tpm/aik-rs256", "accept", made(key=rsa)
    yield "tpm/aik-ps256", "accept", made(key=Key(PS256, rsa.private))
    yield "tpm/aik-es384", "accept", made(key=key(ES384, "leaf"))
    # What Windows makes; tpm.rs says why it is taken.
    old = Key(RS1, rsa.private)
    yield "tpm/aik-rs1", "accept", made(key=old)
    yield "tpm/aik-rs1-flipped", "attestation_bad_signature", made(key=old, sig=lambda sig: flip(sig, -1))
    yield "tpm/aik-rs1-short", "attestation_bad_signature", made(key=old, sig=lambda sig: sig[:-1])
    yield (
        "tpm/aik-rs1-extra-data-other",
        "attestation_tpm_extra_data",
        made(key=old, extra=lambda value: flip(value, 0)),
    )
    yield "tpm/aik-rs1-signed-with-sha256", "attestation_bad_signature", made(key=rsa, alg=RS1)
    yield "tpm/aik-rs256-signed-with-sha1", "attestation_bad_signature", made(key=old, alg=RS256)
    yield "tpm/aik-rs1-for-p256", "attestation_algorithm_unsupported", made(alg=RS1)
    small = Key(RS1, rsa_key(RS1, b"small", 1024).private)
    yield "tpm/aik-rs1-of-1024", "attestation_algorithm_unsupported", made(key=small)
    yield (
        "tpm/credential-rs1",
        "key_algorithm_unsupported",
        made().but(key=Key(RS1, key(RS256, "credential").private)),
    )
    yield "tpm/credential-rs256", "accept", made().but(key=key(RS256, "credential"))
    yield "tpm/credential-es384", "accept", made().but(key=key(ES384, "credential"))
    yield "tpm/name-sha384", "accept", made(area={"name_alg": 0x000C})


def areas() -> Iterator[tuple[str, str, Registration]]:
    """`pubArea`, certified as it is: signature and name are right, the content is not."""
    credential, other = key(ES256, "credential"), key(ES256, "other")
    x, y = credential.xy

    def area(**fields: object) -> Registration:
        return made(area=fields)

    yield "tpm/area/other-key", MISMATCH, made(area_key=other)
    yield "tpm/area/rsa-for-ec", MISMATCH, made(area_key=key(RS256, "other"))
    yield "tpm/area/other-curve", MISMATCH, area(curve=0x0004)
    yield "tpm/area/unknown-curve", STRUCTURE, area(curve=0x0010)
    yield "tpm/area/curve-zero", STRUCTURE, area(curve=0)
    yield "tpm/area/x-flipped", MISMATCH, area(xy=(flip(x, -1), y))
    yield "tpm/area/y-flipped", MISMATCH, area(xy=(x, flip(y, -1)))
    yield "tpm/area/y-negated", MISMATCH, area(xy=(x, negated(y)))
    yield "tpm/area/swapped", MISMATCH, area(xy=(y, x))
    yield "tpm/area/x-empty", MISMATCH, area(xy=(b"", y))
    yield "tpm/area/x-too-long", STRUCTURE, area(xy=(x + b"\0", y))
    for text, kind in (("rsa", 1), ("keyed-hash", 8), ("symmetric", 0x25), ("null", 0x10), ("zero", 0)):
        yield f"tpm/area/type-{text}", STRUCTURE, area(kind=kind)
    for text, number in (("sha1", 4), ("null", 0x10), ("unknown", 0xFFFF), ("zero", 0)):
        yield f"tpm/area/name-alg-{text}", STRUCTURE, area(name_alg=number)
    yield "tpm/area/auth-policy", "accept", area(policy=b"\1" * 32)
    for at in (2, 8, 10, 14, 20, 30):
        yield f"tpm/area/cut-at-{at}", STRUCTURE, made(area_edit=lambda data, at=at: data[:at])
    yield "tpm/area/trailing", STRUCTURE, made(area_edit=lambda data: data + b"\0")
    rsa = key(RS256, "credential")
    modulus = rsa.modulus

    def rsa_area(**fields: object) -> Registration:
        return made(area=fields).but(key=rsa)

    yield "tpm/area/rsa-bits-other", STRUCTURE, rsa_area(bits=1024)
    yield "tpm/area/rsa-exponent-written", "accept", rsa_area(exponent=65537)
    yield "tpm/area/rsa-exponent-3", MISMATCH, rsa_area(exponent=3)
    yield "tpm/area/rsa-exponent-1", MISMATCH, rsa_area(exponent=1)
    yield "tpm/area/rsa-modulus-flipped", MISMATCH, rsa_area(modulus=flip(modulus, 100))
    yield "tpm/area/rsa-modulus-cut", STRUCTURE, rsa_area(modulus=modulus[:-1])
    yield "tpm/area/rsa-modulus-empty", STRUCTURE, rsa_area(modulus=b"")


def negated(y: bytes) -> bytes:
    """The other point of the same x."""
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    return (p - int.from_bytes(y, "big")).to_bytes(32, "big")


def infos() -> Iterator[tuple[str, str, Registration]]:
    """`certInfo`, signed as it is."""
    magic, kind, extra = (f"attestation_tpm_{text}" for text in ("magic", "type", "extra_data"))
    for text, number in (("zero", 0), ("swapped", 0x474354FF), ("last-bit", 0xFF544346)):
        yield f"tpm/info/magic-{text}", magic, made(info={"magic": number})
    for text, number in (
        ("quote", 0x8018),
        ("creation", 0x801A),
        ("time", 0x8019),
        ("nv", 0x8014),
        ("session-audit", 0x8016),
        ("zero", 0),
        ("command-audit", 0x8015),
    ):
        yield f"tpm/info/type-{text}", kind, made(info={"kind": number})
    yield "tpm/info/extra-data-other", extra, made(extra=lambda value: flip(value, 0))
    yield "tpm/info/extra-data-last-bit", extra, made(extra=lambda value: flip(value, -1))
    yield "tpm/info/extra-data-short", extra, made(extra=lambda value: value[:-1])
    yield "tpm/info/extra-data-long", extra, made(extra=lambda value: value + b"\0")
    yield "tpm/info/extra-data-empty", extra, made(extra=lambda value: b"")
    wrong = "attestation_tpm_name"
    yield "tpm/info/name-other", wrong, made(area_name=lambda value: flip(value, -1))
    yield "tpm/info/name-of-other-hash", wrong, made(area_name=lambda value: b"\0\x0c" + value[2:])
    yield "tpm/info/name-without-hash", wrong, made(area_name=lambda value: value[2:])
    yield "tpm/info/name-cut", wrong, made(area_name=lambda value: value[:-1])
    yield "tpm/info/name-longer", wrong, made(area_name=lambda value: value + b"\0")
    yield "tpm/info/name-empty", wrong, made(area_name=lambda value: b"")
    yield "tpm/info/name-a-handle", wrong, made(area_name=lambda value: b"\x81\0\0\1")
    yield "tpm/info/trailing", STRUCTURE, made(info_edit=lambda data: data + b"\0")
    for at in (0, 3, 5, 7, 20, 60, 100):
        yield f"tpm/info/cut-at-{at}", STRUCTURE, made(info_edit=lambda data, at=at: data[:at])
    yield "tpm/info/signer-name-empty", "accept", made(info={"signer": b""})
    changed = made().but(sent_auth_data=lambda data: flip(data, 36))
    yield "tpm/auth-data-changed", extra, changed
    spaced = made().but(sent_client=lambda data: data.replace(b"false", b"false "))
    yield "tpm/client-data-changed", extra, spaced


def aiks() -> Iterator[tuple[str, str, Registration]]:
    def leaf(change) -> Registration:
        return made(leaf=change)

    def extension(kind: str, value: bytes, critical: bool = False) -> Registration:
        return made(leaf=lambda cert: cert.with_extension(kind, value, critical))

    yield "tpm/aik/good", "accept", made()
    yield (
        "tpm/aik/version-1",
        "attestation_certificate_version",
        leaf(lambda c: c.but(version=0, extensions=())),
    )
    subject = name((CN, "TPM"))
    yield "tpm/aik/subject", "attestation_aik_subject_not_empty", leaf(lambda c: c.but(subject=subject))
    yield "tpm/aik/usage-missing", USAGE, leaf(lambda c: c.without(EKU))
    yield "tpm/aik/usage-other", USAGE, extension(EKU, der.seq(der.oid("1.3.6.1.5.5.7.3.2")))
    yield "tpm/aik/usage-any", USAGE, extension(EKU, der.seq(der.oid("2.5.29.37.0")))
    yield "tpm/aik/usage-of-ek", USAGE, extension(EKU, der.seq(der.oid("2.23.133.8.1")))
    several = der.seq(der.oid("1.3.6.1.4.1.311.21.36"), der.oid("2.23.133.8.3"))
    yield "tpm/aik/usage-with-another", "accept", extension(EKU, several)
    yield "tpm/aik/usage-critical", "accept", extension(EKU, der.seq(der.oid("2.23.133.8.3")), True)
    yield "tpm/aik/usage-broken", BROKEN, extension(EKU, b"\x30\x05\6")
    twice = leaf(lambda c: c.but(extensions=(*c.extensions, (EKU, False, der.seq(der.oid("2.23.133.8.3"))))))
    yield "tpm/aik/usage-twice", BROKEN, twice
    yield "tpm/aik/alt-name-missing", ALT_NAME, leaf(lambda c: c.without(SAN))
    for at, text in enumerate(("manufacturer", "model", "version")):
        rest = TPM_NAMES[:at] + TPM_NAMES[at + 1 :]
        yield f"tpm/aik/alt-name-without-{text}", ALT_NAME, extension(SAN, tpm_san(*rest), True)
    dns = der.seq(der.tlv(0x82, b"tpm.example"))
    yield "tpm/aik/alt-name-of-a-host", ALT_NAME, extension(SAN, dns, True)
    yield "tpm/aik/alt-name-broken", BROKEN, extension(SAN, b"\x30\x05\xa4", True)
    yield "tpm/aik/alt-name-empty", ALT_NAME, extension(SAN, der.seq(), True)
    yield "tpm/aik/alt-name-not-critical", "accept", extension(SAN, tpm_san(*TPM_NAMES))
    strange = (("2.23.133.2.1", "id:00000000"), *TPM_NAMES[1:])
    # Who makes TPMs is for the trusted roots to say, not for a list that grows old.
    yield "tpm/aik/manufacturer-unknown", "accept", extension(SAN, tpm_san(*strange), True)
    tests = (("2.23.133.2.1", "id:FFFFF1D0"), *TPM_NAMES[1:])
    yield "tpm/aik/manufacturer-of-conformance-tests", "accept", extension(SAN, tpm_san(*tests), True)
    yield "tpm/aik/is-an-authority", AUTHORITY, extension(BASIC_CONSTRAINTS, der.seq(der.true()), True)
    yield "tpm/aik/no-basic-constraints", AUTHORITY, leaf(lambda c: c.without(BASIC_CONSTRAINTS))
    good = der.octets(AAGUID)
    yield "tpm/aik/aaguid", "accept", extension(AAGUID_EXTENSION, good)
    other = der.octets(flip(AAGUID, 0))
    yield "tpm/aik/aaguid-other", "attestation_aaguid_mismatch", extension(AAGUID_EXTENSION, other)
    yield (
        "tpm/aik/aaguid-critical",
        "attestation_aaguid_extension_critical",
        extension(AAGUID_EXTENSION, good, True),
    )
    yield (
        "tpm/aik/key-other",
        "attestation_bad_signature",
        leaf(lambda c: c.but(spki=key(ES256, "other").spki)),
    )
    yield "tpm/aik/roots-other", "attestation_path_untrusted", made().but(roots=(CA_DER,))
    yield "tpm/aik/expired", "attestation_path_expired", leaf(lambda c: c.but(not_after="20250101000000"))


def mutations() -> Iterator[tuple[str, str, Registration]]:
    for part in (members, algorithms, areas, infos, aiks):
        yield from part()
