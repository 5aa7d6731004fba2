//! A thief who read a broker's whole memory and files, but could not make its key sign: with protocol version 4 there is
//! nothing to take along.

use super::ground::Ground;
use super::refusals::{claims, logged, nonce, present};
use super::robot::Trouble;
use super::story::Story;
use passband_broker::agent::Agent;
use passband_broker::enrol::Device;
use passband_broker::keys::soft::SoftKeys;
use passband_broker::keys::{DeviceKeys as _, Transport};
use passband_broker::prt::Prt;
use passband_wire::jose::ec::EcPublicKey;
use passband_wire::prt::bound::{Bound, fresh_apv};
use passband_wire::prt::signed;
use passband_wire::prt::suite::Suite;
use passband_wire::rng::SystemRandom;

/// Tells what a stolen PRT is worth without the key of its device.
///
/// # Errors
///
/// [`Trouble`] if a step could not be taken at all.
pub async fn tell(ground: &Ground, story: &mut Story, victim: &Agent, stolen: &Prt) -> Result<(), Trouble> {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", &ground.notes_id),
        ("refresh_token", stolen.token().expose()),
    ];
    let response = ground.http.post(format!("{}/token", ground.server)).form(&form).send().await?;
    story.step(
        response.status().as_u16() == 400 && logged(ground, "prt_unbound_use").await?,
        "A stolen PRT, presented as a refresh token: refused, prt_unbound_use",
    );
    let (identity, keys) = victim.device()?;
    // The thief has the PRT, the certificate, and keys of his own; what the victim's memory held besides is no key.
    let own = SoftKeys::generate(Suite::DeviceKey)?;
    let thief = Device { keys: &own, certificate: &identity.certificate };
    let apv = fresh_apv(&SystemRandom);
    let usage = |nonce: String| Bound::usage(claims(ground, stolen, nonce), &apv);
    let (status, _) = present(ground, &thief.sign(&usage(nonce(ground).await?))?).await?;
    story.step(
        stolen.session_key().is_none() && status == 400 && logged(ground, "device_key_mismatch").await?,
        "A stolen PRT with all its broker's memory held, signed with another device key: refused, device_key_mismatch",
    );
    // What the transport key agrees on with a stranger, used as if it were a session key.
    let Transport::Agree(transport) = keys.transport() else {
        return Err("the second laptop has no P-256 keys".into());
    };
    let shared = transport.agree(&EcPublicKey::from_spki(own.transport_spki())?)?;
    let guess = passband_wire::jose::kdf::SessionKey::from_bytes(*shared);
    let request = signed::sign(&guess, &claims(ground, stolen, nonce(ground).await?), &SystemRandom)?;
    let (status, _) = present(ground, &request).await?;
    story.step(
        status == 400 && logged(ground, "device_key_mismatch").await?,
        "The same PRT in the older suite, under a session key the thief made up: refused, nothing negotiates",
    );
    let device = Device { keys: &keys, certificate: &identity.certificate };
    let cookie = device.sign(&Bound::cookie(claims(ground, stolen, nonce(ground).await?)))?;
    let (status, _) = present(ground, &cookie).await?;
    story.step(
        status == 400 && logged(ground, "request_malformed").await?,
        "A signature that the laptop made for a cookie, presented for a token: refused, it is good for its purpose alone",
    );
    let request = device.sign(&usage(nonce(ground).await?))?;
    let (status, body) = present(ground, &request).await?;
    let (again, _) = present(ground, &request).await?;
    story.step(
        status == 200 && body.is_null() && again == 400 && logged(ground, "nonce_replayed").await?,
        "A whole request of the laptop, recorded and sent again: refused, nonce_replayed; its answer was for the laptop alone",
    );
    Ok(())
}
