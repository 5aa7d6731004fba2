"""From the leaf to somebody trusted (section 7.1 steps 23 and 24, RFC 5280 section 6)."""

from __future__ import annotations

from collections.abc import Iterator

from cases import der
from cases.cert import (
    AUTHORITY,
    BASIC_CONSTRAINTS,
    CA,
    CA_DER,
    CA_KEY,
    KEY_USAGE,
    LEAF_KEY,
    OTHER_ROOT_DER,
    OTHER_ROOT_KEY,
    PACKED_SUBJECT,
    ROOT,
    ROOT_DER,
    ROOT_KEY,
    ROOT_NAME,
    STRANGE_NAME,
    STRANGE_ROOT_DER,
    Cert,
)
from cases.forge import ROOTS, Registration, flip
from cases.keys import EDDSA, ES256, ES384, RS1, RS256, Key, key
from cases.statements import packed

UNTRUSTED = "attestation_path_untrusted"
BROKEN_PATH = "attestation_path_broken"
NOT_CA = "attestation_path_not_authority"


def direct(roots: tuple[bytes, ...] = ROOTS, **changes: object) -> Registration:
    return Registration(fmt="packed", statement=packed(**changes), roots=roots)


def below(
    ca: Cert = CA,
    issuer: Key = ROOT_KEY,
    ca_key: Key = CA_KEY,
    chain=lambda chain: chain,
    roots=ROOTS,
    edit=lambda sig: sig,
) -> Registration:
    """A leaf, an intermediate, and the root the latter leads to."""
    middle = ca.but(spki=ca_key.spki if ca.spki == CA_KEY.spki else ca.spki).signed(issuer, edit)
    leaf = lambda cert: cert.but(issuer=ca.subject)  # noqa: E731
    statement = packed(leaf=leaf, issuer=ca_key, chain=lambda first: chain([*first, middle]))
    return Registration(fmt="packed", statement=statement, roots=roots)


def mutations() -> Iterator[tuple[str, str, Registration]]:
    yield from anchors()
    yield from intermediates()
    yield from dates()
    yield from signatures()
    yield from constraints()


def anchors() -> Iterator[tuple[str, str, Registration]]:
    yield "path/root", "accept", direct()
    yield "path/one-root-of-several", "accept", direct((OTHER_ROOT_DER, STRANGE_ROOT_DER, ROOT_DER))
    yield "path/root-of-another-name", UNTRUSTED, direct((STRANGE_ROOT_DER,))
    yield "path/root-of-that-name-with-another-key", UNTRUSTED, direct((OTHER_ROOT_DER,))
    renewed = ROOT.but(serial=77, not_after="20500101000000").signed(ROOT_KEY)
    yield "path/root-renewed", "accept", direct((renewed,))
    leaf = Cert(PACKED_SUBJECT, ROOT_NAME, LEAF_KEY.spki).signed(ROOT_KEY)
    yield "path/leaf-pinned", "accept", direct((leaf,))
    pinned_other = Cert(PACKED_SUBJECT, ROOT_NAME, LEAF_KEY.spki, serial=99).signed(ROOT_KEY)
    yield "path/another-leaf-pinned", UNTRUSTED, direct((pinned_other,))
    yield "path/intermediate-trusted", "accept", below(roots=(CA_DER,))
    forged = direct(leaf=lambda cert: cert.but(issuer=STRANGE_NAME), issuer=OTHER_ROOT_KEY)
    yield "path/leaf-of-somebody-else", UNTRUSTED, forged
    claimed = direct(issuer=OTHER_ROOT_KEY)
    yield "path/leaf-in-the-roots-name", UNTRUSTED, claimed
    self_made = direct(leaf=lambda cert: cert.but(issuer=cert.subject), issuer=LEAF_KEY)
    yield "path/leaf-signed-by-itself", UNTRUSTED, self_made
    own_root = direct(issuer=OTHER_ROOT_KEY, chain=lambda chain: [*chain, OTHER_ROOT_DER])
    yield "path/own-root-in-the-roots-name", "attestation_root_in_chain", own_root


