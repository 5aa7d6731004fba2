//! What others say about a device: whether it keeps the organisation's rules, whose it is, what it is.
//!
//! A device says only what it is called and what it runs. Whether it is compliant or managed is said by an
//! administrator, over the API by a device management, or by a signal; and it is good for a while only. A fact that
//! nobody has renewed in time is stale, and counts as unknown: a management that fell silent vouches for nothing.

use crate::directory::Device;
pub use crate::directory::{Attribute, Compliance, Details, Ownership, Told};
use crate::manage::Invalid;
use crate::time::{Seconds, Timestamp};

/// How long a fact is good where nobody says otherwise: managements report several times a day.
pub const GOOD_FOR: Seconds = Seconds::hours(24);

/// How long a fact can be made good at most. One for ever would outlive whoever vouched for it.
pub const LONGEST: Seconds = Seconds::days(30);

/// Characters a text about a device may have.
pub const MAX_TEXT: usize = 256;

/// What is to be said about a device; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceWish {
    /// Graph `isCompliant`; `Some(None)` makes it unknown.
    pub compliant: Option<Option<bool>>,
    /// Graph `isManaged`; `Some(None)` makes it unknown.
    pub managed: Option<Option<bool>>,
    /// How long the two are good; [`GOOD_FOR`] if nothing is said.
    pub until: Option<Timestamp>,
    /// Graph `operatingSystemVersion`.
    pub os_version: Option<String>,
    /// Graph `deviceOwnership`; `Some(None)` makes it unknown.
    pub ownership: Option<Option<Ownership>>,
    /// Texts to set, or with `None` to take away.
    pub attributes: Vec<(Attribute, Option<String>)>,
}

/// What is said about a device once the wish is granted.
///
/// # Errors
///
/// [`Invalid`] names what may not be said.
pub fn tell(before: &Device, wish: &DeviceWish, now: Timestamp) -> Result<Told, Invalid> {
    let mut told = Told::of(before);
    told.compliance = compliance(before.compliance, wish, now)?;
    if let Some(version) = &wish.os_version {
        told.os_version = text("operatingSystemVersion", version)?;
    }
    if let Some(ownership) = wish.ownership {
        told.details.ownership = ownership;
    }
    for (attribute, value) in &wish.attributes {
        match value.as_deref().filter(|value| !value.is_empty()) {
            Some(value) => {
                told.details.attributes.insert(*attribute, text(attribute.name(), value)?);
            }
            None => {
                told.details.attributes.remove(attribute);
            }
        }
    }
    Ok(told)
}

/// What is said about a device once facts that nobody renewed in time are taken away; `None` if none of that is due. It
/// changes nothing that anybody is told when they ask, see [`Compliance::as_of`]; but whoever is told of changes hears
/// that it lapsed.
#[must_use]
pub fn lapsed(before: &Device, now: Timestamp) -> Option<Told> {
    let mut told = Told::of(before);
    told.compliance = before.compliance.as_of(now);
    (told.compliance.compliant != before.compliance.compliant).then_some(told)
}

/// Who says one of the two facts does not vouch for the other: that one keeps its own, earlier end, and takes the new
/// fact along. So nothing is believed for longer than somebody said it.
fn compliance(before: Compliance, wish: &DeviceWish, now: Timestamp) -> Result<Compliance, Invalid> {
    const UNTIL: &str = "passband_complianceExpirationDateTime";
    if wish.compliant.is_none() && wish.managed.is_none() {
        return match wish.until {
            Some(_) => Err(Invalid::new(
                UNTIL,
                "goes with isCompliant or isManaged: what is not said again is not prolonged",
            )),
            None => Ok(before),
        };
    }
    let until = wish.until.unwrap_or(now + GOOD_FOR);
    if until <= now || until > now + LONGEST {
        return Err(Invalid::new(UNTIL, "must be a time such as 2026-12-01T08:00:00Z, within 30 days"));
    }
    let known = before.as_of(now);
    let kept = (wish.compliant.is_none() && known.compliant.is_some())
        || (wish.managed.is_none() && known.managed.is_some());
    Ok(Compliance {
        compliant: wish.compliant.unwrap_or(known.compliant),
        managed: wish.managed.unwrap_or(known.managed),
        until: if kept { until.min(known.until) } else { until },
    })
}

