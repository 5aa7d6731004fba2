//! A verdict in the log's codes, and in words for the person it is about.

use super::{Finding, PasskeyProfile, Rule, Verdict};
use crate::policy::signal::{Certification, EvidenceLevel};
use crate::reason::Reason;
use std::fmt::Write as _;

/// Most characters of a line's detail in the log: the rest is in the policy.
const MAX_DETAIL: usize = 400;

/// Most profiles that a person is told about.
const MAX_TOLD: usize = 3;

/// The detail of the log's line: each profile with the rules that did not hold, and what drafts would say. A
/// passkey that was accepted is named with its profile if there is a choice or a draft, otherwise there is nothing
/// to say.
#[must_use]
pub fn detail(verdict: &Verdict<'_>) -> String {
    let mut parts = Vec::new();
    match verdict.satisfied() {
        Some(finding) if verdict.findings.len() > 1 || !verdict.drafts.is_empty() => {
            parts.push(format!("profile {:?} satisfied", finding.profile.name));
        }
        Some(_) => {}
        None => parts.extend(verdict.findings.iter().map(|f| format!("profile {}", broken(f)))),
    }
    for draft in &verdict.drafts {
        let would = if draft.would_allow { "would allow" } else { "would refuse" };
        let why = match draft.finding.satisfied() {
            true => format!("{:?}", draft.finding.profile.name),
            false => broken(&draft.finding),
        };
        parts.push(format!("report-only {would}: {why}"));
    }
    parts.join("; ").chars().take(MAX_DETAIL).collect()
}

/// `"Admins": passkeyTypes, passband_minimumEvidence`
fn broken(finding: &Finding<'_>) -> String {
    let rules: Vec<_> = finding.broken().map(Rule::property).collect();
    format!("{:?}: {}", finding.profile.name, rules.join(", "))
}

/// What a person is told whose passkey was refused: each profile by name, with what it asks for. It says what to
/// bring, never which models are listed.
#[must_use]
pub fn for_person(verdict: &Verdict<'_>) -> String {
    let reason = match verdict.decision {
        Ok(()) => return String::new(),
        Err(reason) => reason,
    };
    let mut text = match reason {
        Reason::PasskeyPolicyDisabled => {
            return "Your organisation has switched passkeys off. Ask your administrator.".to_owned();
        }
        Reason::PasskeyPolicyExcluded | Reason::PasskeyPolicyNotInScope => {
            return "Your organisation does not let this account use passkeys. Ask your administrator."
                .to_owned();
        }
        _ => "This passkey is not one that your organisation accepts from you.".to_owned(),
    };
    for (place, finding) in verdict.findings.iter().take(MAX_TOLD).enumerate() {
        let (start, or) =
            if place == 0 { ("Your organisation’s profile", "") } else { ("Or the profile", " instead") };
        // Writing to a String does not fail.
        let _ = write!(text, " {start} “{}” asks for {}{or}.", finding.profile.name, wanted(finding));
    }
    text
}

/// What a profile asks for that the passkey did not have.
fn wanted(finding: &Finding<'_>) -> String {
    let parts: Vec<_> = finding.broken().map(|rule| want(rule, finding.profile)).collect();
    match parts.split_last() {
        None => "a passkey".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// A rule as what a person would have to bring.
fn want(rule: Rule, profile: &PasskeyProfile) -> String {
    match rule {
        Rule::Type if profile.types.synced && !profile.attestation => {
            "a passkey that is saved in a password manager or account".to_owned()
        }
        Rule::Type => "a passkey that stays on one device, such as a security key".to_owned(),
        Rule::Aaguid => "one of certain models".to_owned(),
        Rule::Attestation => "a security key or device whose maker vouches for it".to_owned(),
        Rule::Evidence => evidence(profile.minimum_evidence).to_owned(),
        Rule::Certification => certification(profile.minimum_certification),
        Rule::Verification => {
            let ways: Vec<_> = profile.verification_methods.iter().map(|way| way_words(way)).collect();
            format!("a model that checks you only by {}", ways.join(" or "))
        }
    }
}

const fn evidence(level: EvidenceLevel) -> &'static str {
    match level {
        EvidenceLevel::E0 => "a passkey",
        EvidenceLevel::E1 => "a passkey that has proved itself in use (evidence level E1)",
        EvidenceLevel::E2 => "a security key or device whose maker vouches for the model (evidence level E2)",
        EvidenceLevel::E3 | EvidenceLevel::E4 => {
            "a security key or device that proves its hardware (evidence level E3)"
        }
    }
}

fn certification(level: Certification) -> String {
    format!("a model with FIDO certification {} or higher", level.name().replace("plus", "+"))
}

fn way_words(way: &str) -> &str {
    match way {
        "fingerprint_internal" => "fingerprint",
        "passcode_internal" | "passcode_external" => "PIN",
        "voiceprint_internal" => "voice",
        "faceprint_internal" => "face",
        "location_internal" => "place",
        "eyeprint_internal" => "eye",
        "pattern_internal" | "pattern_external" => "pattern",
        "handprint_internal" => "hand",
        other => other,
    }
}

/// A profile in one line for an administrator: `Device-bound, attested at registration, evidence E2`.
#[must_use]
pub fn summary(profile: &PasskeyProfile) -> String {
    let kinds = match (profile.types.device_bound, profile.types.synced) {
        (true, true) => "Device-bound or synced",
        (true, false) => "Device-bound",
        (false, true) => "Synced",
        (false, false) => "No kind",
    };
    let mut parts = vec![kinds.to_owned()];
    if profile.attestation {
        parts.push("attested at registration".to_owned());
    }
    if profile.restrictions.enforced {
        let what = if profile.restrictions.block { "all models but" } else { "only" };
        parts.push(format!("{what} {} listed", profile.restrictions.aaguids.len()));
    }
    if profile.minimum_evidence > EvidenceLevel::E0 {
        parts.push(format!("evidence {}", profile.minimum_evidence.name()));
    }
    if profile.minimum_certification > Certification::None {
        parts.push(format!("certification {}", profile.minimum_certification.name()));
    }
    if !profile.verification_methods.is_empty() {
        parts.push(format!("verifies by {}", profile.verification_methods.join(" or ")));
    }
    parts.join(", ")
}
