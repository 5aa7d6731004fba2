"""DER and CBOR written by hand, so that any byte of them can be wrong."""

from __future__ import annotations


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER value of `tag` around `parts` (X.690 section 8.1)."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def octets(*parts: bytes) -> bytes:
    return tlv(0x04, *parts)


def bits(content: bytes) -> bytes:
    return tlv(0x03, b"\0", content)


def integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def enumerated(number: int) -> bytes:
    return tlv(0x0A, bytes([number]))


def true() -> bytes:
    return tlv(0x01, b"\xff")


def oid(text: str) -> bytes:
    first, second, *rest = (int(part) for part in text.split("."))
    out = b""
    for arc in [40 * first + second, *rest]:
        chunk = bytes([arc & 0x7F])
        while arc := arc >> 7:
            chunk = bytes([0x80 | arc & 0x7F]) + chunk
        out += chunk
    return tlv(0x06, out)


def context(number: int, *parts: bytes) -> bytes:
    """A constructed, context-specific value: what EXPLICIT tagging writes."""
    if number < 31:
        return tlv(0xA0 | number, *parts)
    tag, rest = b"", number
    while True:
        tag = bytes([(0x80 if tag else 0) | rest & 0x7F]) + tag
        rest >>= 7
        if not rest:
            break
    # tlv() writes one byte of tag; the long form puts the number behind it.
    return b"\xbf" + tag + tlv(0, *parts)[1:]


class Raw(bytes):
    """Bytes that stand for themselves where a CBOR value is wanted."""


class Pairs(list):
    """A CBOR map whose members come in the order given, repeated ones too."""


def head(major: int, number: int) -> bytes:
    """The shortest head of a CBOR item (RFC 8949 section 3)."""
    if number < 24:
        return bytes([major << 5 | number])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | extra]) + number.to_bytes(size, "big")
    raise ValueError(number)


def cbor(value: object) -> bytes:
    """Canonical CBOR as CTAP2 wants it; `Pairs` and `Raw` may depart from it."""
    match value:
        case Raw():
            return bytes(value)
        case bool():
            return b"\xf5" if value else b"\xf4"
        case None:
            return b"\xf6"
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case Pairs():
            return head(5, len(value)) + b"".join(cbor(key) + cbor(member) for key, member in value)
        case list() | tuple():
            return head(4, len(value)) + b"".join(cbor(item) for item in value)
        case dict():
            members = sorted((cbor(key), cbor(member)) for key, member in value.items())
            members.sort(key=lambda pair: (len(pair[0]), pair[0]))
            return head(5, len(members)) + b"".join(key + member for key, member in members)
    raise TypeError(type(value))
