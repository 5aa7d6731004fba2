//! The session key and what is derived from it: A6, A7, A8, A9, A16, A25.

use crate::attack::{Outcome, Trouble};
use crate::device::{Chain, Device, Held, key, prt_claims};
use crate::forge;
use crate::http::Reply;
use crate::people::{App, text};
use crate::trial::{Trial, gain};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use passband_wire::b64;
use passband_wire::jose::jwe;
use passband_wire::jose::rsa::SoftRsa;
use passband_wire::prt::BROKER_PLUGIN;
use passband_wire::rng::{self, SystemRandom};
use serde_json::{Value, json};

/// A6.
pub async fn derived_key_again(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let strict = target.chain("Strict").await?;
    let app = target.app().await?;
    trial.control("a strict device, KDFv2", &target.use_prt(&strict.held, "openid").await?)?;
    trial.mark().await?;
    older_refused(trial, &strict.held, &app, "a strict device").await?;
    let was = target.switch(true).await?;
    let tried = async {
        older_refused(trial, &strict.held, &app, "a strict device, with the switch on").await?;
        let person = target.person("Owner").await?;
        let broker = target.broker(&person, (2, 3)).await?;
        let held = &broker.held;
        let ctx = forge::ctx();
        trial.control("a compatible device, KDFv1", &target.renew_v1(held, &ctx).await?)?;
        trial.mark().await?;
        let used = &["nonce_replayed"];
        let reply = target.renew_v1(held, &ctx).await?;
        trial.refused("a context used before, by whoever has the session key", &reply, used).await?;
        // The derived key was had from a device once (CVE-2021-33779). It signs whatever the thief likes.
        let derived = forge::derive_v1(&held.key, &ctx);
        let header = forge::without(forge::header(&ctx), "kdf_ver");
        for (name, scope) in [("a token", "openid"), ("a renewal", "openid aza")] {
            let claims = held.claims(scope, &target.nonce().await?);
            let forged = forge::hs256(&header, claims.to_string().as_bytes(), &derived);
            let reply = target.present_v1(&forged).await?;
            trial.refused(format!("{name} under an extracted derived key"), &reply, used).await?;
        }
        let claims = held.cookie_claims(&target.nonce().await?);
        let forged = forge::hs256(&header, claims.to_string().as_bytes(), &derived);
        let reply = target.carry_cookie(&app, &forged).await?;
        trial.refused("a cookie under an extracted derived key", &reply, used).await?;
        for length in [0, 8, 15, 65] {
            let reply = target.renew_v1(held, &vec![7; length]).await?;
            trial.refused(format!("a context of {length} bytes"), &reply, &["request_malformed"]).await?;
        }
        trial.control("a fresh context still serves", &target.renew_v1(held, &forge::ctx()).await?)
    };
    let tried = tried.await;
    target.switch(was).await?;
    tried
}

async fn older_refused(trial: &mut Trial<'_>, held: &Held, app: &App, who: &str) -> Result<(), Trouble> {
    let target = trial.target;
    let reasons = &["kdf_downgrade"];
    let reply = target.renew_v1(held, &forge::ctx()).await?;
    trial.refused(format!("{who}: a renewal with KDFv1 and the true key"), &reply, reasons).await?;
    let claims = held.claims("openid", &target.nonce().await?);
    let reply = target.present(&forge::sign_v1(&held.key, &forge::ctx(), &claims)).await?;
    trial.refused(format!("{who}: a token with KDFv1 and the true key"), &reply, reasons).await?;
    let claims = held.cookie_claims(&target.nonce().await?);
    let cookie = forge::sign_v1(&held.key, &forge::ctx(), &claims);
    let reply = target.carry_cookie(app, &cookie).await?;
    trial.refused(format!("{who}: a cookie with KDFv1 and the true key"), &reply, reasons).await
}

