//! JWE by direct key agreement, ECDH-ES with A256GCM (RFC 7518 §4.6): replies to a device whose key signs for itself.
//!
//! Each reply has a key of its own, from an ephemeral key of the server, the transport key of the device, and `apv`,
//! which the device chose for this one request.

use super::ec::{AgreeKey, EcJwk, EcPublicKey, Ephemeral};
use super::jwe::{self, JweError};
use crate::b64;
use crate::rng::{self, Random};
use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The longest `apu` or `apv`, in bytes.
pub const MAX_PARTY: usize = 256;

const ALG: &str = "ECDH-ES";
const ENC: &str = "A256GCM";

/// Whom an agreement is between (RFC 7518 §4.6.1.2, §4.6.1.3).
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    /// Who encrypts.
    pub apu: &'a [u8],
    /// For whom, or for which of its requests.
    pub apv: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    enc: String,
    epk: EcJwk,
    apu: String,
    apv: String,
}

/// Encrypts a reply to the holder of `to`.
///
/// # Errors
///
/// [`JweError::Malformed`] if a party is empty or longer than [`MAX_PARTY`]; [`JweError::Key`] if the generator fails.
pub fn seal_to(
    to: &EcPublicKey,
    parties: Parties<'_>,
    plaintext: Vec<u8>,
    rng: &dyn Random,
) -> Result<String, JweError> {
    let ephemeral = Ephemeral::fresh(rng).map_err(|_| JweError::Key)?;
    seal_with((&ephemeral, to), parties, rng::bytes::<12>(rng), plaintext)
}

fn seal_with(
    (ephemeral, to): (&Ephemeral, &EcPublicKey),
    parties: Parties<'_>,
    iv: [u8; 12],
    plaintext: Vec<u8>,
) -> Result<String, JweError> {
    for party in [parties.apu, parties.apv] {
        if party.is_empty() || party.len() > MAX_PARTY {
            return Err(JweError::Malformed);
        }
    }
    let header = Header {
        alg: ALG.to_owned(),
        enc: ENC.to_owned(),
        epk: EcJwk::of(ephemeral.public()),
        apu: b64::encode(parties.apu),
        apv: b64::encode(parties.apv),
    };
    let header = b64::encode(serde_json::to_vec(&header).map_err(|_| JweError::Malformed)?);
    let secret = ephemeral.agree(to).map_err(|_| JweError::Key)?;
    let key = derive(&secret, (ENC, 256), parties);
    let (ciphertext, tag) = jwe::seal(&key, iv, header.as_bytes(), plaintext)?;
    Ok(jwe::join(header, [&[], &iv, &ciphertext, &tag]))
}

/// Decrypts what [`seal_to`] made for the holder of `key` and for the request that named `apv`.
///
/// # Errors
///
/// [`JweError`] if it is of another form, for another request, or does not decrypt.
pub fn open_with(key: &dyn AgreeKey, apv: &[u8], text: &str) -> Result<Vec<u8>, JweError> {
    let [protected, wrapped, iv, ciphertext, tag] = jwe::split(text)?;
    let malformed = |_| JweError::Malformed;
    let header: Header = serde_json::from_slice(&b64::decode(protected, 2048).map_err(malformed)?)
        .map_err(|_| JweError::Malformed)?;
    if header.alg != ALG || header.enc != ENC || !wrapped.is_empty() {
        return Err(JweError::Algorithm);
    }
    let apu = b64::decode(&header.apu, MAX_PARTY).map_err(malformed)?;
    // The answer to another request, however it came here.
    if b64::decode(&header.apv, MAX_PARTY).map_err(malformed)? != apv {
        return Err(JweError::Decrypt);
    }
    let epk = header.epk.key().map_err(|_| JweError::Key)?;
    let secret = key.agree(&epk).map_err(|_| JweError::Key)?;
    let key = derive(&secret, (ENC, 256), Parties { apu: &apu, apv });
    jwe::open(&key, protected, [iv, ciphertext, tag])
}

