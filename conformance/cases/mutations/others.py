"""`fido-u2f` (section 8.6), `apple` (section 8.8) and `android-key` (section 8.4)."""

from __future__ import annotations

from collections.abc import Iterator

from cases import der
from cases.cert import CA_DER, CA_KEY, CA_NAME, LEAF_KEY, ROOT_DER, ROOT_KEY
from cases.forge import AAGUID, ROOTS, Registration, digest, flip
from cases.keys import EDDSA, ES256, ES384, ES512, RS256, key
from cases.mutations.auth_data import without
from cases.statements import (
    ALL_APPLICATIONS,
    ANDROID_DESCRIPTION,
    APPLE_NONCE,
    HARDWARE,
    SOFTWARE,
    android_key,
    apple,
    description,
    fido_u2f,
    origin,
    purposes,
)

MALFORMED = "attestation_malformed"
BROKEN = "attestation_certificate_malformed"
BAD = "attestation_bad_signature"
MISMATCH = "attestation_key_mismatch"


def without_member(
    build, prefix: str, names: tuple[str, ...], strange: dict
) -> Iterator[tuple[str, str, Registration]]:
    for name in names:
        yield f"{prefix}/{name}-missing", MALFORMED, build(lambda m, name=name: without(m, name))
    for name, value in strange.items():
        yield f"{prefix}/with-{name}", MALFORMED, build(lambda m, name=name, value=value: m | {name: value})
    yield f"{prefix}/x5c-empty", MALFORMED, build(lambda m: m | {"x5c": []})
    yield f"{prefix}/x5c-bytes", MALFORMED, build(lambda m: m | {"x5c": m["x5c"][0]})
    yield f"{prefix}/x5c-cut", BROKEN, build(lambda m: m | {"x5c": [m["x5c"][0][:-1]]})


def u2f() -> Iterator[tuple[str, str, Registration]]:
    def made(**changes: object) -> Registration:
        return Registration(
            fmt="fido-u2f", statement=fido_u2f(**changes), aaguid=b"\0" * 16, flags=0x41, roots=ROOTS
        )

    yield "fido-u2f/good", "accept", made()
    strange = {"alg": ES256, "ver": "U2F_V2", "x": 1, "certInfo": b""}
    yield from without_member(lambda edit: made(edit=edit), "fido-u2f", ("sig", "x5c"), strange)
    yield "fido-u2f/aaguid", "attestation_u2f_aaguid", made().but(aaguid=AAGUID)
    yield "fido-u2f/aaguid-last-bit", "attestation_u2f_aaguid", made().but(aaguid=b"\0" * 15 + b"\1")
    two = made(chain=lambda chain: [*chain, ROOT_DER])
    yield "fido-u2f/two-certificates", MALFORMED, two
    yield "fido-u2f/leaf-twice", MALFORMED, made(chain=lambda chain: chain * 2)
    for alg in (ES384, ES512, RS256, EDDSA):
        yield f"fido-u2f/certificate-key{alg}", "attestation_u2f_certificate_key", made(key=key(alg, "leaf"))
    p384 = key(ES384, "credential")
    yield "fido-u2f/credential-key-on-p384", "attestation_u2f_credential_key", made().but(key=p384)
    yield "fido-u2f/sig-flipped", BAD, made(sig=lambda sig: flip(sig, -1))
    yield "fido-u2f/sig-empty", BAD, made(sig=lambda sig: b"")
    parts = {
        "reserved-byte": (0, b"\1"),
        "rp-id": (1, digest(b"example.com")),
        "client-data": (2, digest(b"other")),
        "credential-id": (3, b"\2" * 32),
        "key": (4, key(ES256, "other").point),
        "key-off": (4, b"\4" + b"\0" * 64),
    }
    for name, (at, value) in parts.items():
        swap = lambda old, at=at, value=value: [*old[:at], value, *old[at + 1 :]]  # noqa: E731
        yield f"fido-u2f/signed-other-{name}", BAD, made(message=swap)
    whole = lambda parts: [parts[1], parts[2]]  # noqa: E731
    yield "fido-u2f/signed-too-little", BAD, made(message=whole)
    yield "fido-u2f/roots-other", "attestation_path_untrusted", made().but(roots=(CA_DER,))


