//! The language of device filters, and what it makes of what is not known.

use super::*;
use crate::policy::access::facts::{Ownership, TrustType};
use passband_wire::id::DeviceId;

const ID: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";

fn labels() -> Vec<String> {
    vec!["M365Managed".to_owned(), "CloudPC".to_owned()]
}

fn attributes() -> Vec<Option<String>> {
    vec![Some("SAW".to_owned()), None, Some("Zürich".to_owned())]
}

fn device<'a>(labels: &'a [String], attributes: &'a [Option<String>]) -> DeviceFacts<'a> {
    DeviceFacts {
        display_name: Some("LAPTOP-7"),
        ownership: Some(Ownership::Company),
        is_compliant: Some(true),
        is_managed: Some(true),
        manufacturer: Some("Contoso"),
        mdm_app_id: Some("0000000a-0000-0000-c000-000000000000"),
        operating_system: Some("Windows"),
        operating_system_version: Some("10.0.22631"),
        profile_type: Some("RegisteredDevice"),
        system_labels: labels,
        trust_type: Some(TrustType::AzureAd),
        extension_attributes: attributes,
        ..DeviceFacts::bare(ID.parse::<DeviceId>().unwrap())
    }
}

fn find(rule: &str) -> Truth {
    let (labels, attributes) = (labels(), attributes());
    let device = Fact::Known(Some(device(&labels, &attributes)));
    Filter::parse(rule)
        .unwrap_or_else(|error| panic!("{rule}: {error}"))
        .finds(&device, UnknownDevice::AsDocumented)
}