/// A7.
pub async fn downgrade(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    trial.control("KDFv2", &target.use_prt(&held, "openid").await?)?;
    trial.mark().await?;
    let reasons = &["kdf_downgrade", "session_key_signature"];
    for version in
        [json!(1), json!("2"), json!(2.0), json!(null), json!(0), json!(-2), json!([2]), json!(true)]
    {
        let claims = held.claims("openid", &target.nonce().await?);
        let (ctx, name) = (forge::ctx(), version.to_string());
        let header = forge::with(forge::header(&ctx), &json!({ "kdf_ver": version }));
        let honest = forge::sign(&held.key, &claims);
        let reply = target.present(&forge::reheaded(&honest, &header)).await?;
        trial.refused(format!("kdf_ver {name} in a stolen request"), &reply, reasons).await?;
        // And signed anew under each derivation, as whoever has the key can.
        let payload = claims.to_string();
        for (kdf, key) in [
            ("KDFv1", forge::derive_v1(&held.key, &ctx)),
            ("KDFv2", forge::derive_v2(&held.key, &ctx, payload.as_bytes())),
        ] {
            let reply = target.present(&forge::hs256(&header, payload.as_bytes(), &key)).await?;
            trial.refused(format!("kdf_ver {name} over {kdf}"), &reply, reasons).await?;
        }
        let claims = held.cookie_claims(&target.nonce().await?).to_string();
        let cookie = forge::hs256(&header, claims.as_bytes(), &forge::derive_v1(&held.key, &ctx));
        let reply = target.carry_cookie(&app, &cookie).await?;
        trial.refused(format!("a cookie with kdf_ver {name}"), &reply, reasons).await?;
    }
    let was = target.switch(true).await?;
    let tried = raised(trial).await;
    target.switch(was).await?;
    tried
}

/// A device that may use KDFv1, and shows that it can do better.
async fn raised(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let person = target.person("Owner").await?;
    let broker = target.broker(&person, (2, 3)).await?;
    trial.control("a compatible device, KDFv1", &target.renew_v1(&broker.held, &forge::ctx()).await?)?;
    trial.control("the same, KDFv2", &target.use_prt(&broker.held, "openid").await?)?;
    trial.mark().await?;
    let reply = target.renew_v1(&broker.held, &forge::ctx()).await?;
    trial.refused("KDFv1 after KDFv2 was used", &reply, &["kdf_downgrade"]).await?;
    let person = target.person("Other").await?;
    let broker = target.broker(&person, (3, 2)).await?;
    trial.control("another, KDFv1", &target.renew_v1(&broker.held, &forge::ctx()).await?)?;
    let announced = json!({ "kdf_ver": 2 });
    let reply = target.ask_prt_v1(&broker.device, &broker.refresh, &announced).await?;
    trial.control("it announces KDFv2 as it asks for a PRT", &reply)?;
    let held = broker.device.held(&reply.json())?;
    trial.mark().await?;
    for (name, held) in [("the new PRT", &held), ("the PRT of before", &broker.held)] {
        let reply = target.renew_v1(held, &forge::ctx()).await?;
        trial.refused(format!("KDFv1 after KDFv2 was announced, {name}"), &reply, &["kdf_downgrade"]).await?;
    }
    Ok(())
}

/// A8.
pub async fn other_body(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    let (first, second) = (target.nonce().await?, target.nonce().await?);
    let claims = held.claims("openid", &first);
    let (ctx, payload) = (forge::ctx(), claims.to_string());
    // What an attacker extracts: the key that was derived for one payload.
    let derived = forge::derive_v2(&held.key, &ctx, payload.as_bytes());
    let header = forge::header(&ctx);
    trial.mark().await?;
    let bytes = |value: &Value| value.to_string().into_bytes();
    let mut tries: Vec<(String, Vec<u8>)> = [
        ("another nonce", json!({ "request_nonce": second })),
        ("another scope", json!({ "scope": "openid aza" })),
        ("another app", json!({ "client_id": app.id })),
        ("another resource", json!({ "resource": app.resource })),
        ("a member more", json!({ "x": 1 })),
    ]
    .into_iter()
    .map(|(name, change)| (name.to_owned(), bytes(&forge::with(claims.clone(), &change))))
    .collect();
    tries.push(("a space at the end".to_owned(), [payload.as_bytes(), b" "].concat()));
    tries.push(("a line break in front".to_owned(), [b"\n", payload.as_bytes()].concat()));
    for (name, body) in tries {
        // No object any more, where something stands in front of it.
        let reasons: &[&str] = match body.starts_with(b"{") {
            true => &["session_key_signature"],
            false => &["request_malformed"],
        };
        let reply = target.present(&forge::hs256(&header, &body, &derived)).await?;
        trial.refused(format!("{name} under the old derived key"), &reply, reasons).await?;
        let honest = forge::hs256(&header, payload.as_bytes(), &derived);
        let (head, tail) =
            (honest.split('.').next().unwrap_or_default(), honest.rsplit('.').next().unwrap_or_default());
        let spliced = format!("{head}.{}.{tail}", b64::encode(&body));
        let reply = target.present(&spliced).await?;
        trial.refused(format!("{name} under the old signature"), &reply, reasons).await?;
    }
    let cookie = bytes(&held.cookie_claims(&second));
    let reply = target.carry_cookie(&app, &forge::hs256(&header, &cookie, &derived)).await?;
    trial.refused("a cookie under the derived key of a request", &reply, &["session_key_signature"]).await?;
    let honest = forge::hs256(&header, payload.as_bytes(), &derived);
    trial.control("the payload it was derived for", &target.present(&honest).await?)
}