def apples() -> Iterator[tuple[str, str, Registration]]:
    def made(**changes: object) -> Registration:
        return Registration(fmt="apple", statement=apple(**changes), roots=ROOTS)

    nonce = "attestation_apple_nonce"
    yield "apple/good", "accept", made()
    yield "apple/es384", "accept", made().but(key=key(ES384, "credential"))
    yield from without_member(
        lambda edit: made(edit=edit), "apple", ("x5c",), {"sig": b"x", "ver": "2.0", "x": 1}
    )
    # iOS 14 wrote alg although the format has none; no authenticator in use does.
    yield "apple/with-alg", MALFORMED, made(edit=lambda m: m | {"alg": ES256})
    yield "apple/nonce-other", nonce, made(nonce=lambda value: digest(value))
    yield "apple/nonce-last-bit", nonce, made(nonce=lambda value: flip(value, -1))
    yield "apple/nonce-short", nonce, made(nonce=lambda value: value[:-1])
    yield "apple/nonce-long", nonce, made(nonce=lambda value: value + b"\0")
    yield "apple/nonce-empty", nonce, made(nonce=lambda value: b"")
    wraps = {
        "bare": lambda n: n,
        "octet-string": lambda n: der.octets(n),
        "sequence": lambda n: der.seq(der.octets(n)),
        "tag-0": lambda n: der.seq(der.context(0, der.octets(n))),
        "tag-2": lambda n: der.seq(der.context(2, der.octets(n))),
        "implicit": lambda n: der.seq(der.tlv(0x81, n)),
        "set": lambda n: der.tlv(0x31, der.context(1, der.octets(n))),
        "trailing": lambda n: der.seq(der.context(1, der.octets(n))) + b"\5\0",
        "second-nonce": lambda n: der.seq(
            der.context(1, der.octets(n)), der.context(1, der.octets(b"\0" * 32))
        ),
        "trailing-inside": lambda n: der.seq(der.context(1, der.octets(n), b"\5\0")),
        "utf-8": lambda n: der.seq(der.context(1, der.tlv(0x0C, n))),
        "empty": lambda n: b"",
    }
    for name, wrap in wraps.items():
        yield f"apple/nonce-in-{name}", nonce, made(wrap=wrap)
    yield "apple/nonce-missing", nonce, made(leaf=lambda cert: cert.without(APPLE_NONCE))
    twice = made(leaf=lambda cert: cert.but(extensions=(*cert.extensions, cert.extensions[-1])))
    yield "apple/nonce-twice", BROKEN, twice
    yield "apple/other-key", MISMATCH, made(key=key(ES256, "other"))
    yield "apple/other-curve", MISMATCH, made(key=key(ES384, "other"))
    yield "apple/auth-data-changed", nonce, made().but(sent_auth_data=lambda data: flip(data, 36))
    spaced = made().but(sent_client=lambda data: data.replace(b"false", b"false "))
    yield "apple/client-data-changed", nonce, spaced
    yield "apple/roots-other", "attestation_path_untrusted", made().but(roots=(CA_DER,))
    between = made(leaf=lambda cert: cert.but(issuer=CA_NAME), chain=lambda chain: [*chain, CA_DER])
    yield "apple/intermediate-has-not-signed", "attestation_path_broken", between


def android() -> Iterator[tuple[str, str, Registration]]:
    def made(**changes: object) -> Registration:
        # Android's chains end with their root.
        chain = {"chain": lambda chain: [*chain, ROOT_DER]} | changes
        return Registration(fmt="android-key", statement=android_key(**chain), roots=ROOTS)

    def described(**changes: object) -> Registration:
        return made(describe=lambda challenge: description(**({"challenge": challenge} | changes)))

    yield "android-key/good", "accept", made()
    yield "android-key/es384", "accept", made().but(key=key(ES384, "credential"))
    yield "android-key/rs256", "accept", made().but(key=key(RS256, "credential"))
    strange = {"ver": "2.0", "x": 1, "pubArea": b""}
    yield from without_member(lambda edit: made(edit=edit), "android-key", ("alg", "sig", "x5c"), strange)
    yield "android-key/alg-other", "attestation_algorithm_unsupported", made(alg=ES384)
    yield "android-key/alg-unknown", "attestation_algorithm_unsupported", made(alg=-99999)
    yield "android-key/sig-flipped", BAD, made(sig=lambda sig: flip(sig, -1))
    yield "android-key/sig-empty", BAD, made(sig=lambda sig: b"")
    yield "android-key/other-key", MISMATCH, made(key=key(ES256, "other"))
    swapped = made(leaf=lambda cert: cert.but(spki=LEAF_KEY.spki))
    yield "android-key/certificate-of-another-key", BAD, swapped
    yield from android_descriptions(made, described)
    challenge = "attestation_android_challenge"
    yield "android-key/challenge-other", challenge, described(challenge=digest(b"other"))
    yield "android-key/challenge-empty", challenge, described(challenge=b"")
    longer = made(describe=lambda value: description(value + b"\0"))
    yield "android-key/challenge-longer", challenge, longer
    shorter = made(describe=lambda value: description(value[:-1]))
    yield "android-key/challenge-shorter", challenge, shorter
    yield from android_lists(described)
    yield "android-key/roots-other", "attestation_path_untrusted", made().but(roots=(CA_DER,))
    # Whoever holds an attested key could sign a certificate below it.
    holder = key(ES256, "attested key of an attacker")
    holder_name = CA_NAME

    def below(chain: list[bytes]) -> list[bytes]:
        from cases.cert import AUTHORITY, ROOT_NAME, Cert

        extensions = (*AUTHORITY, (ANDROID_DESCRIPTION, False, description(b"\0" * 32)))
        return [*chain, Cert(holder_name, ROOT_NAME, holder.spki, extensions).signed(ROOT_KEY), ROOT_DER]

    extended = made(leaf=lambda cert: cert.but(issuer=holder_name), issuer=holder, chain=below)
    yield "android-key/below-an-attested-key", "attestation_android_description", extended
    below_ca = {"leaf": lambda cert: cert.but(issuer=CA_NAME), "issuer": CA_KEY}
    whole = made(**below_ca, chain=lambda chain: [*chain, CA_DER, ROOT_DER])
    yield "android-key/with-intermediate", "accept", whole
    yield "android-key/without-its-root", "accept", made(**below_ca, chain=lambda chain: [*chain, CA_DER])


