//! A broker as those written for Entra ID are: it signs in by the page for programs, signs with KDFv1, and gets its tokens by
//! the indirect exchange (prt.md §6.5, §10.3).

use crate::attack::Trouble;
use crate::device::{DEVICE_CREDENTIAL, Device, Held};
use crate::forge;
use crate::http::{Browser, Reply, encode};
use crate::people::{Person, done, text};
use crate::target::Target;
use passband_wire::b64;
use passband_wire::prt::{BROKER_CLIENT, BROKER_PLUGIN, CREDENTIAL_NAME, GRANT_JWT_BEARER};
use passband_wire::rng::SystemRandom;
use reqwest::Method;
use serde_json::{Value, json};

/// Where such a broker is answered when it signs somebody in.
pub const DRS_REDIRECT: &str = "ms-aadj-redir://auth/drs";

/// Where it is answered in the indirect exchange.
pub const BROKER_REDIRECT: &str = "msauth://Microsoft.AAD.BrokerPlugin";

/// The registration service, as a scope.
pub const DRS_SCOPE: &str = "openid profile offline_access 01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default";

/// The page for programs, up to the assertion.
pub struct Flow {
    /// Its first page.
    pub first: Value,
    /// The page with the challenge.
    pub second: Value,
}

/// A device of such a broker, its PRT, and the refresh token of the sign-in.
pub struct Broker {
    /// The device.
    pub device: Device,
    /// Its PRT.
    pub held: Held,
    /// The refresh token.
    pub refresh: String,
}

impl Target {
    /// Switches brokers written for Entra ID on or off; says what was before.
    pub(crate) async fn switch(&self, on: bool) -> Result<bool, Trouble> {
        let path = format!("/v1.0/applications/{BROKER_PLUGIN}");
        let before = done("the broker's application", self.graph(Method::GET, &path, None).await?)?;
        self.change(Method::PATCH, &path, Some(&json!({ "passband_enabled": on }))).await?;
        Ok(before.json()["passband_enabled"] == true)
    }

    /// A device of such a broker: it signs in by the page, joins, and gets a PRT.
    pub(crate) async fn broker(&self, person: &Person, keys: (usize, usize)) -> Result<Broker, Trouble> {
        let tokens = self.broker_sign_in(person).await?;
        let refresh = text(&tokens, "refresh_token");
        let drs = done("a DRS token", self.broker_redeem(&refresh, DRS_SCOPE).await?)?;
        let device = self.join_with(person, &drs.text("access_token"), keys).await?;
        let reply = done("a PRT", self.ask_prt_v1(&device, &refresh, &json!({})).await?)?;
        let held = device.held(&reply.json())?;
        Ok(Broker { device, held, refresh })
    }