def intermediates() -> Iterator[tuple[str, str, Registration]]:
    yield "path/intermediate", "accept", below()
    yield "path/intermediate-missing", UNTRUSTED, below(chain=lambda chain: chain[:1])
    yield "path/intermediate-twice", BROKEN_PATH, below(chain=lambda chain: [*chain, chain[1]])
    yield (
        "path/unrelated-certificate-after",
        BROKEN_PATH,
        below(chain=lambda chain: [*chain, leaf_of_nobody()]),
    )
    yield (
        "path/unrelated-certificate-between",
        BROKEN_PATH,
        below(chain=lambda c: [c[0], leaf_of_nobody(), c[1]]),
    )
    yield "path/unrelated-certificate-after-leaf", BROKEN_PATH, direct(chain=lambda c: [*c, leaf_of_nobody()])
    yield (
        "path/intermediate-with-root",
        "attestation_root_in_chain",
        below(chain=lambda chain: [*chain, ROOT_DER]),
    )
    yield (
        "path/intermediate-of-somebody-else",
        BROKEN_PATH,
        below(ca_key=OTHER_ROOT_KEY, chain=lambda c: [c[0], CA_DER]),
    )
    signed_by_other = below(issuer=OTHER_ROOT_KEY)
    yield "path/intermediate-not-signed-by-root", UNTRUSTED, signed_by_other
    yield "path/intermediate-of-another-issuer", UNTRUSTED, below(ca=CA.but(issuer=STRANGE_NAME))
    yield (
        "path/intermediate-garbage",
        "attestation_certificate_malformed",
        direct(chain=lambda c: [*c, b"\x30\3abc"]),
    )
    second_key = key(ES256, "second intermediate")
    second_name = (("2.5.4.3", 0x0C, b"Second"),)
    second = Cert(second_name, ROOT_NAME, second_key.spki, AUTHORITY).signed(ROOT_KEY)
    two = below(ca=CA.but(issuer=second_name), issuer=second_key, chain=lambda chain: [*chain, second])
    yield "path/two-intermediates", "accept", two
    backwards = below(
        ca=CA.but(issuer=second_name), issuer=second_key, chain=lambda chain: [chain[0], second, chain[1]]
    )
    yield "path/two-intermediates-swapped", BROKEN_PATH, backwards


def leaf_of_nobody() -> bytes:
    return Cert(STRANGE_NAME, (("2.5.4.3", 0x0C, b"Nobody"),), OTHER_ROOT_KEY.spki).signed(OTHER_ROOT_KEY)


def dates() -> Iterator[tuple[str, str, Registration]]:
    expired, early = "attestation_path_expired", "attestation_path_not_yet_valid"
    yield "path/leaf-expired", expired, direct(leaf=lambda cert: cert.but(not_after="20250101000000"))
    yield "path/leaf-not-yet-valid", early, direct(leaf=lambda cert: cert.but(not_before="20300101000000"))
    yield (
        "path/leaf-expired-a-second-ago",
        expired,
        direct(leaf=lambda cert: cert.but(not_after="20261122115959")),
    )
    yield "path/leaf-expires-now", "accept", direct(leaf=lambda cert: cert.but(not_after="20261122120000"))
    yield "path/leaf-starts-now", "accept", direct(leaf=lambda cert: cert.but(not_before="20261122120000"))
    yield (
        "path/leaf-starts-in-a-second",
        early,
        direct(leaf=lambda cert: cert.but(not_before="20261122120001")),
    )
    yield "path/leaf-without-end", "accept", direct(leaf=lambda cert: cert.but(not_after="99991231235959"))
    yield "path/intermediate-expired", expired, below(ca=CA.but(not_after="20250101000000"))
    yield "path/intermediate-not-yet-valid", early, below(ca=CA.but(not_before="20300101000000"))
    # An anchor's own dates are its keeper's business (RFC 5280 section 6.1.1 (d)).
    old_root = ROOT.but(not_after="20250101000000").signed(ROOT_KEY)
    yield "path/root-expired", "accept", direct((old_root,))


