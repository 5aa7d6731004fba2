"""What only an assertion has (section 7.2): whose it is, its signature, its counter."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from cases import der
from cases.forge import BE, UP, USER, UV, Assertion, b64, flip
from cases.keys import EDDSA, ES256, ES384, ES512, PS256, RS1, RS256, Key, key

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def mutations() -> Iterator[tuple[str, str, Assertion]]:
    good = Assertion()
    yield "assertion/good", "accept", good
    for alg in (ES384, ES512, EDDSA, RS256, PS256):
        made = Assertion(key=key(alg, "credential"))
        yield f"assertion/signature/alg{alg}", "accept", made
        bent = made.but(signature_edit=lambda sig: flip(sig, -1))
        yield f"assertion/signature/alg{alg}-flipped", "bad_signature", bent
        yield f"assertion/signature/alg{alg}-other-key", "bad_signature", made.but(signer=key(alg, "other"))
        short = made.but(signature_edit=lambda sig: sig[:-1])
        yield f"assertion/signature/alg{alg}-short", "bad_signature", short
        long = made.but(signature_edit=lambda sig: sig + b"\0")
        yield f"assertion/signature/alg{alg}-long", "bad_signature", long
    rsa, pss = key(RS256, "credential"), key(PS256, "credential")
    yield from signatures(good)
    as_pss = Key(PS256, rsa.private)
    yield "assertion/signature/pss-for-rs256", "bad_signature", Assertion(key=rsa, signer=as_pss)
    yield (
        "assertion/signature/rs256-for-pss",
        "bad_signature",
        Assertion(key=pss, signer=Key(RS256, pss.private)),
    )
    yield (
        "assertion/signature/sha1-for-rs256",
        "bad_signature",
        Assertion(key=rsa, signer=Key(RS1, rsa.private)),
    )
    yield from counters()
    yield from owners(good)
    yield from responses(good)
    sent = good.but(sent_auth_data=lambda data: flip(data, 36))
    yield "assertion/signature/counter-changed-after-signing", "bad_signature", sent
    claimed = Assertion(flags=UP, uv=True, sent_auth_data=lambda data: flip(data, 32, UV))
    yield "assertion/signature/uv-claimed-after-signing", "bad_signature", claimed


def signatures(good: Assertion) -> Iterator[tuple[str, str, Assertion]]:
    def raw(sig: bytes) -> bytes:
        r, s = decode_dss_signature(sig)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def high_s(sig: bytes) -> bytes:
        r, s = decode_dss_signature(sig)
        return encode_dss_signature(r, max(s, N - s))

    def low_s(sig: bytes) -> bytes:
        r, s = decode_dss_signature(sig)
        return encode_dss_signature(r, min(s, N - s))

    def numbers(change) -> object:
        return lambda sig: der.seq(*(der.integer(number) for number in change(*decode_dss_signature(sig))))

    def padded(sig: bytes) -> bytes:
        r, s = decode_dss_signature(sig)
        return der.seq(der.tlv(2, b"\0" + der.integer(r)[2:]), der.integer(s))

    # Either form is a valid one: nobody keeps signatures by their bytes.
    yield "assertion/signature/high-s", "accept", good.but(signature_edit=high_s)
    yield "assertion/signature/low-s", "accept", good.but(signature_edit=low_s)
    edits = {
        "raw-r-s": raw,
        "empty": lambda _: b"",
        "flipped": lambda sig: flip(sig, -1),
        "flipped-r": lambda sig: flip(sig, 8),
        "short": lambda sig: sig[:-1],
        "trailing": lambda sig: sig + b"\0",
        "trailing-inside": lambda sig: der.seq(sig[2:], b"\5\0"),
        "padded-r": padded,
        "long-form-length": lambda sig: b"\x30\x81" + sig[1:],
        "indefinite": lambda sig: b"\x30\x80" + sig[2:] + b"\0\0",
        "set-for-sequence": lambda sig: b"\x31" + sig[1:],
        "zeros": numbers(lambda r, s: (0, 0)),
        "ones": numbers(lambda r, s: (1, 1)),
        "r-is-order": numbers(lambda r, s: (N, s)),
        "s-is-order": numbers(lambda r, s: (r, N)),
        "s-plus-order": numbers(lambda r, s: (r, s + N)),
        "r-negative": numbers(lambda r, s: (-r, s)),
        "s-zero": numbers(lambda r, s: (r, 0)),
        "swapped": numbers(lambda r, s: (s, r)),
        "one-number": numbers(lambda r, s: (r,)),
        "three-numbers": numbers(lambda r, s: (r, s, s)),
    }
    for name, edit in edits.items():
        yield f"assertion/signature/{name}", "bad_signature", good.but(signature_edit=edit)
    yield "assertion/signature/other-key", "bad_signature", good.but(signer=key(ES256, "other"))
    other_curve = good.but(signer=key(ES384, "credential"))
    yield "assertion/signature/other-curve", "bad_signature", other_curve


def counters() -> Iterator[tuple[str, str, Assertion]]:
    for old, new, expect in (
        (0, 0, "accept"),
        (0, 1, "accept"),
        (1, 2, "accept"),
        (5, 1000, "accept"),
        (0, 2**32 - 1, "accept"),
        (1, 1, "sign_count_not_grown"),
        (2, 1, "sign_count_not_grown"),
        (1, 0, "sign_count_not_grown"),
        (2**32 - 1, 0, "sign_count_not_grown"),
        (2**31, 2**31 - 1, "sign_count_not_grown"),
    ):
        made = Assertion(count=new, stored={"sign_count": old})
        yield f"assertion/counter/from-{old}-to-{new}", expect, made
    # One that is on several devices may count on each.
    synced = Assertion(count=1, flags=UP | UV | BE, stored={"sign_count": 2, "backup_eligible": True})
    yield "assertion/counter/synced-from-2-to-1", "accept", synced


def owners(good: Assertion) -> Iterator[tuple[str, str, Assertion]]:
    other = b"another user's handle."
    yield "assertion/owner/other-handle", "user_handle_mismatch", good.but(user_handle=other)
    yield "assertion/owner/handle-cut", "user_handle_mismatch", good.but(user_handle=USER[:-1])
    yield "assertion/owner/handle-empty", "user_handle_mismatch", good.but(user_handle=b"")
    yield "assertion/owner/nobody-known-and-no-handle", "user_handle_missing", good.but(user_handle=None)
    yield "assertion/owner/known-and-no-handle", "accept", good.but(user_handle=None, stored={"known": True})
    yield "assertion/owner/known-and-handle", "accept", good.but(stored={"known": True})
    yield (
        "assertion/owner/known-and-other-handle",
        "user_handle_mismatch",
        good.but(user_handle=other, stored={"known": True}),
    )
    allow = {"allow": [b64(b"\1" * 32)]}
    yield "assertion/owner/asked-for", "accept", good.but(stored=allow)
    stranger = {"allow": [b64(b"\2" * 32)]}
    yield "assertion/owner/not-asked-for", "credential_not_allowed", good.but(stored=stranger)
    yield "assertion/owner/other-credential", "credential_id_mismatch", good.but(credential_id=b"\2" * 32)
    yield "assertion/owner/credential-id-longer", "credential_id_mismatch", good.but(credential_id=b"\1" * 33)


def responses(good: Assertion) -> Iterator[tuple[str, str, Assertion]]:
    """The JSON around it (section 5.1, PublicKeyCredentialJSON)."""
    member = lambda **changes: lambda response: response | changes  # noqa: E731
    inner = lambda **changes: lambda response: response | {"response": response["response"] | changes}  # noqa: E731
    drop = lambda name: lambda response: {k: v for k, v in response.items() if k != name}  # noqa: E731
    edits = {
        "type-other": (member(type="password"), "response_malformed"),
        "type-missing": (drop("type"), "response_malformed"),
        "id-missing": (drop("id"), "response_malformed"),
        "raw-id-missing": (drop("rawId"), "response_malformed"),
        "id-other-than-raw-id": (member(id=b64(b"\2" * 32)), "credential_id_mismatch"),
        "response-missing": (drop("response"), "response_malformed"),
        "signature-a-number": (inner(signature=1), "response_malformed"),
        "signature-not-base64url": (inner(signature="***"), "response_malformed"),
        "authenticator-data-null": (inner(authenticatorData=None), "response_malformed"),
        "client-data-null": (inner(clientDataJSON=None), "response_malformed"),
        "client-data-padded": (lambda r: pad(r, "clientDataJSON"), "response_malformed"),
        "user-handle-a-number": (inner(userHandle=7), "response_malformed"),
        "user-handle-too-long": (inner(userHandle=b64(b"u" * 65)), "response_malformed"),
    }
    for name, (edit, expect) in edits.items():
        yield f"assertion/response/{name}", expect, good.but(response_edit=edit)
    yield "assertion/response/unknown-members", "accept", good.but(response_edit=member(extra={"x": [1]}))


def pad(response: dict, name: str) -> dict:
    text = response["response"][name]
    padded = text + "=" * (-len(text) % 4 or 4)
    return response | {"response": response["response"] | {name: padded}}
