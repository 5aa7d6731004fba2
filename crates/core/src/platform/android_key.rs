//! `android-key` (WebAuthn L3 §8.4): the key's own certificate, by Android's hardware-backed keystore.

use super::x509::Certificate;
use super::{Attested, Format, Keeper, Statement, StatementError, Subject};
use passband_wire::cose::{Algorithm, CoseKey};
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use x509_cert::der::{Decode, Error, Header, Reader, SliceReader, Tag};

/// The key description (Android, "Verify hardware-backed key pairs with key attestation").
const KEY_DESCRIPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.1.17");
const KM_PURPOSE_SIGN: u8 = 2;
const KM_ORIGIN_GENERATED: u8 = 0;
/// `VerifiedBootState`: the maker's own system.
const VERIFIED: u8 = 0;

pub(super) fn verify(statement: &Statement<'_>, subject: &Subject<'_>) -> Result<Attested, StatementError> {
    // Step 1: the members.
    let Statement {
        alg: Some(alg),
        sig: Some(sig),
        ver: None,
        x5c: Some(x5c),
        cert_info: None,
        pub_area: None,
    } = statement
    else {
        return Err(StatementError::Malformed);
    };
    let alg = Algorithm::from_id(*alg).map_err(|_| StatementError::AlgorithmUnsupported)?;

    // Step 2: signed with the leaf's key.
    let leaf = Certificate::parse(x5c[0])?;
    let material = leaf.key_material()?;
    let same = material == *subject.key.material();
    let key = CoseKey::new(alg, material).map_err(|_| StatementError::AlgorithmUnsupported)?;
    key.verify(&subject.signed(), sig).map_err(|_| StatementError::BadSignature)?;

    // Step 3: which is the credential key.
    if !same {
        return Err(StatementError::KeyMismatch);
    }

    // Steps 4 and 5: what the keystore says about it. Only the leaf may speak: with an attested key somebody
    // could sign a further certificate below it, with a description of his own.
    for der in &x5c[1..] {
        if Certificate::parse(der)?.extension(KEY_DESCRIPTION)?.is_some() {
            return Err(StatementError::AndroidDescription);
        }
    }
    let extension = leaf.extension(KEY_DESCRIPTION)?.ok_or(StatementError::AndroidDescription)?;
    let description = KeyDescription::from_der(extension.extn_value.as_bytes())
        .map_err(|_| StatementError::AndroidDescription)?;
    description.check(subject.client_data_hash)?;
    Ok(Attested::certified(Format::AndroidKey, x5c).kept_by(Keeper::Android(description.keystore)))
}

/// `SecurityLevel`: where the keystore works, or its attestation was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SecurityLevel {
    /// The operating system.
    Software,
    /// A secure area of the processor.
    TrustedEnvironment,
    /// A chip of its own.
    StrongBox,
}

impl SecurityLevel {
    fn read(reader: &mut SliceReader<'_>) -> Result<Self, Error> {
        match enumerated(reader)? {
            0 => Ok(Self::Software),
            1 => Ok(Self::TrustedEnvironment),
            2 => Ok(Self::StrongBox),
            // A level nobody has defined yet is no evidence of hardware.
            _ => Ok(Self::Software),
        }
    }
}

/// What the keystore says of itself and of the device it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keystore {
    /// The lower of `attestationSecurityLevel` and `keyMintSecurityLevel`: a key in hardware that software vouches
    /// for is software's word.
    pub(super) level: SecurityLevel,
    /// `rootOfTrust`, as the hardware says: the boot loader is locked and the maker's system was started.
    pub(super) verified_boot: bool,
}

/// The part of `KeyDescription` that is looked at.
struct KeyDescription<'a> {
    keystore: Keystore,
    challenge: &'a [u8],
    software: Authorizations,
    hardware: Authorizations,
}

