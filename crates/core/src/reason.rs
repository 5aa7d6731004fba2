//! Reason codes: every answer the sign-in log can hold, one by one, with what it means and what to do.
//!
//! The log says which; the wire says one of a few OAuth errors, so that an attacker learns nothing from
//! the difference. `docs/reason-codes.md` is generated from this list.

macro_rules! reasons {
    ($($variant:ident $code:literal $meaning:literal $action:literal;)*) => {
        /// Why a request was answered as it was.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = $meaning] $variant,)*
        }

        impl Reason {
            /// Each of them, in alphabetical order of code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code in the log, the admin API and the documents.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What it means, in a sentence for an administrator.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do about it, in a sentence for an administrator.
            #[must_use]
            pub const fn action(self) -> &'static str {
                match self { $(Self::$variant => $action,)* }
            }
        }
    };
}

reasons! {
    AccessBlocked "access_blocked" "A conditional access policy blocks this." "See what each policy said; change the policy, or exclude the person, app or place from it.";
    AccessDeviceNotCompliant "access_device_not_compliant" "A conditional access policy asks for a compliant device, and this device is not, is not registered, or its report is stale." "Bring the device into compliance and have that reported, or use one that is.";
    AccessDeviceNotJoined "access_device_not_joined" "A conditional access policy asks for a hybrid joined device, and this is none." "Use a hybrid joined device.";
    AccessLocksOut "access_locks_out" "After the change no Global Administrator who can sign in would get to the console: conditional access would stop each of them, from everywhere." "Exclude an account for emergencies that is a Global Administrator and has a passkey, or send passband_force.";
    AccessMfaRequired "access_mfa_required" "A conditional access policy asks for multifactor authentication, and the sign-in was not." "Sign in with a passkey.";
    AccessSignInTooOld "access_sign_in_too_old" "The sign-in is older than a conditional access policy allows." "Sign in again.";
    AccessStrength "access_strength" "The sign-in does not satisfy the authentication strength that a conditional access policy asks for." "See what each policy said; sign in with a passkey that the strength takes.";
    AccessTokenUnbound "access_token_unbound" "A conditional access policy asks for token protection, and what was presented is not bound to a device." "Sign in on a registered device through its broker; if that was done, look for a stolen token.";
    AppDisabled "app_disabled" "The application is switched off." "Enable the application if it should work again.";
    AppNoDeviceCode "app_no_device_code" "The application may not sign people in by device code: it belongs to the broker, and what it gets could become a device's identity." "Let the broker sign in with a browser on the device.";
    AppUnknown "app_unknown" "No application has this client id." "Register the application, or correct its client id.";
    AuthTooOld "auth_too_old" "The person signed in too long ago for this step." "Sign in again, then repeat the step.";
    AuthTooWeak "auth_too_weak" "The sign-in did not use a passkey with user verification, which this step needs." "Sign in with a passkey.";
    CeremonyExpired "ceremony_expired" "The sign-in page was open too long; its challenge has expired." "Reload the page and try again.";
    CeremonyInvalid "ceremony_invalid" "The challenge was not made by this server for this browser and purpose." "Reload the page; if it happens again, someone may be relaying sign-ins.";
    CeremonyReplayed "ceremony_replayed" "The challenge had been used before." "Reload the page; a repeat from another address is an attack.";
    ClientAuthFailed "client_auth_failed" "The application's secret was missing or wrong." "Correct the secret in the application's configuration.";
    CodeExpired "code_expired" "The authorization code was older than 60 seconds." "Check the application's clock and network; start again.";
    CodeInvalid "code_invalid" "The authorization code was not made by this server, or for another client or redirect URI." "Check the application's configuration.";
    CodeReplayed "code_replayed" "The authorization code had been redeemed before; the tokens of the first redemption were revoked." "Look for code theft: a code is redeemed once only.";
    CredentialRemoved "credential_removed" "The passkey this session began with has been removed." "Sign in with another passkey.";
    DeviceCertificateUnknown "device_certificate_unknown" "The certificate is not one this installation has given to a device." "Register the device.";
    DeviceCodeDeclined "device_code_declined" "The person said no to the program that showed the code." "If they did not start it, somebody tried to phish them: look for who began it.";
    DeviceCodeExpired "device_code_expired" "Nobody answered the device code within a quarter of an hour." "Start the sign-in on the device again.";
    DeviceCodeInvalid "device_code_invalid" "The device code or user code is not one of this server's for this application, or was used or answered before." "Start the sign-in on the device again.";
    DeviceCodePending "device_code_pending" "Nobody has answered the device code yet." "Enter the code at /device.";
    DeviceCodeTooFast "device_code_too_fast" "The program polls more often than it was told." "Correct the program: it has to wait as long as the answer says.";
    DeviceDisabled "device_disabled" "The device is disabled." "Enable the device if it is in the right hands.";
    DeviceGone "device_gone" "The device was deleted." "Register the device again.";
    DeviceKeyMismatch "device_key_mismatch" "The request was not signed by the device's key." "If the device is sound, register it again; otherwise treat it as theft.";
    DeviceRequestMalformed "device_request_malformed" "The registration request could not be read, or its key or signing request is not of the required form." "Update the device's software.";
    DeviceQuota "device_quota" "The person has as many devices as one may have." "Remove a device that is no longer used.";
    Granted "granted" "The request was granted." "Nothing.";
    GrantEnded "grant_ended" "The refresh token's grant has been revoked." "Sign in to the application again.";
    GrantExpired "grant_expired" "The refresh token has expired." "Sign in to the application again.";
    GrantReplayed "grant_replayed" "A refresh token was used again after its successor; the grant was revoked." "Look for token theft in this application.";
    HelloAssertionExpired "hello_assertion_expired" "The assertion of a Hello key was past its end, not yet good, or made to last longer than two hours." "Correct the device's clock; an assertion that lasts long was made in advance.";
    HelloKeyElsewhere "hello_key_elsewhere" "The Hello key belongs to another person than the assertion names, or to another device than the one that signed beside it." "Set the key up again on this device; if nobody did that, treat the key as copied.";
    HelloKeyMalformed "hello_key_malformed" "What was to be registered is no public RSA key of 2048, 3072 or 4096 bits with exponent 65537, or is registered already." "Update the device's software.";
    HelloKeyNoDevice "hello_key_no_device" "A Hello key was to be registered with a token that no device stands behind, or that was not asked for with ngcmfa." "Register the device first; the key is asked for with its Primary Refresh Token.";
    HelloKeyQuota "hello_key_quota" "The person has as many Hello keys on the device as one may have." "Remove a Hello key that is no longer used.";
    HelloKeySignature "hello_key_signature" "The assertion was not signed by the Hello key it names." "If the device is sound, set the key up again; otherwise treat it as theft.";
    HelloKeyUnknown "hello_key_unknown" "No such Hello key is registered." "Set the key up again on the device.";
    HybridJoinUnavailable "hybrid_join_unavailable" "A device asked for a hybrid join: for an identity on the word of an on-premises Active Directory, which this installation knows nothing of." "Join or register the device with a person's sign-in instead.";
    KdfDowngrade "kdf_downgrade" "The request asked for the older key derivation (KDFv1), which is not accepted." "Update the device's broker; an attack if it had used KDFv2 before.";
    LastPasskey "last_passkey" "The passkey is the person's only one and removing it would lock them out." "Register another passkey or make recovery codes first; an administrator can remove it by confirming that.";
    NonceExpired "nonce_expired" "The nonce was older than five minutes." "Ask for a new nonce; check for a pre-minted request.";
    NonceInvalid "nonce_invalid" "The nonce was missing or not made by this server." "Ask this server for a nonce and sign again.";
    NonceReplayed "nonce_replayed" "The nonce had been used before." "A replayed request or cookie: look for theft.";
    PasskeyCounter "passkey_counter" "The passkey's signature counter did not grow: it may have been copied." "Remove the passkey and register a new one.";
    PasskeyDuplicate "passkey_duplicate" "This passkey is registered already." "Use it to sign in.";
    PasskeyFlags "passkey_flags" "The passkey's backup flags contradict themselves or its registration." "Remove the passkey and register a new one.";
    PasskeyNotVerified "passkey_not_verified" "The authenticator did not verify the person." "Set a PIN or a fingerprint on the authenticator.";
    PasskeyOrigin "passkey_origin" "The passkey answered on another site's page." "A phishing attempt, or a wrong public URL in the server's configuration.";
    PasskeyPolicyDisabled "passkey_policy_disabled" "Passkeys are switched off by the authentication methods policy." "Set state to enabled in the passkey policy.";
    PasskeyPolicyExcluded "passkey_policy_excluded" "The person is in a group that the passkey policy excludes." "Take the person out of the group, or the group out of excludeTargets.";
    PasskeyPolicyNotInScope "passkey_policy_not_in_scope" "No target of the passkey policy covers the person." "Add a group of the person's to includeTargets.";
    PasskeyProfileAaguid "passkey_profile_aaguid" "The passkey's model is not one that a passkey profile of the person allows." "See the details for profile and rule; use another passkey, or change the profile's keyRestrictions.";
    PasskeyProfileAttestation "passkey_profile_attestation" "A passkey profile of the person takes attested passkeys only, and nobody trusted vouches for this one." "See the details for profile and rule; register a model that the metadata know.";
    PasskeyProfileCertification "passkey_profile_certification" "The passkey's model has no certification as high as a passkey profile of the person asks for." "See the details for profile and rule; use another passkey, or lower passband_minimumCertification.";
    PasskeyProfileEvidence "passkey_profile_evidence" "The passkey has less evidence behind it than a passkey profile of the person asks for." "See the details for profile and rule; use another passkey, or lower passband_minimumEvidence.";
    PasskeyProfileType "passkey_profile_type" "The passkey is synced or device-bound, and the passkey profiles of the person want the other." "See the details for profile and rule; use another passkey, or change the profile's passkeyTypes.";
    PasskeyProfileVerification "passkey_profile_verification" "The passkey's model is not known to verify its user only in ways that a passkey profile of the person accepts." "See the details for profile and rule; use another passkey, or change passband_userVerificationMethods.";
    PasskeyResponse "passkey_response" "The passkey's response could not be read or does not follow the specification." "Try again; update the browser or the authenticator.";
    PasskeySignature "passkey_signature" "The passkey's signature is wrong." "Try again; if it happens again, remove the passkey.";
    PasskeyUnknown "passkey_unknown" "No such passkey is registered, or it is another person's." "Register a passkey, or remove the stale one from the password manager.";
    PkceFailed "pkce_failed" "The code verifier does not match the code challenge." "Look for code injection; otherwise correct the application's PKCE.";
    PolicyLocksOut "policy_locks_out" "After the change no administrator would have a passkey that the policy accepts." "Register an acceptable passkey for an administrator first, or send passband_force.";
    PrtExpired "prt_expired" "The Primary Refresh Token has expired." "Sign in on the device again.";
    PrtInvalid "prt_invalid" "The Primary Refresh Token was not made by this server, or was altered." "Sign in on the device again.";
    PrtSuperseded "prt_superseded" "An old generation of the PRT was used after its grace time; the session was ended." "Sign in on the device again; look for a copied PRT.";
    PrtUnboundUse "prt_unbound_use" "A PRT was presented without a signature by the key it is bound to." "Treat the PRT as stolen: revoke the person's sessions.";
    RecoveryCodeUsed "recovery_code_used" "The recovery code had been used before." "Use another code, or ask an administrator for a Temporary Access Pass; if nobody used it knowingly, make new codes.";
    RecoveryCodeWrong "recovery_code_wrong" "No such person, or no such recovery code." "Check the name and the code; making new codes ends the old ones.";
    RedirectUriUnknown "redirect_uri_unknown" "The redirect URI is not registered for the application." "Register it exactly as the application sends it.";
    PasskeyByAnother "passkey_by_another" "The person has passkeys that somebody else registered for them, who could sign in as them with what the role gives." "Ask the person whether they hold these passkeys; remove those they do not, and confirm the rest.";
    RequestMalformed "request_malformed" "The request lacked a parameter or had one that could not be read." "Correct the application.";
    ResourceUnknown "resource_unknown" "No application has this name as an audience." "Register the resource, or correct the name.";
    RoleMissing "role_missing" "No role of the person's, or of the token, lets them do this." "Ask a Global Administrator for the role that does; docs/permissions.md has them.";
    RoleTooLow "role_too_low" "The account may do more than whoever wanted to act on it, who could take it over that way." "Ask a Global Administrator to do it.";
    ScopeTooWide "scope_too_wide" "More was asked for than was granted." "Ask for the scope at sign-in.";
    SelfServiceOff "self_service_off" "People may not register passkeys themselves: the passkey policy has self-service switched off." "Register the passkey for the person, or set isSelfServiceRegistrationAllowed.";
    LastAdmin "last_admin" "The change would leave no administrator who can sign in." "Let another administrator register a passkey that the policy accepts first.";
    SessionEnded "session_ended" "The session was revoked or signed out." "Sign in again.";
    SessionExpired "session_expired" "The session has expired." "Sign in again.";
    SessionFromPrtConfined "session_from_prt_confined" "A browser session made from a PRT cannot obtain broker tokens." "Sign in with a passkey for this step.";
    SessionKeySignature "session_key_signature" "The request was not signed by the session key of the PRT." "Treat the PRT as stolen: revoke the person's sessions.";
    SetupLinkInvalid "setup_link_invalid" "The set-up link is wrong, expired or used." "Restart the server for a new link, if there is no administrator yet.";
    TapExpired "tap_expired" "The Temporary Access Pass has expired or has not begun." "Create a new pass.";
    TapPolicy "tap_policy" "The authentication methods policy does not let the person use a Temporary Access Pass." "Enable passes, or add a group of the person's to the targets of the pass policy.";
    TapUsed "tap_used" "The Temporary Access Pass may be used once and was used." "Create a new pass.";
    TapWrong "tap_wrong" "No such person, or no such pass." "Check the name and the pass; create a new pass.";
    TooManyAttempts "too_many_attempts" "Too many wrong attempts from this place or for this person." "Wait a few minutes.";
    UserDisabled "user_disabled" "The person's account is disabled." "Enable the account if it should work again.";
    UserGone "user_gone" "The person's account was deleted." "Nothing, or create the account again.";
    WrongPerson "wrong_person" "The device belongs to another person." "Sign in as the device's owner, or register the device again.";
}

impl Reason {
    /// Whether the request was granted.
    #[must_use]
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Granted)
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_found_again() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        }
    }
}
