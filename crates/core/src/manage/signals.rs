//! Receivers of signals: letting in, changing.

use super::app::{new_secret, secret_hash};
use super::{Invalid, display_name};
use crate::id::{StreamId, TransmitterId};
use crate::rng::Random;
use crate::signals::TYPES;
use crate::signals::receive::Transmitter;
use crate::signals::stream::{Method, Stream, StreamStatus, may_send_to};
use crate::time::Timestamp;
use passband_wire::secevent::Keys;
use zeroize::Zeroizing;

/// Receivers an installation may have: each is asked at every event.
pub const MAX_STREAMS: usize = 50;

/// What is wanted of a receiver; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamWish {
    /// What administrators call it.
    pub name: Option<String>,
    /// Claim `aud` of its events.
    pub audience: Option<String>,
    /// The one address events may be sent to; `Some(None)` for none.
    pub push_url: Option<Option<String>>,
}

/// A receiver that has yet to make its stream, and its credential, which is shown once.
///
/// # Errors
///
/// [`Invalid`] names what is missing or wrong.
pub fn create(
    wish: &StreamWish,
    now: Timestamp,
    rng: &dyn Random,
) -> Result<(Stream, Zeroizing<String>), Invalid> {
    if wish.name.is_none() {
        return Err(Invalid::new("displayName", "is required"));
    }
    if wish.audience.is_none() {
        return Err(Invalid::new("audience", "is required"));
    }
    let secret = new_secret(rng);
    let blank = Stream {
        id: StreamId::generate(rng),
        name: String::new(),
        audience: String::new(),
        secret_hash: secret_hash(&secret),
        push_url: String::new(),
        status: StreamStatus::Unmade,
        reason: String::new(),
        method: Method::Poll,
        authorization: Vec::new(),
        events: (1 << TYPES.len()) - 1,
        description: String::new(),
        created: now,
        revision: 0,
        verified: Timestamp::default(),
    };
    Ok((apply(&blank, wish)?, secret))
}

/// The receiver as the wish has it.
///
/// # Errors
///
/// [`Invalid`] names what is wrong.
pub fn apply(before: &Stream, wish: &StreamWish) -> Result<Stream, Invalid> {
    let mut after = before.clone();
    if let Some(name) = &wish.name {
        after.name = display_name(name)?;
    }
    if let Some(audience) = &wish.audience {
        let plain = !audience.is_empty()
            && audience.len() <= 255
            && audience.bytes().all(|b| (0x21..0x7f).contains(&b));
        if !plain {
            return Err(Invalid::new("audience", "must be a URI of at most 255 characters"));
        }
        after.audience = audience.clone();
    }
    match &wish.push_url {
        Some(Some(url)) if !may_send_to(url) => {
            return Err(Invalid::new(
                "pushUrl",
                "must be https://, or http:// on this machine; without user, password and fragment",
            ));
        }
        Some(Some(url)) => after.push_url = url.clone(),
        Some(None) => after.push_url = String::new(),
        None => {}
    }
    // What was given for the old address is not sent to the new one.
    if after.push_url != before.push_url {
        after.authorization = Vec::new();
    }
    Ok(after)
}

/// What is said of whoever may send us signals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransmitterWish {
    /// What administrators call it.
    pub name: String,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud` that names us.
    pub audience: String,
    /// Its key set (RFC 7517 §5).
    pub keys: String,
    /// Whether it may say of device compliance.
    pub compliance: bool,
    /// Whether it may end sessions.
    pub sessions: bool,
    /// Whether it may say that a device is compliant.
    pub may_raise: bool,
}

/// Somebody who may send us signals.
///
/// # Errors
///
/// [`Invalid`] names what is wrong.
pub fn register(wish: TransmitterWish, now: Timestamp, rng: &dyn Random) -> Result<Transmitter, Invalid> {
    let named =
        |text: &String| (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x21..0x7f).contains(&b));
    if !named(&wish.issuer) {
        return Err(Invalid::new("issuer", "must be a URI of at most 255 characters"));
    }
    if !named(&wish.audience) {
        return Err(Invalid::new("audience", "must be a URI of at most 255 characters"));
    }
    if Keys::parse(&wish.keys).is_none() {
        let why = "must be a key set with 1 to 10 named keys that sign ES256 or RS256";
        return Err(Invalid::new("jwks", why));
    }
    Ok(Transmitter {
        id: TransmitterId::generate(rng),
        name: display_name(&wish.name)?,
        issuer: wish.issuer,
        audience: wish.audience,
        keys: wish.keys,
        compliance: wish.compliance,
        sessions: wish.sessions,
        may_raise: wish.may_raise,
        created: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn good() -> StreamWish {
        StreamWish {
            name: Some("SIEM".to_owned()),
            audience: Some("https://siem.example.org".to_owned()),
            push_url: Some(Some("https://siem.example.org/events".to_owned())),
        }
    }

    #[test]
    fn a_receiver_is_let_in_and_has_no_stream_yet() {
        let (stream, secret) = create(&good(), NOW, &SystemRandom).unwrap();
        assert_eq!(stream.status, StreamStatus::Unmade);
        assert_eq!(stream.secret_hash, secret_hash(&secret));
        for (wish, property) in [
            (StreamWish { name: None, ..good() }, "displayName"),
            (StreamWish { audience: None, ..good() }, "audience"),
            (StreamWish { audience: Some("a b".to_owned()), ..good() }, "audience"),
            (StreamWish { push_url: Some(Some("http://10.0.0.1/".to_owned())), ..good() }, "pushUrl"),
        ] {
            assert_eq!(create(&wish, NOW, &SystemRandom).unwrap_err().property, property);
        }
    }

    #[test]
    fn what_was_given_for_one_address_does_not_go_to_another() {
        let (mut stream, _) = create(&good(), NOW, &SystemRandom).unwrap();
        stream.authorization = vec![1];
        let other = Some(Some("https://other.example/".to_owned()));
        let moved = apply(&stream, &StreamWish { push_url: other, ..StreamWish::default() }).unwrap();
        assert!(moved.authorization.is_empty());
        assert_eq!(apply(&stream, &StreamWish::default()).unwrap(), stream);
    }
}