def android_descriptions(made, described) -> Iterator[tuple[str, str, Registration]]:
    expect = "attestation_android_description"
    yield "android-key/description-missing", expect, made(leaf=lambda cert: cert.without(ANDROID_DESCRIPTION))
    twice = made(leaf=lambda cert: cert.but(extensions=cert.extensions * 2))
    yield "android-key/description-twice", BROKEN, twice
    shapes = {
        "empty": lambda value: b"",
        "null": lambda value: b"\5\0",
        "empty-sequence": lambda value: der.seq(),
        "trailing": lambda value: description(value) + b"\0",
        "cut": lambda value: description(value)[:-1],
        "set": lambda value: b"\x31" + description(value)[1:],
        "level-an-integer": lambda value: description(value, head=lambda h: [h[0], der.integer(1), *h[2:]]),
        "version-missing": lambda value: description(value, head=lambda h: h[1:]),
        "version-text": lambda value: description(value, head=lambda h: [der.tlv(0x0C, b"200"), *h[1:]]),
        "wrapped": lambda value: der.octets(description(value)),
    }
    for name, shape in shapes.items():
        yield f"android-key/description-{name}", expect, made(describe=shape)
    lists = {
        "tag-twice": (purposes(2), purposes(3), origin(0)),
        "tags-not-sorted": (origin(0), purposes(2)),
        "purpose-not-a-set": (der.context(1, der.integer(2)), origin(0)),
        "purpose-of-text": (der.context(1, der.tlv(0x31, der.tlv(0x0C, b"2"))), origin(0)),
        "primitive-tag": (der.tlv(0x81, b"\2"), origin(0)),
        "universal-tag": (der.integer(2), origin(0)),
        "origin-two-values": (purposes(2), der.context(702, der.integer(0), der.integer(1))),
        "origin-empty": (purposes(2), der.context(702)),
        "origin-text": (purposes(2), der.context(702, der.tlv(0x0C, b"0"))),
        "origin-huge": (purposes(2), der.context(702, der.integer(256))),
        "origin-negative": (purposes(2), der.context(702, der.integer(-1))),
        "cut": (purposes(2), origin(0)[:-1]),
    }
    for name, hardware in lists.items():
        yield f"android-key/list-{name}", expect, described(hardware=hardware)


def android_lists(described) -> Iterator[tuple[str, str, Registration]]:
    every, created, purpose = (
        f"attestation_android_{name}" for name in ("all_applications", "origin", "purpose")
    )
    yield (
        "android-key/all-applications-in-hardware",
        every,
        described(hardware=(purposes(2), ALL_APPLICATIONS, origin(0))),
    )
    yield "android-key/all-applications-in-software", every, described(software=(ALL_APPLICATIONS,))
    for name, number in (("derived", 1), ("imported", 2), ("unknown", 3), ("securely-imported", 4)):
        yield f"android-key/origin-{name}", created, described(hardware=(*HARDWARE[:-1], origin(number)))
    yield "android-key/origin-missing", created, described(hardware=HARDWARE[:-1])
    yield (
        "android-key/origin-in-software-only",
        created,
        described(software=(origin(0),), hardware=HARDWARE[:-1]),
    )
    # What the operating system says on its own account is not looked at.
    yield "android-key/origin-imported-in-software", "accept", described(software=(origin(2),))
    for name, numbers in (
        ("decrypt", (1,)),
        ("verify", (3,)),
        ("none", ()),
        ("attest", (7,)),
        ("agree", (6,)),
    ):
        yield f"android-key/purpose-{name}", purpose, described(hardware=(purposes(*numbers), *HARDWARE[1:]))
    yield "android-key/purpose-missing", purpose, described(hardware=HARDWARE[1:])
    both = described(hardware=(purposes(2, 3), *HARDWARE[1:]))
    yield "android-key/purpose-sign-and-verify", "accept", both
    software = described(software=(purposes(2), origin(0)), hardware=())
    yield "android-key/software-only", created, software
    level = described(software=(purposes(2), origin(0)), hardware=(), level=SOFTWARE)
    yield "android-key/software-level", created, level
    # Where software attests, its list of what hardware enforces is software's word as well.
    yield "android-key/software-level-with-hardware-list", created, described(level=SOFTWARE)


def mutations() -> Iterator[tuple[str, str, Registration]]:
    yield from u2f()
    yield from apples()
    yield from android()