impl<'a> KeyDescription<'a> {
    fn from_der(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = SliceReader::new(bytes)?;
        let read = reader.sequence(|reader| {
            // attestationVersion, attestationSecurityLevel, keyMintVersion, keyMintSecurityLevel
            AnyRef::decode(reader)?.header().tag().assert_eq(Tag::Integer)?;
            let attestation = SecurityLevel::read(reader)?;
            AnyRef::decode(reader)?.header().tag().assert_eq(Tag::Integer)?;
            let level = attestation.min(SecurityLevel::read(reader)?);
            let challenge = <&OctetStringRef>::decode(reader)?.as_bytes();
            let _unique_id = <&OctetStringRef>::decode(reader)?;
            let software = reader.sequence(Authorizations::read)?;
            let hardware = reader.sequence(Authorizations::read)?;
            let keystore = Keystore { level, verified_boot: hardware.verified_boot };
            Ok::<_, Error>(Self { keystore, challenge, software, hardware })
        })?;
        reader.finish()?;
        Ok(read)
    }

    fn check(&self, client_data_hash: &[u8; 32]) -> Result<(), StatementError> {
        if self.challenge != client_data_hash {
            return Err(StatementError::AndroidChallenge);
        }
        // A key for all applications is bound to no RP.
        if self.software.all_applications || self.hardware.all_applications {
            return Err(StatementError::AndroidAllApplications);
        }
        // §8.4 leaves it to us to believe the software's list as well. It is the operating system's own
        // word, so an attestation that rests on it says nothing about hardware: only the other list counts.
        // And where software attests, that list is software's word as well.
        if self.keystore.level == SecurityLevel::Software || self.hardware.origin != Some(KM_ORIGIN_GENERATED)
        {
            return Err(StatementError::AndroidOrigin);
        }
        if !self.hardware.signs {
            return Err(StatementError::AndroidPurpose);
        }
        Ok(())
    }
}

/// The part of `AuthorizationList` that is looked at.
#[derive(Default)]
struct Authorizations {
    /// `purpose` [1] contains `SIGN`.
    signs: bool,
    /// `allApplications` [600]
    all_applications: bool,
    /// `origin` [702]
    origin: Option<u8>,
    /// `rootOfTrust` [704] is there, and says `deviceLocked` and `Verified`.
    verified_boot: bool,
}

impl Authorizations {
    fn read<'a>(reader: &mut SliceReader<'a>) -> Result<Self, Error> {
        let mut read = Self::default();
        let mut last = None;
        while !reader.is_finished() {
            let header = Header::decode(reader)?;
            let Tag::ContextSpecific { constructed: true, number } = header.tag() else {
                return Err(header.tag().unexpected_error(None).into());
            };
            // A tag twice could be read in two ways.
            if last.is_some_and(|last| last >= number) {
                return Err(header.tag().non_canonical_error().into());
            }
            last = Some(number);
            let value = reader.read_slice(header.length())?;
            match number.value() {
                1 => {
                    let purposes = AnyRef::from_der(value)?;
                    purposes.header().tag().assert_eq(Tag::Set)?;
                    let mut purposes = SliceReader::new(purposes.value())?;
                    while !purposes.is_finished() {
                        read.signs |= u8::decode(&mut purposes)? == KM_PURPOSE_SIGN;
                    }
                }
                600 => read.all_applications = true,
                702 => read.origin = Some(u8::from_der(value)?),
                704 => read.verified_boot = verified_boot(value)?,
                _ => {}
            }
        }
        Ok(read)
    }
}

/// `RootOfTrust`: `verifiedBootKey`, `deviceLocked`, `verifiedBootState`, and since version 3 `verifiedBootHash`.
fn verified_boot(value: &[u8]) -> Result<bool, Error> {
    let mut outer = SliceReader::new(value)?;
    let read = outer.sequence(|reader| {
        let _key = <&OctetStringRef>::decode(reader)?;
        let locked = bool::decode(reader)?;
        let state = enumerated(reader)?;
        if !reader.is_finished() {
            let _hash = <&OctetStringRef>::decode(reader)?;
        }
        Ok::<_, Error>(locked && state == VERIFIED)
    })?;
    outer.finish()?;
    Ok(read)
}

/// An ENUMERATED of one byte.
fn enumerated(reader: &mut SliceReader<'_>) -> Result<u8, Error> {
    let any = AnyRef::decode(reader)?;
    any.header().tag().assert_eq(Tag::Enumerated)?;
    match any.value() {
        [value] => Ok(*value),
        _ => Err(any.header().tag().value_error().into()),
    }
}
