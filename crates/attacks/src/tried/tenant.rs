//! From one tenant to another: A28.

use crate::attack::Trouble;
use crate::device::{Chain, Held, prt_claims};
use crate::forge;
use crate::people::{App, CALLBACK, text};
use crate::target::Target;
use crate::trial::Trial;
use passband_wire::prt::{BROKER_CLIENT, GRANT_JWT_BEARER};
use reqwest::Method;
use serde_json::json;

/// A28.
pub async fn leakage(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    let target = trial.target;
    let chain = target.chain("Owner").await?;
    let app = target.app().await?;
    trial.control("at home", &target.use_prt(&chain.held, "openid").await?)?;
    other_paths(trial, &chain, &app).await?;
    match &target.other {
        Some(other) => other_server(trial, other, &chain, &app).await,
        None => {
            trial.not_tried("tokens of one server at another", "needs a second server");
            Ok(())
        }
    }
}

/// The same server under the names of tenants that it does not serve.
async fn other_paths(trial: &mut Trial<'_>, chain: &Chain, app: &App) -> Result<(), Trouble> {
    let target = trial.target;
    for tenant in
        ["00000000-0000-0000-0000-000000000000", "contoso.example", "consumers", "%2e%2e", "x/../common"]
    {
        for version in ["oauth2", "oauth2/v2.0"] {
            let path = format!("/{tenant}/{version}/token");
            let request = forge::sign(&chain.held.key, &chain.held.claims("openid", &target.nonce().await?));
            let form = [("grant_type", GRANT_JWT_BEARER), ("request", request.as_str())];
            let reply = target.program().form(&path, &form).await?;
            // A URL is put right before it is sent, so this one is home.
            if tenant.contains("..") || tenant.contains("%2e") {
                continue;
            }
            trial.refused(format!("a PRT at {path}"), &reply, &[]).await?;
            let token = target.signed_in(&chain.person).await?.broker_refresh().await?;
            let client = BROKER_CLIENT.to_string();
            let form =
                [("grant_type", "refresh_token"), ("client_id", client.as_str()), ("refresh_token", &token)];
            let reply = target.program().form(&path, &form).await?;
            trial.refused(format!("a refresh token at {path}"), &reply, &[]).await?;
            let reply = target.program().form(&path, &[("grant_type", "srv_challenge")]).await?;
            let given = !reply.text("Nonce").is_empty();
            trial.claim(format!("a nonce from {path}"), !given && reply.status < 500, reply.brief());
            let cookie = target.cookie(&chain.held).await?;
            let query = app.address("").replace("/authorize", "");
            let path = format!("/{tenant}/{version}/authorize{query}");
            let headers = [(passband_wire::prt::CREDENTIAL_NAME, cookie.as_str())];
            let reply = target.browser().get(&path, &headers).await?;
            trial.refused(format!("a cookie at /{tenant}/{version}/authorize"), &reply, &[]).await?;
        }
    }
    Ok(())
}

/// Everything of the one server, at another where somebody of the same name has an account.
async fn other_server(
    trial: &mut Trial<'_>,
    other: &Target,
    chain: &Chain,
    app: &App,
) -> Result<(), Trouble> {
    let target = trial.target;
    let body = json!({ "userPrincipalName": chain.person.upn, "displayName": "The same name" });
    // The same name is there only if the other server has the same domain; any account will do otherwise.
    let _ = other.make("/v1.0/users", &body).await;
    let there = other.chain("Resident").await?;
    trial.control("at home there", &other.use_prt(&there.held, "openid").await?)?;
    let app_there = other.app().await?;
    let nonce = other.nonce().await?;
    let reply = other.present(&forge::sign(&chain.held.key, &chain.held.claims("openid", &nonce))).await?;
    trial.refused("a PRT at another server, with its own nonce", &reply, &[]).await?;
    let reply = other.use_prt(&Held { prt: chain.held.prt.clone(), key: there.held.key }, "openid").await?;
    trial.refused("a PRT at another server, under a session key of there", &reply, &[]).await?;
    let cookie = forge::sign(&chain.held.key, &chain.held.cookie_claims(&other.nonce().await?));
    let reply = other.carry_cookie(&app_there, &cookie).await?;
    trial.refused("a cookie at another server", &reply, &[]).await?;
    let foreign = forge::sign(&there.held.key, &there.held.claims("openid", &target.nonce().await?));
    trial.refused("a nonce of one server at another", &other.present(&foreign).await?, &[]).await?;
    let mut browser = target.signed_in(&chain.person).await?;
    let code = browser.get(&app.address(""), &[]).await?.code().unwrap_or_default();
    trial.control_that("a code at home", !code.is_empty())?;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", app_there.id.as_str()),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &app.verifier),
    ];
    trial.refused("a code at another server", &other.program().form("/token", &form).await?, &[]).await?;
    let tokens = app.tokens(&mut browser).await?;
    let reply = app_there.refresh(&mut other.program(), &text(&tokens, "refresh_token")).await?;
    trial.refused("a refresh token at another server", &reply, &[]).await?;
    let mut program = other.program();
    let bearer = text(&tokens, "access_token");
    let reply = program.send(program.request(Method::GET, "/userinfo").bearer_auth(&bearer)).await?;
    trial.refused("an access token at another server", &reply, &[]).await?;
    let token = target.signed_in(&chain.person).await?.drs_token().await?;
    let body = crate::device::join_body(crate::device::key(2)?, crate::device::key(2)?)?;
    let reply = other.post_join(&token, &body).await?;
    trial.refused("a token for the registration service at another server", &reply, &[]).await?;
    let own = other.signed_in(&there.person).await?.broker_refresh().await?;
    let request = chain.device.sign(&prt_claims(&own, &other.nonce().await?));
    let reply = other.present(&request).await?;
    trial.refused("a device of one server at another", &reply, &[]).await?;
    let foreign = target.signed_in(&chain.person).await?.broker_refresh().await?;
    let reply = other.ask_prt(&there.device, &foreign).await?;
    trial.refused("a broker's refresh token at another server", &reply, &[]).await
}