#[test]
fn each_operator_and_its_opposite() {
    for (yes, no) in [
        (
            r#"device.deviceId -eq "29D9ED98-A469-4536-ADE2-F981BC1D605E""#,
            format!(r#"device.deviceId -ne "{ID}""#),
        ),
        (r#"device.displayName -eq "laptop-7""#, r#"device.displayName -ne "LAPTOP-7""#.into()),
        (r#"device.displayName -startsWith "lap""#, r#"device.displayName -notStartsWith "LAP""#.into()),
        (r#"device.displayName -endsWith "-7""#, r#"device.displayName -notEndsWith "-7""#.into()),
        (r#"device.displayName -contains "top""#, r#"device.displayName -notContains "TOP""#.into()),
        (r#"device.displayName -in ["x", "laptop-7"]"#, r#"device.displayName -notIn ["laptop-7"]"#.into()),
        ("device.isCompliant -eq True", r#"device.isCompliant -ne "True""#.into()),
        (r#"device.deviceOwnership -eq "company""#, r#"device.deviceOwnership -eq "Personal""#.into()),
        (r#"device.trustType -in ["AzureAD","ServerAD"]"#, r#"device.trustType -eq "Workplace""#.into()),
        (r#"device.systemLabels -contains "cloudpc""#, r#"device.systemLabels -contains "cloud""#.into()),
        (r#"device.systemLabels -notContains "cloud""#, r#"device.systemLabels -ne "CloudPC""#.into()),
        (r#"device.extensionAttribute3 -contains "ÜRI""#, r#"device.extensionAttribute2 -eq "SAW""#.into()),
        ("device.extensionAttribute2 -eq null", "device.extensionAttribute1 -eq $null".into()),
        (r#"device.model -notContains "Surface""#, r#"device.model -contains "Surface""#.into()),
        (
            r#"device.mdmAppId -in ["0000000A-0000-0000-C000-000000000000"]"#,
            "device.mdmAppId -eq null".into(),
        ),
    ] {
        assert_eq!((find(yes), find(&no)), (Truth::Yes, Truth::No), "{yes} / {no}");
    }
}

#[test]
fn and_binds_before_or_and_not_before_both() {
    let (yes, no) = (r#"device.operatingSystem -eq "Windows""#, r#"device.operatingSystem -eq "Linux""#);
    for (rule, expected) in [
        (format!("{yes} -or {no} -and {no}"), Truth::Yes),
        (format!("({yes} -or {no}) -and {no}"), Truth::No),
        (format!("-not {no} -and {yes}"), Truth::Yes),
        (format!("-not ({no} -or {yes})"), Truth::No),
        (format!("NOT {yes} OR {yes}"), Truth::Yes),
        (format!("-not -not {yes}"), Truth::Yes),
        (format!("(({yes}))\t-AND\n{yes}"), Truth::Yes),
    ] {
        assert_eq!(find(&rule), expected, "{rule}");
    }
}

#[test]
fn of_an_unregistered_device_every_property_is_null() {
    let nobody = Fact::Known(None);
    for (rule, documented) in [
        ("device.isCompliant -eq True", Truth::No),
        ("device.isCompliant -ne True", Truth::Yes),
        ("device.isCompliant -eq False", Truth::No),
        (r#"device.displayName -startsWith "a""#, Truth::No),
        (r#"device.displayName -notStartsWith "a""#, Truth::Yes),
        (r#"device.displayName -notIn ["a"]"#, Truth::Yes),
        (r#"device.systemLabels -notContains "a""#, Truth::Yes),
        (r#"device.extensionAttribute1 -ne "SAW""#, Truth::Yes),
        ("device.model -eq null", Truth::Yes),
        ("-not (device.isCompliant -eq True)", Truth::Yes),
    ] {
        let rule = Filter::parse(rule).unwrap();
        assert_eq!(rule.finds(&nobody, UnknownDevice::AsDocumented), documented, "{}", rule.text());
        assert_eq!(rule.finds(&nobody, UnknownDevice::FailClosed), Truth::Unknown, "{}", rule.text());
        assert_eq!(rule.finds(&Fact::Unknown, UnknownDevice::AsDocumented), Truth::Unknown);
    }
}

#[test]
fn a_stale_report_is_null_or_unknown_and_an_unset_property_is_null() {
    let (labels, attributes) = (labels(), attributes());
    let mut it = device(&labels, &attributes);
    (it.is_compliant, it.is_managed, it.model) = (None, None, None);
    let finds = |rule: &str, unknown| Filter::parse(rule).unwrap().finds(&Fact::Known(Some(it)), unknown);
    let both = |rule| (finds(rule, UnknownDevice::AsDocumented), finds(rule, UnknownDevice::FailClosed));
    assert_eq!(both("device.isCompliant -ne True"), (Truth::Yes, Truth::Unknown));
    assert_eq!(both("device.isCompliant -eq True"), (Truth::No, Truth::Unknown));
    assert_eq!(both(r#"device.model -eq "X""#), (Truth::No, Truth::No));
    assert_eq!(both(r#"device.extensionAttribute1 -eq "SAW""#), (Truth::No, Truth::Unknown));
    // Not set is not set, whoever manages the device.
    assert_eq!(both(r#"device.extensionAttribute2 -eq "SAW""#), (Truth::No, Truth::No));
}

#[test]
fn extension_attributes_count_on_managed_compliant_and_hybrid_devices_alone() {
    let (labels, attributes) = (labels(), attributes());
    let rule = Filter::parse(r#"device.extensionAttribute1 -eq "SAW""#).unwrap();
    for (managed, compliant, trust, expected) in [
        (Some(true), Some(false), TrustType::AzureAd, Truth::Yes),
        (Some(false), Some(true), TrustType::AzureAd, Truth::Yes),
        (None, Some(true), TrustType::AzureAd, Truth::Yes),
        (Some(false), Some(false), TrustType::ServerAd, Truth::Yes),
        (Some(false), Some(false), TrustType::AzureAd, Truth::No),
    ] {
        let mut it = device(&labels, &attributes);
        (it.is_managed, it.is_compliant, it.trust_type) = (managed, compliant, Some(trust));
        assert_eq!(rule.finds(&Fact::Known(Some(it)), UnknownDevice::FailClosed), expected);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (rule, at, expected, found) in [
        ("", 1, "device.<property>", "the end of the rule"),
        ("isCompliant -eq True", 1, "device.<property>", "isCompliant"),
        ("device.colour -eq \"red\"", 1, "deviceId, displayName", "device.colour"),
        ("device.extensionAttribute16 -eq \"a\"", 1, "extensionAttribute15", "16"),
        ("device.extensionAttribute01 -eq \"a\"", 1, "extensionAttribute15", "01"),
        ("device.isCompliant -contains True", 20, "-eq or -ne", "-contains"),
        ("device.isCompliant -eq maybe", 24, "True or False", "maybe"),
        ("device.deviceId -eq \"seven\"", 21, "a GUID", "seven"),
        ("device.trustType -eq \"Hybrid\"", 22, "AzureAD, ServerAD, Workplace", "Hybrid"),
        ("device.model == \"X\"", 14, "an operator", "'='"),
        ("device.model -like \"X\"", 14, "-startsWith", "-like"),
        ("device.model -eq X", 18, "a string in quotes", "X"),
        ("device.model -eq \"X", 18, "a string that ends with \"", "the end"),
        ("device.model -eq \u{201c}X\u{201d}", 18, "a straight quote", "\u{201c}"),
        ("device.model -in \"X\"", 18, "a list", "\"X\""),
        ("device.model -in [\"X\"", 22, "\",\" or \"]\"", "the end"),
        ("device.model -in []", 19, "a string in quotes", "]"),
        ("device.model -eq \"\"", 18, "not empty", ""),
        ("(device.model -eq \"X\"", 22, "\")\"", "the end"),
        ("device.model -eq \"X\")", 21, "the end of the rule", "\")\""),
        ("device.model -eq \"X\" -and", 26, "device.<property>", "the end"),
        ("device.model -eq \"X\" device.model -eq \"Y\"", 22, "-and, -or", "device.model"),
        ("device.model -eq \"a`b\"", 21, "a quote or a backtick", "'b'"),
        ("device.systemLabels -startsWith \"a\"", 21, "-contains or -notContains", "-startsWith"),
        ("device.systemLabels -eq null", 25, "a string in quotes", "null"),
    ] {
        let error = Filter::parse(rule).unwrap_err();
        assert_eq!(error.at, at, "{rule}: {error}");
        assert!(error.expected.contains(expected), "{rule}: {error}");
        assert!(error.found.contains(found), "{rule}: {error}");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    let deep = |n: usize| format!("{}device.isCompliant -eq True{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse(&deep(MAX_DEPTH)).is_ok());
    let error = Filter::parse(&deep(MAX_DEPTH + 1)).unwrap_err();
    assert_eq!(error.at, MAX_DEPTH + 1, "{error}");
    assert!(Filter::parse(&format!("{}device.isCompliant -eq True", "-not ".repeat(MAX_DEPTH + 1))).is_err());
    // One after the other is no depth.
    let wide = vec!["(device.isCompliant -eq True)"; 50].join(" -or ");
    assert!(Filter::parse(&wide).is_ok());
    // Characters, not bytes.
    let of = |n: usize| format!("device.model -eq \"{}\"", "ü".repeat(n - 19));
    assert!(Filter::parse(&of(MAX_RULE)).is_ok());
    assert_eq!(Filter::parse(&of(MAX_RULE + 1)).unwrap_err().at, MAX_RULE + 1);
}

#[test]
fn a_quote_inside_a_string() {
    let rule = Filter::parse("device.displayName -eq \"say `\"hi`\" ``\"").unwrap();
    let mut it = DeviceFacts::bare(ID.parse().unwrap());
    it.display_name = Some("say \"hi\" `");
    assert_eq!(rule.finds(&Fact::Known(Some(it)), UnknownDevice::AsDocumented), Truth::Yes);
    assert_eq!(Filter::parse(rule.text()).unwrap(), rule);
}
