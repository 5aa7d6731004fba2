"""Keys made of fixed numbers: the same case is the same bytes in every run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cases import der

ES256, ES384, ES512, EDDSA, RS256, PS256, RS1 = -7, -35, -36, -8, -257, -37, -65535
CURVES = {ES256: (ec.SECP256R1(), 1), ES384: (ec.SECP384R1(), 2), ES512: (ec.SECP521R1(), 3)}
HASHES = {
    ES256: hashes.SHA256(),
    ES384: hashes.SHA384(),
    ES512: hashes.SHA512(),
    RS256: hashes.SHA256(),
    PS256: hashes.SHA256(),
    RS1: hashes.SHA1(),
}
SIGNATURE_OIDS = {
    ES256: "1.2.840.10045.4.3.2",
    ES384: "1.2.840.10045.4.3.3",
    ES512: "1.2.840.10045.4.3.4",
    RS256: "1.2.840.113549.1.1.11",
    RS1: "1.2.840.113549.1.1.5",
    EDDSA: "1.3.101.112",
}


@dataclass(frozen=True)
class Key:
    """A private key with the COSE algorithm it signs by."""

    alg: int
    private: object

    def sign(self, message: bytes, alg: int | None = None) -> bytes:
        alg = alg or self.alg
        match self.private:
            case ec.EllipticCurvePrivateKey():
                # Unpredictable nonces would make every run another (RFC 6979 makes none).
                return self.private.sign(message, ec.ECDSA(HASHES[alg], deterministic_signing=True))
            case rsa.RSAPrivateKey():
                if alg == PS256:
                    return self.private.sign(message, padding.PSS(padding.MGF1(HASHES[alg]), 32), HASHES[alg])
                return self.private.sign(message, padding.PKCS1v15(), HASHES[alg])
            case _:
                return self.private.sign(message)

    @property
    def spki(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def xy(self) -> tuple[bytes, bytes]:
        half = len(self.point) // 2
        return self.point[1 : 1 + half], self.point[1 + half :]

    @property
    def modulus(self) -> bytes:
        number = self.private.public_key().public_numbers().n
        return number.to_bytes((number.bit_length() + 7) // 8, "big")

    def cose(self) -> dict:
        """The public key as a COSE map (RFC 9053, RFC 8230)."""
        match self.private:
            case ec.EllipticCurvePrivateKey():
                x, y = self.xy
                return {1: 2, 3: self.alg, -1: CURVES[self.alg][1], -2: x, -3: y}
            case rsa.RSAPrivateKey():
                return {1: 3, 3: self.alg, -1: self.modulus, -2: b"\1\0\1"}
            case _:
                return {1: 1, 3: self.alg, -1: 6, -2: self.private.public_key().public_bytes_raw()}

    @property
    def signature_oid(self) -> bytes:
        parameters = b"\5\0" if isinstance(self.private, rsa.RSAPrivateKey) else b""
        return der.seq(der.oid(SIGNATURE_OIDS[self.alg]), parameters)


@cache
def key(alg: int, name: str) -> Key:
    """The key of that algorithm and name."""
    seed = sha256(f"{alg} {name}".encode()).digest()
    if alg in CURVES:
        return Key(alg, ec.derive_private_key(int.from_bytes(seed, "big") >> 8, CURVES[alg][0]))
    if alg == EDDSA:
        return Key(alg, ed25519.Ed25519PrivateKey.from_private_bytes(seed))
    return rsa_key(alg, seed, 2048)


def rsa_key(alg: int, seed: bytes, size: int, e: int = 65537) -> Key:
    p, q = prime(seed + b"p", size // 2, e), prime(seed + b"q", size // 2, e)
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    )
    return Key(alg, numbers.private_key())


@cache
def prime(seed: bytes, size: int, e: int) -> int:
    """The first prime after a number of the seed's. Fermat's test is enough where nobody attacks."""
    stream = b"".join(sha256(seed + bytes([part])).digest() for part in range(size // 256))
    # The two highest bits set: two such primes make a modulus of full length.
    number = int.from_bytes(stream, "big") | 3 << size - 2 | 1
    small = [n for n in range(3, 2000, 2) if all(n % m for m in range(3, int(n**0.5) + 1, 2))]
    while any(number % n == 0 for n in small) or (number - 1) % e == 0 or pow(2, number - 1, number) != 1:
        number += 2
    return number