fn text(property: &'static str, value: &str) -> Result<String, Invalid> {
    let plain = value.chars().count() <= MAX_TEXT && !value.chars().any(char::is_control);
    plain
        .then(|| value.to_owned())
        .ok_or(Invalid::new(property, "must have at most 256 characters and no control characters"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::JoinType;
    use crate::id::{DeviceId, UserId};

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn device(compliance: Compliance) -> Device {
        Device {
            id: DeviceId::from_bytes([1; 16]),
            owner: UserId::from_bytes([2; 16]),
            name: "Laptop".to_owned(),
            join: JoinType::Joined,
            enabled: true,
            os: "Linux".to_owned(),
            os_version: "6.1".to_owned(),
            device_key: Vec::new(),
            transport_key: Vec::new(),
            certificate: Vec::new(),
            thumbprint: [0; 32],
            certificate_expires: NOW,
            evidence: Default::default(),
            compliance,
            details: Details::default(),
            profile: crate::directory::ClientProfile::Strict,
            revision: 0,
            created: NOW,
            last_seen: None,
        }
    }

    fn good(until: i64) -> Compliance {
        Compliance { compliant: Some(true), managed: Some(true), until: Timestamp(NOW.0 + until) }
    }

    #[test]
    fn a_fact_is_unknown_from_its_end_on() {
        let fact = good(10);
        assert_eq!(fact.as_of(Timestamp(NOW.0 + 9)), fact);
        for late in [10, 11, 1_000_000] {
            let then = fact.as_of(Timestamp(NOW.0 + late));
            assert_eq!((then.compliant, then.managed), (None, None), "{late}");
        }
        assert_eq!(Compliance::default().as_of(NOW).compliant, None);
    }

    #[test]
    fn who_says_one_fact_does_not_prolong_the_other() {
        let yes = DeviceWish { compliant: Some(Some(true)), ..DeviceWish::default() };
        let of = |before, wish: &DeviceWish| tell(&device(before), wish, NOW).unwrap().compliance;
        assert_eq!(of(good(60), &yes), good(60));
        // What has gone stale does not come back with it.
        let fresh = Compliance { compliant: Some(true), managed: None, until: NOW + GOOD_FOR };
        assert_eq!(of(good(0), &yes), fresh);
        assert_eq!(of(Compliance::default(), &yes), fresh);
        let both = DeviceWish { managed: Some(None), ..yes };
        assert_eq!(of(good(60), &both), fresh);
    }

    #[test]
    fn no_fact_is_for_ever() {
        let wish = |until: i64| DeviceWish {
            compliant: Some(Some(true)),
            until: Some(Timestamp(NOW.0 + until)),
            ..DeviceWish::default()
        };
        let last = LONGEST.0;
        assert!(tell(&device(good(60)), &wish(last), NOW).is_ok());
        for bad in [-1, 0, last + 1] {
            let refused = tell(&device(good(60)), &wish(bad), NOW).unwrap_err();
            assert_eq!(refused.property, "passband_complianceExpirationDateTime", "{bad}");
        }
        let alone = DeviceWish { until: Some(Timestamp(NOW.0 + 60)), ..DeviceWish::default() };
        assert!(tell(&device(good(60)), &alone, NOW).is_err());
    }

    #[test]
    fn texts_are_set_and_taken_away() {
        let set = DeviceWish {
            ownership: Some(Some(Ownership::Company)),
            attributes: vec![
                (Attribute::Model, Some("T14".to_owned())),
                (Attribute::Extension(15), Some("blue".to_owned())),
            ],
            ..DeviceWish::default()
        };
        let told = tell(&device(good(60)), &set, NOW).unwrap();
        assert_eq!(told.compliance, good(60));
        assert_eq!(told.details.attributes[&Attribute::Extension(15)], "blue");
        let mut after = device(good(60));
        after.details = told.details;
        let drop = DeviceWish { attributes: vec![(Attribute::Model, None)], ..DeviceWish::default() };
        let told = tell(&after, &drop, NOW).unwrap();
        assert_eq!(told.details.attributes.len(), 1);
        assert_eq!(told.details.ownership, Some(Ownership::Company));
        for bad in ["a\0b".to_owned(), "x".repeat(MAX_TEXT + 1)] {
            let wish =
                DeviceWish { attributes: vec![(Attribute::Model, Some(bad))], ..DeviceWish::default() };
            assert_eq!(tell(&after, &wish, NOW).unwrap_err().property, "model");
        }
    }

    #[test]
    fn names_go_both_ways() {
        assert_eq!(Attribute::all().count(), 19);
        for attribute in Attribute::all() {
            assert_eq!(Attribute::from_name(attribute.name()), Some(attribute));
        }
        assert_eq!(Attribute::Extension(0).name(), "");
        assert_eq!(Attribute::Extension(16).name(), "");
        assert_eq!(Attribute::from_name(""), None);
        assert_eq!(Ownership::from_name("Company"), Some(Ownership::Company));
    }
}
