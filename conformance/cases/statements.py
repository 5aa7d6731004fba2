"""One good statement for each format, with an opening wherever a part may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1, sha256, sha384
from struct import pack

from cases import der
from cases.cert import (
    CN,
    EKU,
    END_ENTITY,
    LEAF_KEY,
    PACKED_SUBJECT,
    ROOT_KEY,
    ROOT_NAME,
    SAN,
    Cert,
    O,
    name,
    name_der,
)
from cases.forge import Registration
from cases.keys import ES256, ES384, RS1, Key

Edit = Callable
SAME: Edit = lambda value: value  # noqa: E731


def chain_of(leaf: Cert, issuer: Key, chain: Edit) -> list[bytes]:
    return chain([leaf.signed(issuer)])


def packed(
    leaf: Edit = SAME,
    key: Key = LEAF_KEY,
    issuer: Key = ROOT_KEY,
    chain: Edit = SAME,
    edit: Edit = SAME,
    sig: Edit = SAME,
    alg: int | None = None,
) -> Callable:
    """`packed` with a certificate (section 8.2)."""

    def statement(made: Registration) -> object:
        certificate = leaf(Cert(PACKED_SUBJECT, ROOT_NAME, key.spki))
        members = {
            "alg": key.alg if alg is None else alg,
            "sig": sig(key.sign(made.signed)),
            "x5c": chain_of(certificate, issuer, chain),
        }
        return edit(members)

    return statement


def packed_self(
    signer: Key | None = None, edit: Edit = SAME, sig: Edit = SAME, alg: int | None = None
) -> Callable:
    """`packed` without one: the credential key signs for itself."""

    def statement(made: Registration) -> object:
        by = signer or made.key
        return edit({"alg": by.alg if alg is None else alg, "sig": sig(by.sign(made.signed))})

    return statement


def fido_u2f(
    leaf: Edit = SAME,
    key: Key = LEAF_KEY,
    chain: Edit = SAME,
    edit: Edit = SAME,
    sig: Edit = SAME,
    message: Edit = SAME,
) -> Callable:
    """`fido-u2f` (section 8.6)."""

    def statement(made: Registration) -> object:
        parts = [b"\0", made.rp_hash, made.client_data_hash, made.credential_id, made.key.point]
        certificate = leaf(Cert(name((CN, "U2F Device 1")), ROOT_NAME, key.spki))
        return edit(
            {
                "sig": sig(key.sign(b"".join(message(parts)))),
                "x5c": chain_of(certificate, ROOT_KEY, chain),
            }
        )

    return statement


APPLE_NONCE = "1.2.840.113635.100.8.2"


def apple(
    leaf: Edit = SAME,
    key: Key | None = None,
    chain: Edit = SAME,
    edit: Edit = SAME,
    nonce: Edit = SAME,
    wrap: Callable = lambda nonce: der.seq(der.context(1, der.octets(nonce))),
) -> Callable:
    """`apple` (section 8.8)."""

    def statement(made: Registration) -> object:
        subject = name((CN, "6f3d"), (O, "Maker"))
        certificate = Cert(subject, ROOT_NAME, (key or made.key).spki)
        value = wrap(nonce(sha256(made.signed).digest()))
        certificate = leaf(certificate.with_extension(APPLE_NONCE, value))
        return edit({"x5c": chain_of(certificate, ROOT_KEY, chain)})

    return statement


ANDROID_DESCRIPTION = "1.3.6.1.4.1.11129.2.1.17"
SOFTWARE, TEE = 0, 1


def purposes(*numbers: int) -> bytes:
    return der.context(1, der.tlv(0x31, *(der.integer(number) for number in numbers)))


def origin(number: int) -> bytes:
    return der.context(702, der.integer(number))


ALL_APPLICATIONS = der.context(600, b"\5\0")
# SIGN, EC, 256 bits, SHA-256, no authentication required, GENERATED
HARDWARE = (
    purposes(2),
    der.context(2, der.integer(3)),
    der.context(3, der.integer(256)),
    der.context(5, der.tlv(0x31, der.integer(4))),
    der.context(503, b"\5\0"),
    origin(0),
)


def description(
    challenge: bytes,
    software: tuple[bytes, ...] = (der.context(701, der.integer(1_700_000_000_000)),),
    hardware: tuple[bytes, ...] = HARDWARE,
    level: int = TEE,
    head: Edit = SAME,
) -> bytes:
    """`KeyDescription` (Android, "Key and ID attestation")."""
    first = [der.integer(200), der.enumerated(level), der.integer(200), der.enumerated(level)]
    return der.seq(*head(first), der.octets(challenge), der.octets(), der.seq(*software), der.seq(*hardware))


def android_key(
    leaf: Edit = SAME,
    key: Key | None = None,
    issuer: Key = ROOT_KEY,
    chain: Edit = SAME,
    edit: Edit = SAME,
    sig: Edit = SAME,
    describe: Callable = description,
    alg: int | None = None,
) -> Callable:
    """`android-key` (section 8.4)."""

    def statement(made: Registration) -> object:
        by = key or made.key
        certificate = Cert(name((CN, "Android Keystore Key")), ROOT_NAME, by.spki, ())
        certificate = certificate.with_extension(ANDROID_DESCRIPTION, describe(made.client_data_hash))
        return edit(
            {
                "alg": by.alg if alg is None else alg,
                "sig": sig(by.sign(made.signed)),
                "x5c": chain_of(leaf(certificate), issuer, chain),
            }
        )

    return statement


TPM_NAMES = (("2.23.133.2.1", "id:494E5443"), ("2.23.133.2.2", "FIDO"), ("2.23.133.2.3", "id:00010002"))


def tpm_san(*names: tuple[str, str]) -> bytes:
    """`directoryName` with a TPM's manufacturer, model and version (TPM EK Profile section 3.1.2)."""
    return der.seq(der.context(4, name_der(name(*names))))