/// A9.
pub async fn algorithms(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, device, person } = target.chain("Owner").await?;
    trial.control("HS256 with a derived key", &target.use_prt(&held, "openid").await?)?;
    trial.mark().await?;
    for (name, request) in session_forgeries(trial, &held, &device).await? {
        let reply = target.present(&request).await?;
        trial
            .refused(name, &reply, &["session_key_signature", "request_malformed", "device_key_mismatch"])
            .await?;
    }
    let token = target.signed_in(&person).await?.broker_refresh().await?;
    trial.mark().await?;
    let spki = public(device.key)?;
    let certificate = b64::decode_std(&device.certificate, 8192).unwrap_or_default();
    for (name, change, mac_key) in [
        ("alg none with the device's certificate", json!({ "alg": "none" }), None),
        ("HS256 with the device's public key", json!({ "alg": "HS256" }), Some(spki.clone())),
        ("HS256 with the device's certificate", json!({ "alg": "HS256" }), Some(certificate)),
        ("RS512 with the device's key", json!({ "alg": "RS512" }), None),
        ("PS256 with the device's key", json!({ "alg": "PS256" }), None),
        ("a jwk beside the certificate", json!({ "jwk": jwk(key(2)?)? }), None),
        ("a jku beside the certificate", json!({ "jku": "https://evil.example/jwks" }), None),
        ("an x5u beside the certificate", json!({ "x5u": "https://evil.example/x5u" }), None),
        ("crit", json!({ "crit": ["exp"], "exp": 1 }), None),
        ("b64 false", json!({ "b64": false }), None),
        ("a certificate that is no base64", json!({ "x5c": ["!!"] }), None),
        ("no certificate", json!({ "x5c": [] }), None),
    ] {
        let claims = prt_claims(&token, &target.nonce().await?).to_string();
        let header = forge::with(device.header(), &change);
        let request = match mac_key {
            Some(key) => forge::hs256(&header, claims.as_bytes(), &key),
            None if name.starts_with("alg none") => {
                format!("{}.", forge::input(&header, claims.as_bytes()))
            }
            None => forge::rs256(&header, claims.as_bytes(), device.key),
        };
        let reply = target.present(&request).await?;
        trial.refused(format!("a PRT by {name}"), &reply, &[]).await?;
    }
    trial.control("the device itself", &target.ask_prt(&device, &token).await?)
}

