//! Writes the seeds of the corpora from the vectors and the fixed world of the targets.
//!
//! Run it in the fuzz folder: `cargo run --example seeds`. Seeds have names; what a fuzzer found, hashes.

mod signals;
mod tenant;
mod trust;

use passband_core::authn::passkey::registration;
use passband_core::device::register;
use passband_core::session::by_age::Nonces;
use passband_core::session::redeem;
use passband_fuzz::NOW;
use passband_fuzz::statement::{self, APPLE_NONCE, EMPTY, KEY_DESCRIPTION, certificate, extension};
use passband_fuzz::vector::{self, vectors};
use passband_fuzz::world::{OWN_CERTIFICATE, world};
use passband_fuzz::{sign_hs256, sign_session};
use passband_wire::b64;
use passband_wire::jose::kdf::SessionKey;
use passband_wire::jose::rsa;
use passband_wire::prt::join::CSR_COMMON_NAME;
use passband_wire::prt::message::PrtUseClaims;
use passband_wire::webauthn::AttestationObject;
use serde_json::json;
use std::path::Path;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Header of the request vectors: HS256, KDFv2, `ctx` of the bytes 0x40 to 0x57.
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT","ctx":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX","kdf_ver":2}"#;
/// The reply vector.
const REPLY: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R4IjoiUUVGQ1EwUkZSa2RJU1VwTFRFMU9UMUJSVWxOVVZWWlgifQ..AAECAwQFBgcICQoL.tAZw3FwbToD0ZG7zJ6_qra07CqsFI5Y.v_v2-YvVU5MwpHKH3nSQMw";

