//! Seeds of the targets that read what evidence and profiles rest on.

use super::{Outcome, write};
use passband_core::authn::methods::MethodsPolicy;
use passband_fuzz::vector::vectors;
use passband_wire::attestation_status::StatusList;
use passband_wire::b64;
use passband_wire::mds::Payload;

/// A model of hardware under the root of the vectors.
const MODEL: &str = r##"{"aaguid":"70617373-6261-6e64-2d68-6172646b6579","metadataStatement":{"description":"Key","protocolFamily":"fido2","attestationTypes":["basic_full"],"attestationRootCertificates":["ROOT"],"keyProtection":["hardware","secure_element"],"userVerificationDetails":[[{"userVerificationMethod":"passcode_external"}]]},"statusReports":[{"status":"FIDO_CERTIFIED_L2","effectiveDate":"2025-05-01"}]}"##;

const POLICY: &str = r##"{"id":"Fido2","state":"enabled","isSelfServiceRegistrationAllowed":true,"isAttestationEnforced":false,"keyRestrictions":{"isEnforced":false,"enforcementType":"allow","aaGuids":[]},"defaultPasskeyProfile":"00000000-0000-0000-0000-000000000001","includeTargets":[{"id":"all_users","targetType":"group","isRegistrationRequired":false,"allowedPasskeyProfiles":["00000000-0000-0000-0000-000000000001"]}],"excludeTargets":[],"passkeyProfiles":[{"id":"00000000-0000-0000-0000-000000000001","name":"Default","passkeyTypes":"deviceBound,synced","attestationEnforcement":"disabled"}]}"##;

const DRAFT: &str = r##"{"id":"Fido2","state":"enabled","isSelfServiceRegistrationAllowed":true,"isAttestationEnforced":false,"keyRestrictions":{"isEnforced":false,"enforcementType":"allow","aaGuids":[]},"defaultPasskeyProfile":"00000000-0000-0000-0000-000000000001","includeTargets":[{"id":"all_users","targetType":"group","isRegistrationRequired":false,"allowedPasskeyProfiles":["00000000-0000-0000-0000-000000000001"]}],"excludeTargets":[],"passkeyProfiles":[{"id":"00000000-0000-0000-0000-000000000001","name":"Default","passkeyTypes":"deviceBound,synced","attestationEnforcement":"disabled"},{"id":"00000000-0000-0000-0000-000000000002","name":"Hard","passkeyTypes":"deviceBound","attestationEnforcement":"registrationOnly","passband_minimumEvidence":"E3","passband_minimumCertification":"L2","passband_state":"enabledForReportingButNotEnforced","passband_replaces":"00000000-0000-0000-0000-000000000001"}]}"##;

pub(super) fn metadata() -> Outcome {
    let model = MODEL.replace("ROOT", &b64::encode_std(&vectors().root));
    let synced =
        model.replace("\"keyProtection\"", "\"multiDeviceCredentialSupport\":\"explicit\",\"keyProtection\"");
    for (name, no, entry) in [
        ("model", 7, model.clone()),
        ("disqualified", 8, model.replace("FIDO_CERTIFIED_L2", "REVOKED")),
        ("synced", 6, synced),
        (
            "u2f",
            1,
            r##"{"attestationCertificateKeyIdentifiers":["0123456789abcdef0123456789abcdef01234567"],"metadataStatement":{"description":"U2F","protocolFamily":"u2f"},"statusReports":[{"status":"UPDATE_AVAILABLE","authenticatorVersion":2}]}"##.to_owned(),
        ),
    ] {
        let payload = format!("{{\"no\":{no},\"nextUpdate\":\"2026-12-01\",\"entries\":[{entry}]}}");
        Payload::parse(payload.as_bytes())?;
        write("mds", name, format!("\u{1}{payload}"))?;
    }
    write(
        "mds",
        "header",
        "\u{2}{\"alg\":\"ES256\",\"typ\":\"JWT\"}\n{\"no\":7,\"nextUpdate\":\"2026-12-01\",\"entries\":[]}",
    )?;
    write("mds", "bent", [3, 0, 0x10, b'A'])?;
    write("mds", "blob", "\0a.b.c")
}

pub(super) fn attestation_status() -> Outcome {
    for (name, text) in [
        (
            "list",
            r##"{"entries":{"00c8966fcb2fbb0d7a":{"status":"REVOKED","reason":"KEY_COMPROMISE"},"2b":{"status":"SUSPENDED","expires":"2026-12-01"}}}"##,
        ),
        ("none", r##"{"entries":{}}"##),
        ("twice", r##"{"entries":{"2b":{"status":"REVOKED"},"02B":{"status":"SUSPENDED"}}}"##),
    ] {
        StatusList::parse(text.as_bytes())?;
        write("attestation_status", name, text)?;
    }
    Ok(())
}

pub(super) fn methods_policy() -> Outcome {
    let stored = MethodsPolicy::default().to_document();
    MethodsPolicy::from_document(&stored)?;
    for (name, text) in [
        ("stored", stored.as_str()),
        ("whole", POLICY),
        ("draft", DRAFT),
        ("patch", r##"{"includeTargets":[{"id":"all_users","targetType":"group"}],"state":"disabled"}"##),
        (
            "old",
            r##"{"isAttestationEnforced":true,"keyRestrictions":{"isEnforced":true,"enforcementType":"block","aaGuids":["70617373-6261-6e64-2d68-6172646b6579"]}}"##,
        ),
    ] {
        write("methods_policy", name, text)?;
    }
    Ok(())
}