/// Concat KDF with SHA-256 (RFC 7518 §4.6.2; SP 800-56A §5.8.1), one round: at most 256 bits. Fewer are its beginning.
fn derive(secret: &[u8; 32], (algorithm, bits): (&str, u32), parties: Parties<'_>) -> Zeroizing<[u8; 32]> {
    let mut hash = Context::new(&SHA256);
    hash.update(&1u32.to_be_bytes());
    hash.update(secret);
    for part in [algorithm.as_bytes(), parties.apu, parties.apv] {
        // Bounded by MAX_PARTY, so no length is cut.
        hash.update(&(part.len() as u32).to_be_bytes());
        hash.update(part);
    }
    hash.update(&bits.to_be_bytes());
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(hash.finish().as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::ec::SoftEc;
    use crate::jose::jws::{Unverified, VerifyingKey};
    use crate::prt::bound::{Beside, PURPOSE_USE};
    use crate::rng::SystemRandom;

    /// RFC 7518 appendix C: Alice's ephemeral key and Bob's, by their private numbers, and what comes of them.
    #[test]
    fn the_example_of_the_specification_comes_out() {
        let number = |text: &str| b64::decode_array::<32>(text).unwrap();
        let alice = Ephemeral::of(&number("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo")).unwrap();
        let bob = Ephemeral::of(&number("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw")).unwrap();
        assert_eq!(EcJwk::of(alice.public()).x, "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0");
        assert_eq!(EcJwk::of(alice.public()).y, "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps");
        assert_eq!(EcJwk::of(bob.public()).x, "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ");
        assert_eq!(EcJwk::of(bob.public()).y, "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck");
        let secret = alice.agree(bob.public()).unwrap();
        assert_eq!(secret, bob.agree(alice.public()).unwrap());
        assert_eq!(
            secret[..],
            [
                158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163,
                218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196
            ]
        );
        let parties = Parties { apu: b"Alice", apv: b"Bob" };
        let key = derive(&secret, ("A128GCM", 128), parties);
        assert_eq!(b64::encode(&key[..16]), "VqqN6vgjbSBcIijNcacQGg");
    }

    /// A whole exchange that another library computed: request, agreement, derived key and reply.
    #[test]
    fn an_exchange_of_another_library_comes_out_the_same() {
        let vector: serde_json::Value =
            serde_json::from_str(include_str!("../../../../vectors/prt-v4.json")).unwrap();
        let text = |name: &str| vector[name].as_str().unwrap();
        let bytes = |name: &str| b64::decode(text(name), 999).unwrap();
        let (device, transport) =
            (SoftEc::from_pkcs8(&bytes("device_pkcs8")), SoftEc::from_pkcs8(&bytes("transport_pkcs8")));
        let (device, transport) = (device.unwrap(), transport.unwrap());

        let jws = Unverified::parse(text("request")).unwrap();
        assert_eq!(jws.header.x5c.as_ref().unwrap().leaf().unwrap(), bytes("certificate"));
        let verified = jws.verify_es256(&VerifyingKey::from_point(device.public().point()).unwrap()).unwrap();
        let beside: Beside = verified.claims().unwrap();
        assert_eq!(beside.purpose.as_deref(), Some(PURPOSE_USE));
        assert_eq!(beside.jwe_crypto.unwrap().apv().unwrap(), bytes("apv"));

        let number = b64::decode_array::<32>(text("ephemeral_d")).unwrap();
        let ephemeral = Ephemeral::of(&number).unwrap();
        let secret = ephemeral.agree(transport.public()).unwrap();
        assert_eq!(secret[..], bytes("secret"));
        let (apu, apv) = (bytes("apu"), bytes("apv"));
        let parties = Parties { apu: &apu, apv: &apv };
        assert_eq!(derive(&secret, (ENC, 256), parties)[..], bytes("key"));
        let iv = b64::decode_array::<12>(text("iv")).unwrap();
        let plain = text("plaintext").as_bytes();
        let sealed = seal_with((&ephemeral, transport.public()), parties, iv, plain.to_vec()).unwrap();
        assert_eq!(sealed, text("reply"));
        assert_eq!(open_with(&transport, &apv, text("reply")).unwrap(), plain);
    }

    #[test]
    fn only_its_device_opens_a_reply_and_only_as_the_answer_to_its_request() {
        let (mine, other) = (SoftEc::generate().unwrap(), SoftEc::generate().unwrap());
        let parties = Parties { apu: b"tenant", apv: &[7; 32] };
        let seal = || seal_to(mine.public(), parties, b"tokens".to_vec(), &SystemRandom).unwrap();
        let text = seal();
        assert_eq!(open_with(&mine, &[7; 32], &text).unwrap(), b"tokens");
        assert_eq!(open_with(&other, &[7; 32], &text), Err(JweError::Decrypt));
        assert_eq!(open_with(&mine, &[8; 32], &text), Err(JweError::Decrypt));
        assert_ne!(text.split('.').next(), seal().split('.').next(), "each reply has a key of its own");
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(open_with(&mine, &[7; 32], &String::from_utf8(bytes).unwrap()).is_err(), "byte {at}");
        }
    }

    #[test]
    fn other_forms_and_points_off_the_curve_are_refused() {
        let mine = SoftEc::generate().unwrap();
        let parties = Parties { apu: b"u", apv: b"v" };
        let text = seal_to(mine.public(), parties, vec![1], &SystemRandom).unwrap();
        let (header, rest) = text.split_once('.').unwrap();
        let header = String::from_utf8(b64::decode(header, 2048).unwrap()).unwrap();
        let bent = |from: &str, to: &str| {
            assert!(header.contains(from));
            open_with(&mine, b"v", &format!("{}.{rest}", b64::encode(header.replace(from, to))))
        };
        assert_eq!(bent("ECDH-ES", "dir"), Err(JweError::Algorithm));
        assert_eq!(bent("A256GCM", "A128GCM"), Err(JweError::Algorithm));
        assert_eq!(bent("P-256", "P-384"), Err(JweError::Key));
        let x = EcJwk::of(mine.public()).x;
        let at = header.find("\"x\":\"").unwrap() + 5;
        assert_eq!(bent(&header[at..at + 43], &x), Err(JweError::Key), "a point of no curve");
        for text in ["", "....", "a.b.c.d.e", &text.replacen("..", ".AA.", 1)] {
            assert!(open_with(&mine, b"v", text).is_err(), "{text}");
        }
        for party in [&[][..], &[0; MAX_PARTY + 1]] {
            for parties in [Parties { apu: party, apv: b"v" }, Parties { apu: b"u", apv: party }] {
                let refused = seal_to(mine.public(), parties, vec![1], &SystemRandom);
                assert_eq!(refused, Err(JweError::Malformed));
            }
        }
    }
}
