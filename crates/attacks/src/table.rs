//! All attacks. `docs/attacks.md` is made from this table.

use crate::attack::Attack;
use crate::tried::{birth, browser, code, derived, flood, hello, passkey, person, renewal, stolen, tenant};

/// The attacks, in their order.
pub const ATTACKS: &[Attack] = &[
    Attack {
        id: "A1",
        name: "Pass the PRT",
        threat: "Somebody who read a PRT from a disk or a memory image signs on as its owner.",
        tried: "The PRT alone, in the clear as a refresh token of the broker and of an app at each token \
                endpoint, as a code, as a bearer token, as a browser's credential; signed with a key of \
                chance, with zeros, with the session key of the thief's own PRT, by the thief's own device.",
        stopped_by: "A PRT is sealed and counts only in a request signed under a key derived from the session key \
                inside it. Refresh tokens are another kind of seal.",
        test: "a01_pass_the_prt",
        source: "prt.md §12",
        run: |trial| Box::pin(stolen::pass_the_prt(trial)),
    },
    Attack {
        id: "A2",
        name: "Pass the session key",
        threat: "What was stolen with PRT and session key goes on working after the owner or an administrator \
                has acted.",
        tried: "Device disabled, device deleted, person disabled, person deleted, sessions revoked, passkey \
                deleted: after each a request signed before, a new one, a renewal, a cookie minted before, a \
                browser signed in before, a code and a refresh token of an app and an access token got \
                before.",
        stopped_by: "Whatever a session rests on is read again at each step and judged in one place \
                (`core::session::standing`).",
        test: "a02_pass_the_session_key",
        source: "prt.md §12",
        run: |trial| Box::pin(stolen::pass_the_session_key(trial)),
    },
    Attack {
        id: "A3",
        name: "Stolen cookie",
        threat: "A PRT cookie taken from a browser or a proxy's log signs the thief's browser in.",
        tried: "The cookie again as header, as cookie and as the answer to a challenge; another cookie for a \
                used nonce, for a nonce a token request used, for one made up, altered, of another server; a \
                cookie used five minutes later.",
        stopped_by: "Each nonce is of this server (MAC), five minutes old at most, and spent by one unique insert \
                in the commit that signs in.",
        test: "a03_stolen_cookie",
        source: "prt.md §12",
        run: |trial| Box::pin(browser::stolen_cookie(trial)),
    },
    Attack {
        id: "A4",
        name: "Cookie without a nonce",
        threat: "A cookie made ahead of time, with a time instead of a nonce, signs in as long as it likes.",
        tried: "Cookies with `iat` as number and text, with `exp`, with a nonce that is null, with neither; \
                the same again after the challenge; a token request with `iat` and `exp` alone.",
        stopped_by: "Without a nonce of ours the browser is sent back once, with one in the address; then it gets \
                the page.",
        test: "a04_cookie_without_nonce",
        source: "prt.md §7.4",
        run: |trial| Box::pin(browser::without_nonce(trial)),
    },
    Attack {
        id: "A5",
        name: "Nonce minted ahead",
        threat: "Malware that is on a device for a minute takes requests with it for later.",
        tried: "Nonces kept for five minutes and a second: for a token, a renewal, a PRT, a cookie, a device \
                credential, a device's leave, and one of the registration service.",
        stopped_by: "A nonce carries its time under a MAC and is good for five minutes, on every path.",
        test: "a05_nonce_minted_ahead",
        source: "prt.md §12",
        run: |trial| Box::pin(stolen::minted_ahead(trial)),
    },
    Attack {
        id: "A6",
        name: "Derived key used again (KDFv1)",
        threat: "With KDFv1 one extracted derived key signs anything for its context.",
        tried: "A strict device signs with KDFv1 and its true key, also while brokers of others are switched \
                on; on a compatible device a context used before, and the extracted key over a token \
                request, a renewal and a cookie; contexts too short and too long.",
        stopped_by: "KDFv1 is for devices whose record says so, and each context is spent once in a session (ADR \
                0017).",
        test: "a06_derived_key_again",
        source: "CVE-2021-33779",
        run: |trial| Box::pin(derived::derived_key_again(trial)),
    },
    Attack {
        id: "A7",
        name: "KDF downgrade",
        threat: "A header makes the server use the weaker derivation.",
        tried: "`kdf_ver` 1, \"2\", 2.0, null, 0, -2, [2] and true over a stolen request and signed anew \
                under both derivations, as request and as cookie; KDFv1 after KDFv2 was used, and after it \
                was announced with the request for a PRT.",
        stopped_by: "Only the number 2 or the member's absence are read; a device that has shown or announced \
                KDFv2 is strict from then on, and no statement of the store leads back.",
        test: "a07_kdf_downgrade",
        source: "CVE-2021-33779",
        run: |trial| Box::pin(derived::downgrade(trial)),
    },
    Attack {
        id: "A8",
        name: "Body substitution",
        threat: "An extracted derived key of KDFv2 signs something else.",
        tried: "Another nonce, scope, app, resource, a member more, a space, a line break: under the old \
                derived key and beside the old signature; a cookie under it.",
        stopped_by: "The payload as it was sent goes into the derivation: each payload has a key of its own.",
        test: "a08_body_substitution",
        source: "CVE-2021-33779",
        run: |trial| Box::pin(derived::other_body(trial)),
    },
    Attack {
        id: "A9",
        name: "Algorithm confusion",
        threat: "A header chooses how, or by which key, it is verified.",
        tried: "Forty forgeries: `none` in three spellings, other HMACs and RSA, HS256 with public keys and \
                certificates, the session key itself, `jwk`, `jku`, `x5u`, `crit`, `b64`, contexts missing, \
                short, long, not canonical, parts missing or too many, signatures cut, padded or with bits \
                beyond their end, a member twice.",
        stopped_by: "Each path demands its one algorithm; header members that bring keys are refused even when \
                null; base64 is read strictly.",
        test: "a09_algorithm_confusion",
        source: "RFC 8725",
        run: |trial| Box::pin(derived::algorithms(trial)),
    },
    Attack {
        id: "A10",
        name: "PRT without a device",
        threat: "Somebody with a code or a refresh token gets a PRT for a key of their own.",
        tried: "Codes and refresh tokens of the broker redeemed with `stk_jwk`, `prt_protocol_version` and \
                scope `aza` on each path; requests signed by a stranger's key with no certificate, a jwk, a \
                certificate of its own.",
        stopped_by: "A PRT is made in one place, which takes the proof that a registered device signed.",
        test: "a10_prt_without_device",
        source: "prt.md §4.6",
        run: |trial| Box::pin(birth::without_device(trial)),
    },
    Attack {
        id: "A11",
        name: "Refresh token becomes a PRT",
        threat: "A lesser token is traded up to a PRT.",
        tried: "A refresh token of an app, of a PRT, of a device code, of another person, one used before, \
                one altered, one of a sign-in eleven minutes ago, also refreshed just now.",
        stopped_by: "Only the broker's own grant of a passkey sign-in, in person, within ten minutes, of the \
                device's owner, and it ends with that.",
        test: "a11_refresh_token_becomes_prt",
        source: "prt.md §12",
        run: |trial| Box::pin(birth::upgrade(trial)),
    },
    Attack {
        id: "A12",
        name: "Device code phishing",
        threat: "Somebody is talked into typing a code, and the attacker's machine becomes a device of \
                theirs.",
        tried: "The three broker clients and an app that asks for the registration service or a PRT, on each \
                of three paths; the token of an ordinary app for a PRT and for the registration service; a \
                link that approves by itself; a code nobody approved.",
        stopped_by: "Built-in clients have no device code; the page names the app and asks; nothing of it becomes \
                a PRT.",
        test: "a12_device_code_phishing",
        source: "Storm-2372, 2025",
        run: |trial| Box::pin(birth::device_code_phishing(trial)),
    },
    Attack {
        id: "A13",
        name: "Rogue device",
        threat: "A thief of a token registers a device to stay.",
        tried: "Joining with no token, made-up and altered ones, tokens of other audiences, of an app, of a \
                PRT; by a sign-in with a pass; a hybrid join; eleven minutes after the sign-in; one device \
                more than allowed.",
        stopped_by: "A token of the broker for the registration service, from a passkey sign-in in person within \
                ten minutes; a quota; the owner's page lists the device.",
        test: "a13_rogue_device",
        source: "prt.md §12",
        run: |trial| Box::pin(birth::rogue_device(trial)),
    },
    Attack {
        id: "A14",
        name: "Software key that boasts",
        threat: "A device says of itself what policies ask for.",
        tried: "A join that claims attestation, compliance, management, evidence and a hybrid join; then \
                apps whose policies ask for each, at the token endpoint and in a browser.",
        stopped_by: "The directory takes a device's words for names only; compliance is an administrator's or a \
                management's word, evidence a verified statement's.",
        test: "a14_software_key",
        source: "prt.md §12",
        run: |trial| Box::pin(birth::software_key(trial)),
    },
    Attack {
        id: "A15",
        name: "Certificate confusion",
        threat: "A certificate that looks right makes a stranger a device.",
        tried: "Self-signed for the device's name, by a CA of the same name, altered, with a byte more, in \
                front of and behind the real one, of a deleted device, of another server, ended; and the \
                real one with another key: for a PRT, and to take leave in its name.",
        stopped_by: "A certificate is not parsed but looked up, byte for byte; the key that counts is the one \
                stored with it.",
        test: "a15_certificate_confusion",
        source: "prt.md §12",
        run: |trial| Box::pin(birth::certificates(trial)),
    },
    Attack {
        id: "A16",
        name: "Session key misdelivered",
        threat: "The server encrypts the session key to a key of the attacker's.",
        tried: "Keys offered in the header, the claims, the form, as a second certificate, under eight \
                names.",
        stopped_by: "The session key goes to the transport key that was stored at registration.",
        test: "a16_session_key_misdelivered",
        source: "prt.md §12",
        run: |trial| Box::pin(derived::misdelivery(trial)),
    },
    Attack {
        id: "A17",
        name: "Cross-binding",
        threat: "Parts of two devices or people make one sign-in.",
        tried: "The PRT of one device beside the credential of another, of the thief's, of its own \
                certificate with another key; with the session key of another; a sign-in on another person's \
                device; the indirect exchange beside another device and beside none; a Hello key of one \
                device on another.",
        stopped_by: "Whatever names a device is compared with the device of the PRT, and its owner with who \
                signed in.",
        test: "a17_cross_binding",
        source: "prt.md §12",
        run: |trial| Box::pin(birth::cross_binding(trial)),
    },
    Attack {
        id: "A18",
        name: "Hello assertion replayed or made ahead",
        threat: "An assertion made while the person was there is used later.",
        tried: "Without a nonce, with a made-up one, one used before, one too old; with an end far away; the \
                same assertion twice.",
        stopped_by: "The nonce inside the assertion is required, ours, fresh and spent.",
        test: "a18_hello_assertion_replay",
        source: "CVE-2023-35348",
        run: |trial| Box::pin(hello::replay(trial)),
    },
    Attack {
        id: "A19",
        name: "Hello key provisioned by a thief",
        threat: "A token of a PRT adds a key by which the thief comes back.",
        tried: "Registering a key with no token, another audience's, one a PRT yielded long after the \
                sign-in, one of another device; keys that are none.",
        stopped_by: "Only a token for a sign-in in person within ten minutes, for the device that asks.",
        test: "a19_hello_key_provisioning",
        source: "prt.md §12",
        run: |trial| Box::pin(hello::provisioning(trial)),
    },
    Attack {
        id: "A20",
        name: "Temporary Access Pass abused",
        threat: "A pass that somebody overheard opens more than a first passkey.",
        tried: "A one-time pass twice, a guess, a pass of somebody else, a pass after its end, its session \
                after ten minutes; for the broker, the registration service, an app, the pages, recovery \
                codes, a second device.",
        stopped_by: "A session of a pass registers a passkey for ten minutes and opens nothing else, so no PRT is \
                ever born of one.",
        test: "a20_pass_abuse",
        source: "prt.md §12",
        run: |trial| Box::pin(person::passes(trial)),
    },
    Attack {
        id: "A21",
        name: "Factors laundered",
        threat: "A renewed PRT or a token of it claims a fresher or stronger sign-in.",
        tried: "`amr_values`, `amr`, `auth_time`, `claims`, `acr_values` in token requests and renewals; \
                three renewals in a month; `prompt=login` and `max_age` answered by a PRT.",
        stopped_by: "Factors and time are sealed into the PRT and its session at issue; renewal copies them.",
        test: "a21_factors_laundered",
        source: "prt.md §12",
        run: |trial| Box::pin(renewal::laundering(trial)),
    },
    Attack {
        id: "A22",
        name: "Code intercepted",
        threat: "A code on its way is redeemed by somebody else.",
        tried: "Without, with a guessed, with the wrong verifier; as another client, for another address; \
                altered; twice, and then the tokens of the first; after a minute; after device and session \
                ended; the same of the indirect exchange.",
        stopped_by: "A code is bound to client, address, verifier and session, good for a minute and once; a \
                second redemption ends what the first began.",
        test: "a22_code_interception",
        source: "RFC 9700 §4.5",
        run: |trial| Box::pin(code::interception(trial)),
    },
    Attack {
        id: "A23",
        name: "Redirect abused",
        threat: "A code is sent to the attacker.",
        tried: "Eighteen addresses that are almost an app's, the brokers' own for an app, eleven that are \
                almost a broker's on two paths, switched on and off; where the challenge for a nonce leads.",
        stopped_by: "Addresses are compared exactly, brokers' but for the case of scheme and host; a challenge \
                leads to the path it came by.",
        test: "a23_redirect_abuse",
        source: "RFC 9700 §4.1",
        run: |trial| Box::pin(code::redirects(trial)),
    },
    Attack {
        id: "A24",
        name: "Headers from web pages",
        threat: "A page of another site uses the single sign-on of whoever visits it.",
        tried: "The PRT's header with fetches, images, scripts, sockets and frames as browsers describe \
                them, with and without `prompt=none`; header and cookie that differ; two headers; preflights \
                for both headers.",
        stopped_by: "A PRT counts in a navigation of the window, or of a frame on the same site; there is no \
                CORS.",
        test: "a24_headers_from_pages",
        source: "Fetch Metadata",
        run: |trial| Box::pin(browser::from_web_pages(trial)),
    },
    Attack {
        id: "A25",
        name: "Padding oracle",
        threat: "What a server says of ciphertexts tells what is in them.",
        tried: "Requests that are encrypted, rightly and wrongly in seven ways, as request and as a \
                browser's credential; whether the answers differ; an answer changed on its way.",
        stopped_by: "The server only encrypts. A request that is no signed one is malformed, whatever is in it.",
        test: "a25_padding_oracle",
        source: "prt.md §12",
        run: |trial| Box::pin(derived::oracle(trial)),
    },
    Attack {
        id: "A26",
        name: "Nonce flood",
        threat: "Asking for nonces fills memory or disk.",
        tried: "Thousands of nonces (20 000 in our tests), whether each is another, and whether the database \
                grows.",
        stopped_by: "A nonce is computed and kept nowhere until it is spent.",
        test: "a26_nonce_flood",
        source: "prt.md §12",
        run: |trial| Box::pin(flood::nonces(trial)),
    },
    Attack {
        id: "A27",
        name: "Who exists",
        threat: "A stranger learns who has an account.",
        tried: "GetCredentialType, the user realm, the challenge for programs, a password grant and a wrong \
                pass: for somebody who exists, is disabled, does not; twice; and how long it takes.",
        stopped_by: "Answers are the same, with ids of passkeys that nobody has, stable for each name; a look-up \
                is made either way.",
        test: "a27_enumeration",
        source: "WebAuthn L3 §14.6.2",
        run: |trial| Box::pin(person::enumeration(trial)),
    },
    Attack {
        id: "A28",
        name: "From one tenant to another",
        threat: "What one organisation gave is taken for another's.",
        tried: "PRT, cookie, refresh token and nonce on the paths of other tenants; all of these, codes, \
                access tokens, registration tokens and a device at a second server where the same name \
                exists.",
        stopped_by: "A server is one tenant, and its seals, signing keys and nonces are its own.",
        test: "a28_tenant_leakage",
        source: "prt.md §12",
        run: |trial| Box::pin(tenant::leakage(trial)),
    },
    Attack {
        id: "A29",
        name: "Renewal raced or replayed",
        threat: "Thief and owner both renew, and nobody notices.",
        tried: "Ten renewals at once, each of them used; a renewal sent again; a PRT replaced a day and an \
                hour ago, and then the one that replaced it, its app's tokens and a browser.",
        stopped_by: "One generation follows another by one compare-and-swap; a replaced one serves a day, then \
                its use ends the session with a line in the log.",
        test: "a29_renewal_race",
        source: "RFC 9700 §4.14.2",
        run: |trial| Box::pin(renewal::race(trial)),
    },
    Attack {
        id: "A30",
        name: "Destructive errors",
        threat: "A stranger makes a server say what makes a broker delete its device's keys.",
        tried: "Forged and real certificates under a stranger's key with good and bad nonces, for a PRT, to \
                take leave, beside a PRT; PRTs under wrong keys, altered, made up; other people's sign-ins.",
        stopped_by: "50155 and 135011 are said only to whoever proved the device's key or the session key, and \
                only when they are true.",
        test: "a30_destructive_errors",
        source: "prt.md §11",
        run: |trial| Box::pin(passkey::destructive(trial)),
    },
    Attack {
        id: "A31",
        name: "Passkey of another site",
        threat: "A passkey asked for on a phishing page signs in here.",
        tried: "Eighteen assertions: other RP ids and origins, among them login.microsoft.com, hosts that \
                look alike, frames, a registration for a sign-in, another challenge, nobody verified or \
                present; on the page and by the page for programs.",
        stopped_by: "RP id hash, origin, type, challenge and user verification are checked at one place for both.",
        test: "a31_relying_party_confusion",
        source: "WebAuthn L3 §7.2",
        run: |trial| Box::pin(passkey::other_site(trial)),
    },
    Attack {
        id: "A32",
        name: "Out of the browser",
        threat: "A browser session made by a PRT becomes a device or a PRT of its own.",
        tried: "Codes of the broker, the registration service and the admin API in that browser, by the \
                cookie itself and by the PRT; an app's refresh token for these; a new passkey; the indirect \
                exchange's refresh token and other audiences.",
        stopped_by: "What identifies devices and keys takes a sign-in in person; a session from a PRT is none.",
        test: "a32_out_of_the_browser",
        source: "prt.md §12",
        run: |trial| Box::pin(browser::confined(trial)),
    },
    Attack {
        id: "S1",
        name: "The session key itself stolen",
        threat: "Malware with the broker's rights copies PRT and session key from memory.",
        tried: "Both used on another machine; then for the registration service, for another PRT, after the \
                device is disabled, after the sessions are revoked. The same theft from a device whose own \
                key signs: recorded requests and cookies, old signatures, the thief's keys and devices, \
                session keys, the PRT in the clear.",
        stopped_by: "Nothing stops the use itself in the session-key suite, until an administrator or the owner \
                acts or the PRT's 90 days are over. Bound: no device, no other PRT comes of it. In protocol \
                version 4 there is no session key: each use is signed by the device's own key.",
        test: "s1_session_key_stolen",
        source: "beyond the list",
        run: |trial| Box::pin(stolen::session_key(trial)),
    },
];

/// The attack of this number, in either case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Attack> {
    ATTACKS.iter().find(|attack| attack.id.eq_ignore_ascii_case(id))
}
