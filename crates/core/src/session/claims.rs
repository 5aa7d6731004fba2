//! The claims of tokens: who, and how strongly it is known (OpenID Connect Core §2, RFC 9068).

use super::standing::Live;
use crate::id::{ClientId, TenantId};
use crate::policy::access::Permit;
use crate::policy::access::model::ContinuousEvaluation;
use crate::policy::signal::Binding;
use crate::rng::Random;
use crate::time::{Seconds, Timestamp};
use passband_wire::jose::jws::random_text;
use passband_wire::oauth::pop::Confirmation;
use serde::{Deserialize, Serialize};

/// An access token's life. Short: resource servers check it offline, so revocation waits this long at most.
pub const ACCESS_TOKEN: Seconds = Seconds::minutes(15);

/// An access token's life where a policy asks for strict continuous evaluation.
pub const STRICT_ACCESS_TOKEN: Seconds = Seconds::minutes(5);

/// The shortest life of an access token: one that ends on its way helps nobody.
const SHORTEST: Seconds = Seconds::minutes(1);

/// How long an access token lives that policies permitted: never longer than the sign-in behind it is good for.
#[must_use]
pub fn access_token_life(permit: &Permit, now: Timestamp) -> Seconds {
    let limits = permit.limits();
    let usual = match limits.continuous_evaluation {
        Some(ContinuousEvaluation::Strict) => STRICT_ACCESS_TOKEN,
        Some(ContinuousEvaluation::Disabled) | None => ACCESS_TOKEN,
    };
    limits.sign_in_good_until.map_or(usual, |until| usual.min((until - now).max(SHORTEST)))
}

/// An ID token's life: it is read once, on arrival.
pub const ID_TOKEN: Seconds = Seconds::minutes(15);

/// `typ` of an access token (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYP: &str = "at+jwt";

/// `typ` of an ID token.
pub const ID_TOKEN_TYP: &str = "JWT";

/// What is the same in every token of one answer.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The issuer: the public URL.
    pub issuer: &'a str,
    /// The tenant.
    pub tenant: TenantId,
    /// The session behind it.
    pub live: Live<'a>,
    /// The client it is for.
    pub client: ClientId,
    /// Now.
    pub now: Timestamp,
}

/// An access token (RFC 9068 §2.2).
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Issuer.
    pub iss: String,
    /// The person.
    pub sub: String,
    /// The resource.
    pub aud: String,
    /// End.
    pub exp: i64,
    /// Made.
    pub iat: i64,
    /// Unique id.
    pub jti: String,
    /// To whom it was issued.
    pub client_id: String,
    /// Granted scope.
    pub scope: String,
    /// When the person last proved themselves. Renewal never moves it.
    pub auth_time: i64,
    /// How strongly.
    pub acr: String,
    /// By what (RFC 8176).
    pub amr: Vec<String>,
    /// The session.
    pub sid: String,
    /// The person's directory id; the same as `sub`.
    pub oid: String,
    /// The tenant.
    pub tid: String,
    /// `userPrincipalName`.
    pub upn: String,
    /// The device it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviceid: Option<String>,
    /// The key it is bound to, whose proof the resource asks for at each request (RFC 7800 §3.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// What the session behind it is bound to: `none`, `softwareKey` or `hardwareKey`.
    pub passband_binding: String,
}

/// An ID token (OpenID Connect Core §2).
#[derive(Debug, Serialize, Deserialize)]
pub struct IdClaims {
    /// Issuer.
    pub iss: String,
    /// The person.
    pub sub: String,
    /// The client.
    pub aud: String,
    /// End.
    pub exp: i64,
    /// Made.
    pub iat: i64,
    /// When the person last proved themselves.
    pub auth_time: i64,
    /// As the client sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// How strongly.
    pub acr: String,
    /// By what (RFC 8176).
    pub amr: Vec<String>,
    /// The session.
    pub sid: String,
    /// The person's directory id.
    pub oid: String,
    /// The tenant.
    pub tid: String,
    /// Display name.
    pub name: String,
    /// `userPrincipalName`.
    pub preferred_username: String,
    /// The same, under the name older clients read.
    pub upn: String,
    /// The device it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviceid: Option<String>,
    /// What the session behind it is bound to.
    pub passband_binding: String,
    /// `1.0`, for broker clients.
    pub ver: String,
}

impl Subject<'_> {
    fn amr(&self) -> Vec<String> {
        self.live.factors().amr().into_iter().map(str::to_owned).collect()
    }

    fn device(&self) -> Option<String> {
        self.live.device().map(|device| device.id.to_string())
    }

    fn binding(&self) -> Binding {
        self.live.binding()
    }

    /// Claims of an access token for `audience` that lives for so long.
    #[must_use]
    pub fn access(&self, audience: &str, scope: &str, life: Seconds, rng: &dyn Random) -> AccessClaims {
        let (session, user) = (self.live.session(), self.live.user());
        let sub = user.id.to_string();
        AccessClaims {
            iss: self.issuer.to_owned(),
            oid: sub.clone(),
            sub,
            aud: audience.to_owned(),
            exp: (self.now + life).0,
            iat: self.now.0,
            jti: random_text::<16>(rng),
            client_id: self.client.to_string(),
            scope: scope.to_owned(),
            auth_time: session.auth_time.0,
            acr: session.factors.acr().to_owned(),
            amr: self.amr(),
            sid: session.id.to_string(),
            tid: self.tenant.to_string(),
            upn: user.upn.clone(),
            deviceid: self.device(),
            cnf: None,
            passband_binding: self.binding().name().to_owned(),
        }
    }

    /// Claims of an ID token.
    #[must_use]
    pub fn id(&self, nonce: Option<&str>) -> IdClaims {
        let (session, user) = (self.live.session(), self.live.user());
        let sub = user.id.to_string();
        IdClaims {
            iss: self.issuer.to_owned(),
            oid: sub.clone(),
            sub,
            aud: self.client.to_string(),
            exp: (self.now + ID_TOKEN).0,
            iat: self.now.0,
            auth_time: session.auth_time.0,
            nonce: nonce.map(str::to_owned),
            acr: session.factors.acr().to_owned(),
            amr: self.amr(),
            sid: session.id.to_string(),
            tid: self.tenant.to_string(),
            name: user.display_name.clone(),
            preferred_username: user.upn.clone(),
            upn: user.upn.clone(),
            deviceid: self.device(),
            passband_binding: self.binding().name().to_owned(),
            ver: "1.0".to_owned(),
        }
    }
}
