// @azure/msal-node as an ordinary app. Talks to run.py in lines: "visit ADDRESS" and "approve CODE" ask for the
// person, whose answer is the next line read; "step" says how one came out.

import { CryptoProvider, PublicClientApplication } from "@azure/msal-node";
import { createInterface } from "node:readline";

const { PASSBAND_URL: url, PASSBAND_TENANT: tenant, PASSBAND_APP: clientId, PASSBAND_API: api } = process.env;
const redirectUri = "http://127.0.0.1:9/";
const scopes = [`${api}/.default`];
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function person(verb, what) {
    console.log(`${verb} ${what}`);
    const { value } = await answers.next();
    const { ok, said } = JSON.parse(value);
    if (!ok) throw new Error(said);
    return said;
}

async function step(name, act) {
    try {
        console.log(`step ${JSON.stringify({ name, works: true, said: await act() })}`);
    } catch (error) {
        console.log(`step ${JSON.stringify({ name, works: false, said: `${error.errorCode ?? error.name}: ${error.message}` })}`);
    }
}

function client(auth) {
    const known = [new URL(url).host];
    return new PublicClientApplication({ auth: { clientId, knownAuthorities: known, ...auth } });
}

function described(result) {
    const claims = JSON.parse(Buffer.from(result.accessToken.split(".")[1], "base64url"));
    if (claims.aud !== api) throw new Error(`a token for ${claims.aud}`);
    const wanted = `${result.idTokenClaims.oid}.${tenant}`;
    const named = result.account.homeAccountId === wanted ? "oid.tid" : result.account.homeAccountId;
    return `aud=${claims.aud} homeAccountId=${named}`;
}

async function signIn(app) {
    const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
    const address = await app.getAuthCodeUrl({
        scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: "S256", state: "s",
    });
    const code = new URL(await person("visit", address)).searchParams.get("code");
    if (!code) throw new Error("no code");
    return { request: { scopes, redirectUri, code, codeVerifier: verifier } };
}

const authority = `${url}/${tenant}`;
const app = client({ authority });
let first, result;
await step("authority", async () => {
    first = await signIn(app);
    result = await app.acquireTokenByCode(first.request);
    return described(result);
});
await step("silent refresh", async () => {
    const fresh = await app.acquireTokenSilent({ account: result.account, scopes, forceRefresh: true });
    return fresh.accessToken === result.accessToken ? "the same" : "a new access token";
});
await step("the same code again", async () => described(await app.acquireTokenByCode(first.request)));
await step("device code", async () => {
    const asked = { scopes, deviceCodeCallback: (reply) => { approved = person("approve", reply.userCode); } };
    let approved;
    const made = await app.acquireTokenByDeviceCode(asked);
    await approved;
    return described(made);
});
await step("authority v2.0, OIDC", async () => {
    const plain = new PublicClientApplication({
        auth: { clientId, authority: `${authority}/v2.0`, knownAuthorities: [new URL(url).host] },
        system: { protocolMode: "OIDC" },
    });
    const { request } = await signIn(plain);
    return described(await plain.acquireTokenByCode(request));
});
process.exit(0);