fn main() -> Outcome {
    webauthn()?;
    statement()?;
    jose()?;
    prt_request()?;
    join_request()?;
    admin_json()?;
    trust::metadata()?;
    trust::attestation_status()?;
    trust::methods_policy()?;
    signals::set()?;
    signals::access_policy()?;
    tenant::tenants()?;
    for (name, text) in [
        (
            "authorize",
            "response_type=code&client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcb&scope=openid+offline_access&state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        ),
        (
            "verifier",
            "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        ("loopback6", "redirect_uri=http%3A%2F%2F%5B%3A%3A1%5D%3A2%2F&scope=a+b"),
        ("own_scheme", "redirect_uri=com.example.app:/cb&at=2026-11-22T12:00:00.123Z"),
        ("twice", "a=1&%61=2"),
    ] {
        write("form_query", name, text)?;
    }
    Ok(())
}

fn webauthn() -> Outcome {
    let party = vector::framed_party();
    let mut accepted = 0;
    for (number, vector) in vectors().all.iter().enumerate() {
        let name = vector.id.replace('-', "_");
        if number < 4 {
            write("client_data", &format!("{name}_create"), &vector.client_data)?;
            write("client_data", &format!("{name}_get"), &vector.get_client_data)?;
        }
        let number = u8::try_from(number)?;
        let made = [&[number], &vector.attestation_object[..]].concat();
        write("attestation_object", &format!("{name}_create"), made)?;
        if number < 3 {
            let used = [&[0x80 | number], &vector.authenticator_data[..]].concat();
            write("attestation_object", &format!("{name}_get"), used)?;
        }
        statement_parts(&name, &vector.attestation_object)?;
        let answer = vector::registration(&vector.client_data, &vector.attestation_object);
        let rules = vector::rules(&party, &vector.challenge, None);
        accepted += usize::from(registration::verify(answer, &rules).is_ok());
    }
    // Three vectors are refused, each for a reason in `vectors/exceptions.toml`.
    if accepted != vectors().all.len() - 3 {
        return Err(format!("{accepted} vectors are accepted").into());
    }
    let vector = &vectors().all[0];
    let create = vector::registration(&vector.client_data, &vector.attestation_object);
    write("attestation_object", "json_create", serde_json::to_vec(&create)?)?;
    let get = vector.authentication(&create.id, &vector.authenticator_data);
    write("attestation_object", "json_get", serde_json::to_vec(&get)?)?;
    write("certificate", "root", &vectors().root)
}

/// The certificates and TPM structures of a statement, found by how they begin.
fn statement_parts(name: &str, object: &[u8]) -> Outcome {
    let Ok(object) = AttestationObject::parse(object) else { return Ok(()) };
    let statement = object.att_stmt;
    if let Some(at) = find(statement, b"\x63x5c") {
        // An array of one, a byte string with two bytes of length, then DER.
        if let [0x81, 0x59, high, low, der @ ..] = &statement[at + 4..] {
            let der = &der[..usize::from(u16::from_be_bytes([*high, *low])).min(der.len())];
            write("certificate", name, der)?;
            let length = u16::try_from(der.len())?.to_be_bytes();
            let root = &vectors().root;
            let root_length = u16::try_from(root.len())?.to_be_bytes();
            if name.contains("packed") {
                let chain = [&[0], &length[..], der, &root_length, root].concat();
                write("certificate", &format!("{name}_with_root"), chain)?;
            }
        }
    }
    for (member, seed) in [(&b"\x67pubArea"[..], "pub_area"), (b"\x68certInfo", "cert_info")] {
        if let Some(at) = find(statement, member) {
            if let [0x58, length, bytes @ ..] = &statement[at + member.len()..] {
                write("tpm", &format!("{name}_{seed}"), &bytes[..usize::from(*length).min(bytes.len())])?;
            }
        }
    }
    // A key as Windows makes them, which the vectors lack.
    let mut area = vec![0, 1, 0, 0x0b, 0, 6, 4, 0x72, 0, 0, 0, 0x10, 0, 0x10, 8, 0, 0, 0, 0, 0, 1, 0];
    area.extend([0xff; 256]);
    write("tpm", "rsa_pub_area", area)
}

/// One good input for each arm of the target.
fn statement() -> Outcome {
    let bench = statement::bench();
    let description = [
        &b"\x02\x02\x01\x2c\x0a\x01\x01\x02\x02\x01\x2c\x0a\x01\x01\x04\x20"[..],
        &statement::CLIENT_DATA_HASH,
        b"\x04\0\x30\0\x30\x0e\xa1\x05\x31\x03\x02\x01\x02\xbf\x85\x3e\x03\x02\x01\0",
    ];
    let description = statement::der(0x30, &description);
    let leaf = certificate(EMPTY, &extension(KEY_DESCRIPTION, &description));
    bench.signed_statement("android-key", &leaf)?;
    write("statement", "android_key", [&[0], &description[..]].concat())?;

    let nonce = [b"\x30\x24\xa1\x22\x04\x20", &bench.nonce()[..]].concat();
    bench.apple(&certificate(EMPTY, &extension(APPLE_NONCE, &nonce)))?;
    write("statement", "apple", [&[1], &nonce[..]].concat())?;

    let model = b"\x06\x0b\x2b\x06\x01\x04\x01\x82\xe5\x1c\x01\x01\x04";
    let model = extension(model, &statement::der(4, &[&statement::AAGUID]));
    let extensions = [statement::END_ENTITY, &model].concat();
    bench.signed_statement("packed", &certificate(&statement::model(), &extensions))?;
    write("statement", "packed", [&[2], &extensions[..]].concat())?;

    let extensions = statement::attestation_key_extensions();
    let (pub_area, cert_info) = (bench.pub_area(), bench.cert_info());
    bench.tpm(&pub_area, &cert_info, &certificate(EMPTY, &extensions))?;
    let length = u16::try_from(pub_area.len())?.to_be_bytes();
    write("statement", "tpm", [&[3], &length[..], &pub_area, &cert_info].concat())?;
    write("statement", "attestation_key", [&[4], &extensions[..]].concat())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn jose() -> Outcome {
    let payload = r#"{"refresh_token":"0.AAA.prt","is_primary":"true","request_nonce":"n1"}"#;
    write("jose", "request", sign_session(HEADER.as_bytes(), payload.as_bytes(), &world().session_key))?;
    write("jose", "hs256", sign_hs256(br#"{"alg":"HS256"}"#, b"{}", &[9; 32]))?;
    write("jose", "reply", REPLY)?;
    write("jose", "by_secret", format!("\u{1}{HEADER}\n{payload}"))?;
    write(
        "jose",
        "by_es256",
        "\u{2}{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}\n{\"iss\":\"a\",\"exp\":1}",
    )?;
    write("jose", "by_rs256", "\u{3}{\"alg\":\"RS256\",\"x5c\":[\"AAAA\"]}\n{\"a\":[1,2.5,null]}")?;
    write("jose", "none", "eyJhbGciOiJub25lIn0.e30.")?;
    write("jose", "bent_reply", b"\x04\x00\x10A\ncontent")?;
    let key = json!({
        "kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "alg": "ES256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    });
    write("jose", "jwk", key.to_string())
}

fn prt_request() -> Outcome {
    let world = world();
    let used = json!({
        "refresh_token": world.prt, "grant_type": "refresh_token", "client_id": "c", "scope": "openid",
        "request_nonce": world.nonce,
    });
    write("prt_request", "use", format!("\u{1}{HEADER}\n{used}"))?;
    // A seed that is refused at the door shows a fuzzer nothing of the house.
    let signed = sign_session(HEADER.as_bytes(), used.to_string().as_bytes(), &world.session_key);
    let taken = redeem::possess::<PrtUseClaims>(&world.ring, &signed, Nonces::Demanded, NOW);
    taken.map_err(|refused| format!("the PRT request is refused: {:?}", refused.reason))?;
    let cookie = json!({ "refresh_token": world.prt, "is_primary": "true", "request_nonce": world.nonce });
    write("prt_request", "cookie", format!("\u{2}{HEADER}\n{cookie}"))?;
    write("prt_request", "downgrade", format!("\u{2}{}\n{cookie}", HEADER.replace(",\"kdf_ver\":2", "")))?;
    let device = r#"{"alg":"RS256","typ":"JWT","x5c":"AAAA"}"#;
    let issue = json!({
        "client_id": "29d9ed98-a469-4536-ade2-f981bc1d605e", "request_nonce": world.nonce,
        "scope": "openid aza", "grant_type": "refresh_token", "refresh_token": world.refresh_token,
    });
    write("prt_request", "issue", format!("\u{3}{device}\n{issue}"))?;
    let credential = json!({ "request_nonce": world.nonce, "grant_type": "device_auth" });
    write("prt_request", "device", format!("\u{4}{device}\n{credential}"))?;
    own_key()?;
    for (name, text) in [
        ("prt", &world.prt),
        ("own_prt", &world.own_prt),
        ("nonce", &world.nonce),
        ("code", &world.code),
        ("refresh_token", &world.refresh_token),
        ("ceremony", &world.ceremony),
    ] {
        write("prt_request", name, text)?;
    }
    let mine =
        sign_session(HEADER.as_bytes(), cookie.to_string().as_bytes(), &SessionKey::from_bytes([0; 32]));
    write("prt_request", "cookie_of_another", mine)?;
    for mode in 5..10u8 {
        write("prt_request", &format!("bent_{mode}"), [mode, 0, 9, b'A'])?;
    }
    Ok(())
}

/// Requests by a device whose own key its PRT is bound to.
fn own_key() -> Outcome {
    let world = world();
    let header = format!(r#"{{"alg":"ES256","typ":"JWT","x5c":["{}"]}}"#, b64::encode_std(OWN_CERTIFICATE));
    let used = json!({
        "refresh_token": world.own_prt, "grant_type": "refresh_token", "client_id": "c", "scope": "openid",
        "request_nonce": world.nonce, "purpose": "prt_usage",
        "jwe_crypto": { "apv": "SE9J", "alg": "ECDH-ES", "enc": "A256GCM" },
    });
    write("prt_request", "own_use", format!("\u{a}{header}\n{used}"))?;
    let input = format!("{}.{}", b64::encode(&header), b64::encode(used.to_string()));
    let signed = format!("{input}.{}", b64::encode(world.own_key.sign(input.as_bytes())?));
    let taken = redeem::possess::<PrtUseClaims>(&world.ring, &signed, Nonces::Demanded, NOW);
    taken.map_err(|refused| format!("the PRT request is refused: {:?}", refused.reason))?;
    let cookie = json!({
        "refresh_token": world.own_prt, "request_nonce": world.nonce, "purpose": "prt_cookie",
    });
    write("prt_request", "own_cookie", format!("\u{b}{header}\n{cookie}"))?;
    write("prt_request", "bent_12", [12, 0, 9, b'A'])
}

fn join_request() -> Outcome {
    let world = world();
    let blob = rsa::bcrypt_blob_from_spki(&world.device_spki)?;
    let csr = certificate_request()?;
    let request = json!({
        "CertificateRequest": { "Type": "pkcs10", "Data": b64::encode_std(&csr) },
        "TransportKey": b64::encode_std(&blob),
        "TargetDomain": "example.org", "DeviceType": "Linux", "OSVersion": "13",
        "DeviceDisplayName": "laptop", "JoinType": 0,
    });
    write("join_request", "json", request.to_string())?;
    register::accept(&serde_json::from_value(request)?, 0)
        .map_err(|refused| format!("the registration is refused: {refused:?}"))?;
    write("join_request", "csr", [&[1], &csr[..]].concat())?;
    write("join_request", "blob", [&[2], &blob[..]].concat())?;
    write("join_request", "spki", [&[3], &world.device_spki[..]].concat())
}

/// A PKCS#10 request (RFC 2986) for the device's key, with the one subject the protocol has.
fn certificate_request() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let world = world();
    let common_name = [&[6, 3, 0x55, 4, 3][..], &der(0x13, CSR_COMMON_NAME.as_bytes())].concat();
    let subject = der(0x30, &der(0x31, &der(0x30, &common_name)));
    let info = der(0x30, &[&[2, 1, 0], &subject[..], &world.device_spki, &[0xa0, 0]].concat());
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0];
    let signature = [&[0], &world.device_key.sign(&info)?[..]].concat();
    Ok(der(0x30, &[&info[..], &algorithm, &der(3, &signature)].concat()))
}

fn der(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16).to_be_bytes();
    let head: &[u8] = match body.len() {
        0..0x80 => &[tag, length[1]],
        0x80..0x100 => &[tag, 0x81, length[1]],
        _ => &[tag, 0x82, length[0], length[1]],
    };
    [head, body].concat()
}

fn admin_json() -> Outcome {
    for (name, text) in [
        (
            "users",
            "\u{0}accountEnabled eq true and startswith(displayName,'ada')\n{\"accountEnabled\":true,\"displayName\":\"Ada\"}",
        ),
        ("users_quotes", "\u{0}displayName eq 'Ada O''Hara'\n{\"displayName\":\"ada o'hara\"}"),
        (
            "sign_ins",
            "\u{5}status/errorCode ne 0 and createdDateTime ge 2026-11-22T12:00:00Z\n{\"status\":{\"errorCode\":50057},\"createdDateTime\":\"2026-11-22T12:00:00Z\"}",
        ),
        ("devices", "\u{3}deviceId eq 29d9ed98-a469-4536-ade2-f981bc1d605e\n{}"),
        (
            "user",
            r##"{"@odata.type":"#microsoft.graph.user","userPrincipalName":"ada@example.org","displayName":"Ada","accountEnabled":true,"passband_isAdministrator":false}"##,
        ),
        ("device", r#"{"accountEnabled":false}"#),
        ("tap", r#"{"lifetimeInMinutes":60,"isUsableOnce":true,"startDateTime":"2026-11-22T12:00:00Z"}"#),
        (
            "app",
            r#"{"displayName":"App","identifierUris":["api://app"],"web":{"redirectUris":["https://app.example/cb"]}}"#,
        ),
        ("password", r#"{"passwordCredential":{"displayName":"first"}}"#),
        ("remove_password", r#"{"keyId":"29d9ed98-a469-4536-ade2-f981bc1d605e"}"#),
    ] {
        write("admin_json", name, text)?;
    }
    Ok(())
}

fn write(target: &str, name: &str, bytes: impl AsRef<[u8]>) -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(name), bytes)?;
    Ok(())
}
