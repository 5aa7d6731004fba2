//! `fido-u2f` (WebAuthn L3 §8.6): security keys from before CTAP2.

use super::x509::Certificate;
use super::{Attested, Format, Statement, StatementError, Subject};
use passband_wire::cose::{Algorithm, CoseKey, Curve, KeyMaterial};

pub(super) fn verify(statement: &Statement<'_>, subject: &Subject<'_>) -> Result<Attested, StatementError> {
    // Steps 1 and 2: the members, and exactly one certificate.
    let Statement { alg: None, sig: Some(sig), ver: None, x5c: Some(x5c), cert_info: None, pub_area: None } =
        statement
    else {
        return Err(StatementError::Malformed);
    };
    let [leaf] = x5c[..] else {
        return Err(StatementError::Malformed);
    };
    // CTAP 2.1 §7.1: a U2F key has no AAGUID, so the client writes zeros. The signature does not cover it:
    // any other value was put there by somebody to pass for a model.
    if subject.credential.aaguid != [0; 16] {
        return Err(StatementError::U2fAaguid);
    }
    let certificate = Certificate::parse(leaf)?;
    let material = certificate.key_material()?;
    if !matches!(material, KeyMaterial::Ec2 { curve: Curve::P256, .. }) {
        return Err(StatementError::U2fCertificateKey);
    }

    // Steps 3 to 5: what the key signed, in the order of U2F.
    let KeyMaterial::Ec2 { curve: Curve::P256, point } = subject.key.material() else {
        return Err(StatementError::U2fCredentialKey);
    };
    let signed =
        [&[0][..], subject.rp_id_hash, subject.client_data_hash, subject.credential.credential_id, point]
            .concat();

    // Step 6.
    let key = CoseKey::new(Algorithm::Es256, material).map_err(|_| StatementError::U2fCertificateKey)?;
    key.verify(&signed, sig).map_err(|_| StatementError::BadSignature)?;
    Ok(Attested::certified(Format::FidoU2f, x5c))
}
