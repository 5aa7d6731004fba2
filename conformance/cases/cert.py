"""X.509 certificates (RFC 5280) with any mistake in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cases import der
from cases.keys import ES256, Key, key

C, O, OU, CN = "2.5.4.6", "2.5.4.10", "2.5.4.11", "2.5.4.3"
BASIC_CONSTRAINTS, KEY_USAGE, EKU, SAN = "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17"
AAGUID_EXTENSION = "1.3.6.1.4.1.45724.1.1.4"
PRINTABLE, UTF8, TELETEX, BMP = 0x13, 0x0C, 0x14, 0x1E

Name = tuple[tuple[str, int, bytes], ...]
Extension = tuple[str, bool, bytes]


def name(*parts: tuple[str, str]) -> Name:
    # X.520: a country is a PrintableString.
    return tuple((kind, PRINTABLE if kind == C else UTF8, text.encode()) for kind, text in parts)


def name_der(parts: Name) -> bytes:
    return der.seq(*(der.tlv(0x31, der.seq(der.oid(kind), der.tlv(tag, text))) for kind, tag, text in parts))


END_ENTITY: Extension = (BASIC_CONSTRAINTS, True, der.seq())
AUTHORITY: tuple[Extension, ...] = (
    (BASIC_CONSTRAINTS, True, der.seq(der.true())),
    (KEY_USAGE, True, bytes.fromhex("03020106")),  # keyCertSign, cRLSign
)


@dataclass(frozen=True)
class Cert:
    """What will be a certificate."""

    subject: Name
    issuer: Name
    spki: bytes
    extensions: tuple[Extension, ...] = (END_ENTITY,)
    version: int = 2
    serial: int = 42
    not_before: str = "20240101000000"
    not_after: str = "20440101000000"
    signature_inside: bytes | None = None

    def but(self, **changes: object) -> Cert:
        return replace(self, **changes)

    def with_extension(self, kind: str, value: bytes, critical: bool = False) -> Cert:
        return self.without(kind).but(extensions=(*self.without(kind).extensions, (kind, critical, value)))

    def without(self, kind: str) -> Cert:
        return self.but(extensions=tuple(item for item in self.extensions if item[0] != kind))

    def named(self, kind: str, *values: str, tag: int | None = None) -> Cert:
        """The same with other values of one kind in its subject; none takes it out."""
        kept = tuple(part for part in self.subject if part[0] != kind)
        old = next((part[1] for part in self.subject if part[0] == kind), UTF8)
        encoding = "utf-16-be" if tag == BMP else "latin-1" if tag == TELETEX else "utf-8"
        return self.but(subject=kept + tuple((kind, tag or old, text.encode(encoding)) for text in values))

    def tbs(self, algorithm: bytes) -> bytes:
        extensions = [
            der.seq(der.oid(kind), der.true() if critical else b"", der.octets(value))
            for kind, critical, value in self.extensions
        ]
        return der.seq(
            der.context(0, der.integer(self.version)) if self.version else b"",
            der.integer(self.serial),
            self.signature_inside or algorithm,
            name_der(self.issuer),
            der.seq(time(self.not_before), time(self.not_after)),
            name_der(self.subject),
            self.spki,
            der.context(3, der.seq(*extensions)) if extensions else b"",
        )

    def signed(self, by: Key, edit: Callable[[bytes], bytes] = lambda signature: signature) -> bytes:
        tbs = self.tbs(by.signature_oid)
        return der.seq(tbs, by.signature_oid, der.bits(edit(by.sign(tbs))))


def time(text: str) -> bytes:
    """RFC 5280 section 4.1.2.5: two digits of the year until 2049."""
    if "1950" <= text[:4] < "2050":
        return der.tlv(0x17, text[2:].encode() + b"Z")
    return der.tlv(0x18, text.encode() + b"Z")


ROOT_NAME = name((C, "AA"), (O, "Maker"), (CN, "Root"))
ROOT_KEY = key(ES256, "root")
ROOT = Cert(ROOT_NAME, ROOT_NAME, ROOT_KEY.spki, AUTHORITY)
ROOT_DER = ROOT.signed(ROOT_KEY)

OTHER_ROOT_KEY = key(ES256, "other root")
OTHER_ROOT_DER = ROOT.but(spki=OTHER_ROOT_KEY.spki).signed(OTHER_ROOT_KEY)
STRANGE_NAME = name((C, "AA"), (O, "Somebody"), (CN, "Else"))
STRANGE_ROOT_DER = Cert(STRANGE_NAME, STRANGE_NAME, OTHER_ROOT_KEY.spki, AUTHORITY).signed(OTHER_ROOT_KEY)

CA_NAME = name((C, "AA"), (O, "Maker"), (CN, "Intermediate"))
CA_KEY = key(ES256, "intermediate")
CA = Cert(CA_NAME, ROOT_NAME, CA_KEY.spki, AUTHORITY, serial=43)
CA_DER = CA.signed(ROOT_KEY)

LEAF_KEY = key(ES256, "leaf")
PACKED_SUBJECT = name((C, "AA"), (O, "Maker"), (OU, "Authenticator Attestation"), (CN, "Model 1"))
