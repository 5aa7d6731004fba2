//! What a verdict costs: from the JSON of an answer to the decision, with the path to a root where there is one.

use crate::case::{Case, Fault, bytes, judge};
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::cose::CoseKey;
use std::io::Write;
use std::time::Instant;

/// The cases that are timed, and what they are in words.
const TIMED: [(&str, &str); 17] = [
    ("none/good", "registration, none"),
    ("packed-self/alg-7", "registration, packed, self"),
    ("packed/good", "registration, packed, to a root"),
    ("path/intermediate", "registration, packed, by an intermediate"),
    ("fido-u2f/good", "registration, fido-u2f"),
    ("apple/good", "registration, apple"),
    ("android-key/good", "registration, android-key, root included"),
    ("android-key/with-intermediate", "registration, android-key, by an intermediate"),
    ("tpm/aik/good", "registration, tpm, ES256"),
    ("tpm/aik-rs256", "registration, tpm, RS256"),
    ("tpm/aik-rs1", "registration, tpm, RS1"),
    ("assertion/good", "sign-in, ES256"),
    ("assertion/signature/alg-35", "sign-in, ES384"),
    ("assertion/signature/alg-36", "sign-in, ES512"),
    ("assertion/signature/alg-8", "sign-in, EdDSA"),
    ("assertion/signature/alg-257", "sign-in, RS256"),
    ("assertion/signature/alg-37", "sign-in, PS256"),
];
const ROUNDS: usize = 15;
const REPEATS: u32 = 100;

/// Prints one line of a table for each. Bare verifications are timed between them, and the least of all rounds
/// counts: what else the machine does can only add.
///
/// # Errors
///
/// [`Fault`] if a case is missing, refused or none.
pub fn measure(cases: &[Case], out: &mut impl Write) -> Result<(), Fault> {
    let find = |name: &str| cases.iter().find(|case| case.name == name).ok_or(format!("no case {name}"));
    let timed = TIMED.map(|(name, words)| find(name).map(|case| (case, words)));
    let timed = timed.into_iter().collect::<Result<Vec<_>, _>>()?;
    let bare = Bare::of(find("assertion/good")?)?;
    let (mut unit, mut least) = (f64::MAX, vec![f64::MAX; timed.len()]);
    for _ in 0..ROUNDS {
        for ((case, _), least) in timed.iter().zip(&mut least) {
            unit = unit.min(seconds(|| bare.verify())?);
            *least = least.min(seconds(|| Ok(judge(case)??))?);
        }
    }
    writeln!(out, "one ES256 verification: {:.1} us", unit * 1e6)?;
    for ((_, words), least) in timed.iter().zip(least) {
        writeln!(out, "| {words} | {:.2} |", least / unit)?;
    }
    Ok(())
}

fn seconds(mut work: impl FnMut() -> Result<(), Fault>) -> Result<f64, Fault> {
    let begun = Instant::now();
    for _ in 0..REPEATS {
        work()?;
    }
    Ok(begun.elapsed().as_secs_f64() / f64::from(REPEATS))
}

/// Nothing but the signature of an assertion.
struct Bare {
    key: CoseKey,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Bare {
    fn of(case: &Case) -> Result<Self, Fault> {
        let part = |name: &str| bytes(case.response["response"][name].as_str().unwrap_or_default());
        let stored = case.stored.as_ref().ok_or("not an assertion")?;
        let client_data = part("clientDataJSON")?;
        Ok(Self {
            key: CoseKey::parse(&bytes(&stored.public_key)?)?,
            signed: [&part("authenticatorData")?, digest(&SHA256, &client_data).as_ref()].concat(),
            signature: part("signature")?,
        })
    }

    fn verify(&self) -> Result<(), Fault> {
        Ok(self.key.verify(&self.signed, &self.signature)?)
    }
}