    /// Tokens of the broker client by the page for programs.
    pub(crate) async fn broker_sign_in(&self, person: &Person) -> Result<Value, Trouble> {
        let mut program = self.program();
        let flow = self.flow(&mut program, &person.upn).await?;
        let reply = flow.end(&mut program, self, &flow.assertion(person, &self.server, self.host())?).await?;
        let code = reply.code().ok_or_else(|| Trouble::SetUp(format!("no code: {}", reply.brief())))?;
        let client = BROKER_CLIENT.to_string();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client.as_str()),
            ("code", &code),
            ("redirect_uri", DRS_REDIRECT),
        ];
        let path = format!("/{}/oauth2/token", self.tenant);
        Ok(done("redeeming the broker's code", program.form(&path, &form).await?)?.json())
    }

    /// The page for programs, as far as the challenge.
    pub(crate) async fn flow(&self, program: &mut Browser, upn: &str) -> Result<Flow, Trouble> {
        let address = format!(
            "/{}/oauth2/authorize?client_id={BROKER_CLIENT}&response_type=code&redirect_uri={}&prompt=login&scope={}\
             &response_mode=query&sso_reload=True&resource={}",
            self.tenant,
            encode(DRS_REDIRECT),
            encode("openid profile "),
            encode("https://enrollment.manage.microsoft.com/"),
        );
        let page = program.get(&address, &[]).await?;
        let first = page.config();
        if first.is_null() {
            return Err(Trouble::SetUp(format!("no page for programs: {}", page.brief())));
        }
        let (flow, context, canary) = (text(&first, "sFT"), text(&first, "sCtx"), text(&first, "canary"));
        let fields = [
            ("flow", "mfa"),
            ("allowedIdentities", "2"),
            ("canary", flow.as_str()),
            ("serverChallenge", &flow),
            ("ctx", &context),
            ("username", upn),
            ("loginCanary", &canary),
        ];
        let reply = program.form(&self.local(&text(&first, "urlFidoLogin")), &fields).await?;
        Ok(Flow { first, second: reply.config() })
    }

    /// The path of an address of the server.
    fn local(&self, url: &str) -> String {
        url.strip_prefix(&self.server).unwrap_or(url).to_owned()
    }

    /// Redeems a refresh token of the broker.
    pub(crate) async fn broker_redeem(&self, token: &str, scope: &str) -> Result<Reply, Trouble> {
        let client = BROKER_CLIENT.to_string();
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client.as_str()),
            ("refresh_token", token),
            ("scope", scope),
        ];
        self.program().form(&self.token_path(), &form).await
    }

    /// Asks for a PRT as such a broker does; `more` goes into the header.
    pub(crate) async fn ask_prt_v1(
        &self,
        device: &Device,
        refresh: &str,
        more: &Value,
    ) -> Result<Reply, Trouble> {
        let claims = crate::device::prt_claims(refresh, &self.nonce().await?);
        let header = forge::with(device.header(), more);
        let request = forge::rs256(&header, claims.to_string().as_bytes(), device.key);
        self.present_v1(&request).await
    }

    /// Sends a request as such a broker does.
    pub(crate) async fn present_v1(&self, request: &str) -> Result<Reply, Trouble> {
        let path = format!("/{}/oauth2/token", self.tenant);
        let form = [
            ("windows_api_version", "2.0"),
            ("grant_type", GRANT_JWT_BEARER),
            ("request", request),
            ("client_info", "1"),
        ];
        self.program().form(&path, &form).await
    }

    /// A renewal signed with KDFv1 and this context.
    pub(crate) async fn renew_v1(&self, held: &Held, ctx: &[u8]) -> Result<Reply, Trouble> {
        let claims = forge::with(
            held.claims("openid aza", &self.nonce().await?),
            &json!({ "client_id": BROKER_PLUGIN.to_string() }),
        );
        self.present_v1(&forge::sign_v1(&held.key, ctx, &claims)).await
    }

    /// The indirect exchange: `/authorize` with the PRT of one device and, if any, the signature of a device.
    pub(crate) async fn exchange(
        &self,
        held: &Held,
        beside: Option<&Device>,
        resource: &str,
    ) -> Result<Reply, Trouble> {
        self.exchange_for(held, beside, &format!("resource={}", encode(resource))).await
    }

    /// The same for whatever the query says.
    pub(crate) async fn exchange_for(
        &self,
        held: &Held,
        beside: Option<&Device>,
        query: &str,
    ) -> Result<Reply, Trouble> {
        let nonce = self.nonce().await?;
        let cookie = forge::sign_v1(&held.key, &forge::ctx(), &held.cookie_claims(&nonce));
        let credential = beside.map(|device| device.credential(&nonce));
        let address = format!(
            "/{}/oauth2/authorize?client_id={BROKER_CLIENT}&response_type=code&redirect_uri={}&{query}",
            self.tenant,
            encode(BROKER_REDIRECT)
        );
        let mut headers = vec![(CREDENTIAL_NAME, cookie.as_str())];
        headers.extend(credential.as_deref().map(|text| (DEVICE_CREDENTIAL, text)));
        self.program().get(&address, &headers).await
    }

    /// Redeems a code of the indirect exchange.
    pub(crate) async fn exchanged(&self, code: &str) -> Result<Reply, Trouble> {
        let client = BROKER_CLIENT.to_string();
        let form = [
            ("client_id", client.as_str()),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BROKER_REDIRECT),
        ];
        self.program().form(&format!("/{}/oauth2/token", self.tenant), &form).await
    }
}

impl Flow {
    /// An assertion over the characters of the challenge, flat as programs send it.
    ///
    /// # Errors
    ///
    /// [`Trouble::SetUp`] if the authenticator holds no such passkey.
    pub fn assertion(&self, person: &Person, origin: &str, rp_id: &str) -> Result<String, Trouble> {
        let options = json!({
            "challenge": b64::encode(text(&self.second, "sFidoChallenge")), "rpId": rp_id,
            "allowCredentials": [], "userVerification": "preferred", "timeout": 1000,
        });
        let full = person.authenticator.get(&options, origin, &SystemRandom);
        let full = full.map_err(|error| Trouble::SetUp(format!("asking a passkey: {error}")))?;
        let response = &full["response"];
        let flat = json!({
            "id": full["id"], "clientDataJSON": response["clientDataJSON"],
            "authenticatorData": response["authenticatorData"], "signature": response["signature"],
            "userHandle": response["userHandle"],
        });
        Ok(flat.to_string())
    }

    /// Sends the assertion.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn end(
        &self,
        program: &mut Browser,
        target: &Target,
        assertion: &str,
    ) -> Result<Reply, Trouble> {
        let of = |value: &Value, name: &str| text(value, name);
        let (canary, id) = (of(&self.second, "sCrossDomainCanary"), of(&self.second, "sessionId"));
        let (context, first, flow) =
            (of(&self.first, "sCtx"), of(&self.first, "canary"), of(&self.first, "sFT"));
        let fields = [
            ("type", "23"),
            ("ps", "23"),
            ("assertion", assertion),
            ("lmcCanary", canary.as_str()),
            ("hpgrequestid", &id),
            ("ctx", &context),
            ("canary", &first),
            ("flowToken", &flow),
        ];
        program.form(&target.local(&of(&self.first, "urlPost")), &fields).await
    }
}