/// Requests that name a PRT, each with one thing that must not be.
async fn session_forgeries(
    trial: &Trial<'_>,
    held: &Held,
    device: &Device,
) -> Result<Vec<(String, String)>, Trouble> {
    let target = trial.target;
    let mut all = Vec::new();
    let thief = key(2)?;
    let ctx = forge::ctx();
    let headers = [
        ("alg none", json!({ "alg": "none" })),
        ("alg None", json!({ "alg": "None" })),
        ("alg HS384", json!({ "alg": "HS384" })),
        ("alg HS512", json!({ "alg": "HS512" })),
        ("alg ES256", json!({ "alg": "ES256" })),
        ("alg hs256", json!({ "alg": "hs256" })),
        ("an empty alg", json!({ "alg": "" })),
        ("a jwk", json!({ "jwk": jwk(thief)? })),
        ("a jwk that is null", json!({ "jwk": null })),
        ("a jku", json!({ "jku": "https://evil.example/jwks" })),
        ("an x5u", json!({ "x5u": "https://evil.example/x5u" })),
        ("crit", json!({ "crit": ["b64"], "b64": false })),
        ("b64 false", json!({ "b64": false })),
        ("a ctx that is null", json!({ "ctx": null })),
        ("a ctx of 15 bytes", json!({ "ctx": b64::encode_std([7; 15]) })),
        ("a ctx of 65 bytes", json!({ "ctx": b64::encode_std([7; 65]) })),
        ("a ctx without padding", json!({ "ctx": b64::encode_std([7; 16]).trim_end_matches('=') })),
        ("a ctx in base64url", json!({ "ctx": "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_" })),
        ("a ctx with bits beyond its end", json!({ "ctx": "AAAAAAAAAAAAAAAAAAAAAB==" })),
    ];
    for (name, change) in headers {
        let payload = held.claims("openid", &target.nonce().await?).to_string();
        let header = forge::with(forge::header(&ctx), &change);
        // Whatever a careless reader takes for the context, the signature is right for it.
        let read = header["ctx"].as_str().and_then(|text| b64::decode_std(text, 99).ok()).unwrap_or_default();
        let derived = forge::derive_v2(&held.key, &read, payload.as_bytes());
        all.push((name.to_owned(), forge::hs256(&header, payload.as_bytes(), &derived)));
    }
    let payload = held.claims("openid", &target.nonce().await?).to_string();
    let body = payload.as_bytes();
    let derived = forge::derive_v2(&held.key, &ctx, body);
    let good = forge::hs256(&forge::header(&ctx), body, &derived);
    let unsigned = good.rsplit_once('.').map_or("", |(head, _)| head).to_owned();
    let bare = forge::without(forge::without(forge::header(&ctx), "ctx"), "kdf_ver");
    let rs256 = json!({ "alg": "RS256" });
    all.extend([
        ("no signature".to_owned(), format!("{unsigned}.")),
        ("two parts".to_owned(), unsigned),
        ("four parts".to_owned(), format!("{good}.AAAA")),
        ("a signature cut short".to_owned(), good[..good.len() - 8].to_owned()),
        ("a signature with padding".to_owned(), format!("{good}=")),
        ("a signature with its last bits changed".to_owned(), non_canonical(&good)),
        ("the session key itself, no ctx".to_owned(), forge::hs256(&bare, body, &held.key)),
        ("HS256 with the device's public key".to_owned(), {
            forge::hs256(&forge::header(&ctx), body, &public(device.key)?)
        }),
        ("RS256 by the device's key".to_owned(), {
            forge::rs256(&forge::with(forge::header(&ctx), &rs256), body, device.key)
        }),
        ("RS256 by the thief's key with a jwk".to_owned(), {
            let change = json!({ "alg": "RS256", "jwk": jwk(thief)? });
            forge::rs256(&forge::with(forge::header(&ctx), &change), body, thief)
        }),
        ("alg given twice".to_owned(), {
            let header =
                format!(r#"{{"alg":"none","alg":"HS256","ctx":"{}","kdf_ver":2}}"#, b64::encode_std(ctx));
            let input = format!("{}.{}", b64::encode(header), b64::encode(body));
            format!("{input}.{}", good.rsplit('.').next().unwrap_or_default())
        }),
    ]);
    Ok(all)
}

/// The same signature with the bits set that its last letter carries beyond its end.
fn non_canonical(jws: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (head, last) = jws.split_at(jws.len() - 1);
    let at = LETTERS.iter().position(|letter| last.as_bytes() == [*letter]).unwrap_or_default();
    format!("{head}{}", char::from(LETTERS[at | 1]))
}

fn public(key: &SoftRsa) -> Result<Vec<u8>, Trouble> {
    key.public_spki().map_err(|error| Trouble::SetUp(format!("a public key: {error}")))
}

fn jwk(key: &SoftRsa) -> Result<Value, Trouble> {
    let parts = passband_wire::jose::rsa::components_from_spki(&public(key)?);
    let (n, e) = parts.map_err(|error| Trouble::SetUp(format!("a public key: {error}")))?;
    Ok(json!({ "kty": "RSA", "n": b64::encode(n), "e": b64::encode(e), "alg": "RS256" }))
}

/// A16.
pub async fn misdelivery(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let person = target.person("Owner").await?;
    let device = target.join(&person, (0, 1)).await?;
    let thief = key(2)?;
    let wanted = jwk(thief)?;
    let spki = b64::encode_std(public(thief)?);
    let blob = passband_wire::jose::rsa::bcrypt_blob_from_spki(&public(thief)?).unwrap_or_default();
    let blob = b64::encode_std(blob);
    let own = crate::device::self_signed(thief, &device.id, None)?;
    let wanted_text = wanted.to_string();
    type Bend = (&'static str, Value, Value, Vec<(&'static str, String)>);
    let bends: [Bend; 8] = [
        ("nothing bent", json!({}), json!({}), vec![]),
        ("stk_jwk in the claims", json!({}), json!({ "stk_jwk": wanted_text }), vec![]),
        ("stk_jwk in the form", json!({}), json!({}), vec![("stk_jwk", wanted_text.clone())]),
        ("a jwk in the header", json!({ "jwk": wanted }), json!({}), vec![]),
        (
            "TransportKey in the claims",
            json!({}),
            json!({ "TransportKey": blob, "transport_key": spki }),
            vec![],
        ),
        ("TransportKey in the form", json!({}), json!({}), vec![("TransportKey", blob.clone())]),
        ("a second certificate", json!({ "x5c": [device.certificate, own] }), json!({}), vec![]),
        (
            "jwe_crypto and cnf",
            json!({}),
            json!({ "jwe_crypto": { "jwk": wanted }, "cnf": { "jwk": wanted } }),
            vec![],
        ),
    ];
    let mut opened = 0;
    for (name, header, claims, form) in bends {
        let token = target.signed_in(&person).await?.broker_refresh().await?;
        let claims = forge::with(prt_claims(&token, &target.nonce().await?), &claims);
        let header = forge::with(device.header(), &header);
        let request = forge::rs256(&header, claims.to_string().as_bytes(), device.key);
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = target.present_with(&request, &form).await?;
        let envelope = reply.text("session_key_jwe");
        let by = |key: &SoftRsa| !envelope.is_empty() && jwe::unwrap_session_key(&envelope, key).is_ok();
        if by(device.transport) {
            opened += 1;
        }
        let outcome = if by(thief) || by(device.key) {
            Outcome::Succeeded {
                got: "the session key under a key that was not registered for it".to_owned(),
            }
        } else if by(device.transport) {
            Outcome::Refused {
                how: "only the registered transport key opens the session key".to_owned(),
                odd: false,
            }
        } else if gain(&reply).is_some() {
            Outcome::Succeeded { got: "an answer with a session key that the device cannot open".to_owned() }
        } else {
            Outcome::Refused { how: reply.brief(), odd: false }
        };
        trial.note(name, outcome);
    }
    trial.control_that("a device gets its session key", opened > 0)
}

