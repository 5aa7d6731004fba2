//! Reading costs in proportion to length: a stranger's longest input costs no more than as many bytes in
//! short ones. Each family below is the worst shape we know for its reader.

use crate::support::NOW;
use passband_core::device::register;
use passband_core::platform::path::{self, TrustAnchor};
use passband_wire::b64;
use passband_wire::cbor::Writer;
use passband_wire::jose::jws::{self, Unverified};
use passband_wire::oauth::redirect;
use passband_wire::oauth::scope::Scope;
use passband_wire::prt::join::{CertificateRequest, JoinRequest};
use passband_wire::webauthn::{
    AttestationObject, AuthenticatorData, CollectedClientData, MAX_ATTESTATION_OBJECT,
    MAX_AUTHENTICATOR_DATA, MAX_CLIENT_DATA,
};
use std::hint::black_box;
use std::time::Instant;

/// Longest certificate and certificate request that are read.
const MAX_DER: usize = 8 * 1024;
const SHARES: usize = 16;
/// One long input may cost this many times what the same bytes cost in sixteen shares. Linear readers are
/// near 1, those that sort near 2, quadratic ones near 16: far enough apart for a busy machine.
const LIMIT: f64 = 8.0;

/// How many times more one input of `max` bytes costs than sixteen of a sixteenth.
fn growth(max: usize, make: impl Fn(usize) -> Vec<u8>, read: impl Fn(&[u8])) -> f64 {
    let (long, short) = (make(max), make(max / SHARES));
    let once = |input: &[u8], times| {
        let start = Instant::now();
        for _ in 0..times {
            read(black_box(input));
        }
        start.elapsed()
    };
    // The fastest of several rounds, by turns: what else the machine does only ever adds.
    let rounds = (0..9).map(|_| (once(&long, 1), once(&short, SHARES)));
    let (long, short) = rounds.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1))).unwrap_or_default();
    long.as_secs_f64() / short.as_secs_f64()
}

fn linear(what: &str, max: usize, make: impl Fn(usize) -> Vec<u8>, read: impl Fn(&[u8])) {
    let growth = growth(max, make, read);
    assert!(growth < LIMIT, "{what}: {growth:.1} times the cost of the same bytes in {SHARES} shares");
}

#[test]
fn the_measure_sees_quadratic_time() {
    let pairs = |bytes: &[u8]| {
        black_box(bytes.iter().filter(|a| bytes.iter().filter(|b| a == b).count() % 7 == 1).count());
    };
    assert!(growth(4096, |len| vec![3; len], pairs) > LIMIT);
}

#[test]
fn client_data_cost_in_proportion_to_their_length() {
    let wrap = |inner: String| {
        let head = r#"{"type":"webauthn.get","challenge":"AAE","origin":"https://example.org""#;
        format!("{head}{inner}}}").into_bytes()
    };
    let read = |bytes: &[u8]| assert!(CollectedClientData::parse(bytes).is_ok());
    let names = |len: usize| {
        let name = "n".repeat(len.saturating_sub(500) / 25);
        wrap((10..34).map(|n| format!(",\"{name}{n}\":1")).collect())
    };
    linear("long names", MAX_CLIENT_DATA, names, read);
    let deep = |len: usize| wrap(format!(",\"x\":{}1{}", "[".repeat(len / 2 - 60), "]".repeat(len / 2 - 60)));
    linear("depth", MAX_CLIENT_DATA, deep, read);
    let escapes = |len: usize| wrap(format!(",\"x\":\"{}\"", "\\u0041".repeat(len / 6 - 16)));
    linear("escapes", MAX_CLIENT_DATA, escapes, read);
    let many = |len: usize| wrap((0..len / 9 - 12).map(|n| format!(",\"{n:04}\":1")).collect());
    linear("many members", MAX_CLIENT_DATA, many, |bytes| {
        let _ = black_box(CollectedClientData::parse(bytes));
    });
}

/// A map of so many members, and a statement of them.
fn cbor_map(pairs: usize) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(pairs);
    for n in 0..pairs {
        out.int(n as i64).int(0);
    }
    out.into_bytes()
}

#[test]
fn cbor_costs_in_proportion_to_its_length() {
    let object = |statement: Vec<u8>| {
        let mut out = Writer::new();
        out.map(3).text("fmt").text("none").text("attStmt").raw(&statement).text("authData").bytes(&[]);
        out.into_bytes()
    };
    let read = |bytes: &[u8]| assert!(AttestationObject::parse(bytes).is_ok());
    linear("many keys", MAX_ATTESTATION_OBJECT - 100, |len| object(cbor_map(len / 4)), read);
    // Keys that differ at their very end, each compared with the one before it.
    let long_keys = |len: usize| {
        let mut out = Writer::new();
        let count = 64;
        out.map(count);
        for n in 0..count {
            out.text(&format!("{}{n:02}", "k".repeat(len / 64 - 8))).int(0);
        }
        object(out.into_bytes())
    };
    linear("long keys", MAX_ATTESTATION_OBJECT - 100, long_keys, read);
    // A map as a key of a map as a key: what lies inside is read once, and compared once on each level.
    let nested = |len: usize| {
        let inner = cbor_map(len / 4);
        object([&[0xa1, 0xa1][..], &inner, &[0, 0]].concat())
    };
    linear("maps as keys", MAX_ATTESTATION_OBJECT - 100, nested, read);
    let extensions = |len: usize| [&[7; 32][..], &[0x81, 0, 0, 0, 0], &cbor_map(len / 4)].concat();
    linear("extensions", MAX_AUTHENTICATOR_DATA - 100, extensions, |bytes| {
        assert!(AuthenticatorData::parse(bytes).is_ok());
    });
}