def aik(key: Key) -> Cert:
    """A good certificate of an attestation key (section 8.3.1)."""
    extensions = (
        END_ENTITY,
        (EKU, False, der.seq(der.oid("2.23.133.8.3"))),
        (SAN, True, tpm_san(*TPM_NAMES)),
    )
    return Cert((), ROOT_NAME, key.spki, extensions)


def sized(data: bytes) -> bytes:
    return pack(">H", len(data)) + data


def public_area(key: Key, **fields: object) -> bytes:
    """`TPMT_PUBLIC` (TPM Library, Part 2, 12.2.4)."""
    name_alg = fields.get("name_alg", 0x000B)
    attributes = fields.get("attributes", 0x00060472)
    policy = sized(fields.get("policy", b""))
    if key.alg in (ES256, ES384):
        curve = 0x0003 if key.alg == ES256 else 0x0004
        x, y = fields.get("xy", key.xy)
        body = pack(">HHHH", 0x0010, 0x0010, fields.get("curve", curve), 0x0010) + sized(x) + sized(y)
        kind = 0x0023
    else:
        modulus = fields.get("modulus", key.modulus)
        body = pack(">HHHI", 0x0010, 0x0010, fields.get("bits", 2048), fields.get("exponent", 0)) + sized(
            modulus
        )
        kind = 0x0001
    return pack(">HHI", fields.get("kind", kind), name_alg, attributes) + policy + body


def cert_info(extra_data: bytes, area_name: bytes, **fields: object) -> bytes:
    """`TPMS_ATTEST` of a certified key (TPM Library, Part 2, 10.12.8)."""
    clock = pack(">QIIB", 1, 2, 3, 1) + b"\0" * 8
    return (
        pack(">IH", fields.get("magic", 0xFF544347), fields.get("kind", 0x8017))
        + sized(fields.get("signer", b"\0\x0b" + b"\7" * 32))
        + sized(extra_data)
        + clock
        + sized(area_name)
        + sized(b"\0\x0b" + b"\x08" * 32)
    )


def tpm(
    leaf: Edit = SAME,
    key: Key = LEAF_KEY,
    chain: Edit = SAME,
    edit: Edit = SAME,
    sig: Edit = SAME,
    area: dict | None = None,
    area_key: Key | None = None,
    area_edit: Edit = SAME,
    info: dict | None = None,
    info_edit: Edit = SAME,
    extra: Edit = SAME,
    area_name: Edit = SAME,
    alg: int | None = None,
) -> Callable:
    """`tpm` (section 8.3)."""

    def statement(made: Registration) -> object:
        public = area_edit(public_area(area_key or made.key, **(area or {})))
        hashed = {ES384: sha384, RS1: sha1}.get(key.alg if alg is None else alg, sha256)
        named = (area or {}).get("name_alg", 0x000B)
        own_name = pack(">H", named) + {0x000C: sha384}.get(named, sha256)(public).digest()
        attest = cert_info(extra(hashed(made.signed).digest()), area_name(own_name), **(info or {}))
        attest = info_edit(attest)
        return edit(
            {
                "ver": "2.0",
                "alg": key.alg if alg is None else alg,
                "sig": sig(key.sign(attest)),
                "certInfo": attest,
                "pubArea": public,
                "x5c": chain_of(leaf(aik(key)), ROOT_KEY, chain),
            }
        )

    return statement
