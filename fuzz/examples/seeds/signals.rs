//! Seeds of `set` and `access_policy`.

use crate::{Outcome, write};
use passband_core::id::{AccessPolicyId, LocationId, StrengthId};
use passband_core::policy::access::filter::Filter;
use passband_core::policy::access::location::NamedLocation;
use passband_core::policy::access::model::Policy;
use passband_core::policy::access::strength::Strength;
use passband_core::signals::receive::{Wish, verify};
use passband_fuzz::NOW;
use passband_fuzz::transmitter::{US, payload, transmitter};
use serde_json::{Value, from_str};

const POLICY: &str = r##"{"displayName":"Good devices","state":"enabled","conditions":{"users":{"includeUsers":["All"],"excludeGroups":["00000000-0000-0000-0000-0000000000d1"]},"applications":{"includeApplications":["All"]},"clientAppTypes":["browser","mobileAppsAndDesktopClients"],"platforms":{"includePlatforms":["all"],"excludePlatforms":["linux"]},"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]},"devices":{"deviceFilter":{"mode":"exclude","rule":"device.model -startsWith \"X\" -and -not (device.isCompliant -eq True)"}}},"grantControls":{"operator":"OR","builtInControls":["mfa","compliantDevice"]},"sessionControls":{"signInFrequency":{"isEnabled":true,"type":"hours","value":4,"authenticationType":"primaryAndSecondaryAuthentication","frequencyInterval":"timeBased"}},"passband_unknownDevice":"failClosed"}"##;
const BLOCK: &str = r##"{"displayName":"Block","state":"enabledForReportingButNotEnforced","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeUserActions":["urn:user:registersecurityinfo"]},"clientAppTypes":["all"]},"grantControls":{"operator":"AND","builtInControls":["block"]}}"##;
const STRENGTH: &str = r##"{"displayName":"Hardware keys","allowedCombinations":["fido2"],"combinationConfigurations":[{"@odata.type":"#microsoft.graph.fido2CombinationConfiguration","appliesToCombinations":["fido2"],"passband_keyBinding":["hardware"]}]}"##;
const RANGES: &str = r##"{"@odata.type":"#microsoft.graph.ipNamedLocation","displayName":"Office","isTrusted":true,"ipRanges":[{"@odata.type":"#microsoft.graph.iPv4CidrRange","cidrAddress":"192.0.2.0/24"},{"@odata.type":"#microsoft.graph.iPv6CidrRange","cidrAddress":"2001:db8::/32"}]}"##;
const COUNTRIES: &str = r##"{"@odata.type":"#microsoft.graph.countryNamedLocation","displayName":"North","countriesAndRegions":["NO","SE"],"includeUnknownCountriesAndRegions":false}"##;
const RULES: [(&str, &str); 4] = [
    ("model", r#"device.model -startsWith "X" -and -not (device.isCompliant -eq True)"#),
    ("null", "device.displayName -ne null -or device.manufacturer -eq null"),
    (
        "list",
        r#"device.operatingSystem -in ["Linux", "Windows"] -and device.extensionAttribute1 -notContains "a""#,
    ),
    ("id", r#"device.deviceId -eq "03030303-0303-0303-0303-030303030303""#),
];

pub(super) fn set() -> Outcome {
    let from = transmitter();
    let lowered = verify(&from.good(), &from.registered, US, NOW)?.wish();
    if !matches!(lowered, Wish::SetCompliance(_, false)) {
        return Err("a good token lowers nothing".into());
    }
    for (name, event) in [("lowers", "device-compliance-change"), ("ends", "session-revoked"), ("other", "x")]
    {
        verify(&from.set(payload(event).as_bytes()), &from.registered, US, NOW)?;
        write("set", name, format!("\u{1}{}", payload(event)))?;
    }
    let header = r#"{"alg":"ES256","typ":"secevent+jwt","kid":"k1"}"#;
    write("set", "header", format!("\u{2}{header}\n{}", payload("session-revoked")))?;
    let complex = payload("session-revoked").replace(
        r#""format":"opaque""#,
        r#""format":"complex","device":{"format":"opaque","id":"02020202-0202-0202-0202-020202020202"}"#,
    );
    write("set", "complex", format!("\u{1}{complex}"))?;
    write(
        "set",
        "raises",
        format!("\u{1}{}", payload("device-compliance-change").replace("not-compliant", "compliant")),
    )?;
    write("set", "bent", [3, 0, 0x10, b'A'])?;
    write("set", "keys", format!("\u{4}{}", from.registered.keys))?;
    write("set", "token", "\0a.b.c")
}

pub(super) fn access_policy() -> Outcome {
    let zero = [0; 16];
    for (name, text) in [("policy", POLICY), ("report", BLOCK)] {
        Policy::from_graph(&from_str::<Value>(text)?, AccessPolicyId::from_bytes(zero))?;
        write("access_policy", name, format!("\0{text}"))?;
    }
    Strength::from_graph(&from_str::<Value>(STRENGTH)?, StrengthId::from_bytes(zero))?;
    write("access_policy", "strength", format!("\u{1}{STRENGTH}"))?;
    for (name, text) in [("ranges", RANGES), ("countries", COUNTRIES)] {
        NamedLocation::from_graph(&from_str::<Value>(text)?, LocationId::from_bytes(zero))?;
        write("access_policy", name, format!("\u{2}{text}"))?;
    }
    for (name, text) in RULES {
        Filter::parse(text)?;
        write("access_policy", &format!("rule_{name}"), format!("\u{3}{text}"))?;
    }
    Ok(())
}