#[test]
fn jose_costs_in_proportion_to_its_length() {
    let text = |header: String| format!("{}.e30.", b64::encode(header)).into_bytes();
    let read = |bytes: &[u8]| {
        assert!(Unverified::parse(std::str::from_utf8(bytes).unwrap()).is_ok());
    };
    let max = jws::MAX_LEN / 4 * 3 - 100;
    let chain = |len: usize| text(format!(r#"{{"alg":"a","x5c":[{}"A"]}}"#, "\"A\",".repeat(len / 4 - 10)));
    linear("x5c", max, chain, read);
    let members = |len: usize| {
        let others: String = (0..len / 9).map(|n| format!("\"{n:04}\":1,")).collect();
        text(format!("{{{others}\"alg\":\"a\"}}"))
    };
    linear("many members", max, members, read);
    let dots = |len: usize| vec![b'.'; len];
    linear("dots", jws::MAX_LEN, dots, |bytes| {
        assert!(Unverified::parse(std::str::from_utf8(bytes).unwrap()).is_err());
    });
}

#[test]
fn certificates_and_requests_cost_in_proportion_to_their_length() {
    // Attributes of one SET in the order that is worst for sorting them.
    let subject = |len: usize| {
        let attribute = |n: usize| {
            let value = [&[0x0c, 4][..], format!("{n:04}").as_bytes()].concat();
            der(0x30, &[&[6, 3, 0x55, 4, 3], &value[..]].concat())
        };
        der(0x30, &der(0x31, &(0..len / 14).rev().flat_map(attribute).collect::<Vec<_>>()))
    };
    let extensions = |len: usize| {
        let extension = |n: usize| der(0x30, &[6, 3, 0x2a, (n >> 7) as u8 | 0x80, n as u8 & 0x7f, 4, 0]);
        der(0xa3, &der(0x30, &(128..128 + len / 10).flat_map(extension).collect::<Vec<_>>()))
    };
    let read = |bytes: &[u8]| {
        assert!(TrustAnchor::from_der(bytes.to_vec()).is_ok());
        assert!(path::verify(&[bytes.to_vec()], &[], NOW).is_err());
    };
    linear("subject", MAX_DER, |len| certificate(&subject(len - 300), &[]), read);
    linear("extensions", MAX_DER, |len| certificate(&[0x30, 0], &extensions(len - 300)), read);
    let request = |len: usize| {
        let info = [&[2, 1, 0], &subject(len - 200)[..], KEY, &[0xa0, 0]].concat();
        der(0x30, &[&der(0x30, &info), ALGORITHM, &[3, 2, 0, 0]].concat())
    };
    linear("request", MAX_DER, request, |bytes| {
        let request = JoinRequest {
            certificate_request: CertificateRequest {
                r#type: "pkcs10".to_owned(),
                data: b64::encode_std(bytes),
            },
            transport_key: String::new(),
            device_keys: Vec::new(),
            target_domain: String::new(),
            device_type: String::new(),
            os_version: String::new(),
            device_display_name: String::new(),
            join_type: 0,
        };
        assert!(register::accept(&request, 0).is_err());
    });
}

#[test]
fn parameters_cost_in_proportion_to_their_length() {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    linear(
        "scope",
        64 * 1024,
        |len| "a ".repeat(len / 2).into_bytes(),
        |bytes| {
            let _ = black_box(text(bytes).parse::<Scope>());
        },
    );
    let port = |len: usize| format!("http://127.0.0.1:{}", "1".repeat(len)).into_bytes();
    linear("port", 64 * 1024, port, |bytes| {
        assert!(!redirect::matches("http://127.0.0.1/", &text(bytes)));
    });
}

/// A key of the kind nobody looks at before the rest is read.
const KEY: &[u8] = &[0x30, 15, 0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 3, 2, 0, 4];
/// ECDSA with SHA-256.
const ALGORITHM: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// A certificate of these parts, with no more of a signature than it must have to be read.
fn certificate(subject: &[u8], extensions: &[u8]) -> Vec<u8> {
    let date = |text: &[u8]| der(0x17, text);
    let validity = der(0x30, &[date(b"200101000000Z"), date(b"490101000000Z")].concat());
    let issuer = [0x30, 0];
    let head = [&[0xa0, 3, 2, 1, 2, 2, 1, 1], ALGORITHM, &issuer, &validity].concat();
    let signed = der(0x30, &[&head, subject, KEY, extensions].concat());
    der(0x30, &[&signed, ALGORITHM, &[3, 2, 0, 0]].concat())
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