/// A25.
pub async fn oracle(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let Chain { held, .. } = target.chain("Owner").await?;
    let app = target.app().await?;
    let signed = forge::sign(&held.key, &held.claims("openid", &target.nonce().await?));
    let ctx = forge::ctx();
    let good = encrypted(&forge::derive_v1(&held.key, &ctx), &ctx, signed.as_bytes())?;
    let parts: Vec<&str> = good.split('.').collect();
    let put = |at: usize, text: &str| {
        let mut parts = parts.clone();
        parts[at] = text;
        parts.join(".")
    };
    let tries = [
        ("a request encrypted under the session key", good.clone()),
        ("another tag", put(4, &b64::encode([0; 16]))),
        ("no tag", put(4, "")),
        ("another text", put(3, &forge::bent_within(parts[3]))),
        ("a block of CBC", put(3, &b64::encode([9; 32]))),
        ("an IV of CBC", put(2, &b64::encode([9; 16]))),
        ("a wrapped key", put(1, &b64::encode([9; 256]))),
        ("a cut text", put(3, "AA")),
    ];
    trial.mark().await?;
    let mut words = Vec::new();
    for (name, request) in &tries {
        let reply = target.present(request).await?;
        words.push(said(&reply));
        trial.refused(*name, &reply, &[]).await?;
        let reply = target.carry_cookie(&app, request).await?;
        trial.refused(format!("{name}, in a browser"), &reply, &[]).await?;
    }
    words.dedup();
    trial.claim(
        "what is wrong with a ciphertext shows in the answer",
        words.len() == 1,
        format!("{} different answers to {} ciphertexts", words.len(), tries.len()),
    );
    let claims = json!({ "client_id": BROKER_PLUGIN.to_string() });
    let claims = forge::with(held.claims("openid aza", &target.nonce().await?), &claims);
    let reply = target.present(&forge::sign(&held.key, &claims)).await?;
    trial.control("a request that is signed", &reply)?;
    let tampered = Reply { body: forge::bent_within(&reply.body), ..reply };
    trial.claim(
        "an answer changed on its way is taken for one",
        held.open(&tampered).is_null(),
        "the device's GCM tag fails",
    );
    Ok(())
}

/// What an answer says, without what names the request.
fn said(reply: &Reply) -> String {
    format!("{} {} {}", reply.status, text(&reply.json(), "error"), text(&reply.json(), "error_description"))
}

/// A compact JWE as a device might send one.
fn encrypted(key: &[u8; 32], ctx: &[u8], plain: &[u8]) -> Result<String, Trouble> {
    let failed = |_| Trouble::SetUp("encrypting a request".to_owned());
    let header =
        b64::encode(json!({ "alg": "dir", "enc": "A256GCM", "ctx": b64::encode_std(ctx) }).to_string());
    let iv = rng::bytes::<12>(&SystemRandom);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(failed)?);
    let mut text = plain.to_vec();
    let tag = key.seal_in_place_separate_tag(
        Nonce::assume_unique_for_key(iv),
        Aad::from(header.as_bytes()),
        &mut text,
    );
    let tag = tag.map_err(failed)?;
    Ok(format!("{header}..{}.{}.{}", b64::encode(iv), b64::encode(text), b64::encode(tag.as_ref())))
}