def signatures() -> Iterator[tuple[str, str, Registration]]:
    yield "path/intermediate-signature-flipped", UNTRUSTED, below(edit=lambda signature: flip(signature, -1))
    tampered = direct(chain=lambda chain: [flip(chain[0], 15)])
    yield "path/leaf-serial-changed", UNTRUSTED, tampered
    inside = der.seq(der.oid("1.2.840.10045.4.3.3"))
    yield "path/leaf-two-algorithms", UNTRUSTED, direct(leaf=lambda cert: cert.but(signature_inside=inside))
    rsa = key(RS256, "root")
    for text, root_key, expect in (
        ("rs256", rsa, "accept"),
        ("es384", key(ES384, "root"), "accept"),
        ("eddsa", key(EDDSA, "root"), "accept"),
        ("sha1", Key(RS1, rsa.private), UNTRUSTED),
    ):
        root = ROOT.but(spki=root_key.spki).signed(root_key)
        yield f"path/root-{text}", expect, direct((root,), issuer=root_key)
    unsigned = direct(leaf=lambda cert: cert, chain=lambda chain: [without_signature(chain[0])])
    yield "path/leaf-signature-empty", UNTRUSTED, unsigned


def without_signature(certificate: bytes) -> bytes:
    """The same with an empty bit string for a signature."""
    length = 4 + int.from_bytes(certificate[6:8], "big")
    return der.seq(certificate[4 : 4 + length], CA_KEY.signature_oid, der.bits(b""))


def constraints() -> Iterator[tuple[str, str, Registration]]:
    yield (
        "path/intermediate-no-authority",
        NOT_CA,
        below(ca=CA.with_extension(BASIC_CONSTRAINTS, der.seq(), True)),
    )
    yield "path/intermediate-without-constraints", NOT_CA, below(ca=CA.without(BASIC_CONSTRAINTS))
    no_signing = CA.with_extension(KEY_USAGE, bytes.fromhex("03020780"), True)
    yield "path/intermediate-may-not-sign-certificates", NOT_CA, below(ca=no_signing)
    yield "path/intermediate-without-key-usage", "accept", below(ca=CA.without(KEY_USAGE))
    version_1 = below(ca=CA.but(version=0, extensions=()))
    yield "path/intermediate-version-1", NOT_CA, version_1
    zero = CA.with_extension(BASIC_CONSTRAINTS, der.seq(der.true(), der.integer(0)), True)
    yield "path/length-0-for-one", "accept", below(ca=zero)
    root_zero = ROOT.with_extension(BASIC_CONSTRAINTS, der.seq(der.true(), der.integer(0)), True).signed(
        ROOT_KEY
    )
    yield "path/root-length-0", NOT_CA, below(roots=(root_zero,))
    yield "path/root-length-0-for-none", "accept", direct((root_zero,))
    no_ca_root = ROOT.but(extensions=()).signed(ROOT_KEY)
    yield "path/root-no-authority", NOT_CA, direct((no_ca_root,))
    unknown = ("1.3.6.1.4.1.99999.1", b"\5\0", True)
    yield (
        "path/leaf-critical-extension",
        "attestation_path_critical_extension",
        direct(leaf=lambda cert: cert.with_extension(*unknown)),
    )
    yield (
        "path/intermediate-critical-extension",
        "attestation_path_critical_extension",
        below(ca=CA.with_extension(*unknown)),
    )
    constraint = der.seq(der.context(0, der.seq(der.tlv(0x82, b"example.com"))))
    yield (
        "path/intermediate-name-constraints",
        "attestation_path_critical_extension",
        below(ca=CA.with_extension("2.5.29.30", constraint, True)),
    )
    leaf_issued = leaf_signs_leaf()
    yield "path/leaf-as-authority", NOT_CA, leaf_issued


def leaf_signs_leaf() -> Registration:
    """The holder of one model's batch key makes a certificate for another model."""
    batch_key = key(ES256, "batch of another model")
    batch_name = (("2.5.4.3", 0x0C, b"Batch"),)
    batch = Cert(batch_name, ROOT_NAME, batch_key.spki).signed(ROOT_KEY)
    return direct(
        leaf=lambda cert: cert.but(issuer=batch_name), issuer=batch_key, chain=lambda chain: [*chain, batch]
    )
