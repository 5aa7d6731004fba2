//! What a command failed with, and the exit code that says so.

use passband_broker::Error;
use passband_broker::http::HttpError;
use passband_broker::loopback::SignInError;

/// A failed command: what was wrong, what to do, and how a script recognises it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Exit code: 1 the answer is no, 2 usage, 3 could not reach or use something.
    pub(crate) exit: u8,
    /// A word for programs.
    pub(crate) code: String,
    /// A sentence for people.
    pub(crate) message: String,
}

impl Failure {
    /// The answer is no.
    pub(crate) fn no(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { exit: 1, code: code.into(), message: message.into() }
    }

    /// The command was not put right.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: 2, code: "usage".to_owned(), message: message.into() }
    }

    /// Something could not be reached or used.
    pub(crate) fn unusable(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { exit: 3, code: code.into(), message: message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Refused(refusal) => {
                // An overloaded or broken server did not answer the question.
                let answered = refusal.status < 500 && refusal.status != 429;
                Self { exit: if answered { 1 } else { 3 }, code: refusal.error, message }
            }
            Error::Http(error) => error.into(),
            Error::SignIn(SignInError::Refused { error, .. }) => Self::no(error, message),
            Error::SignIn(SignInError::Listen(_)) => Self::unusable("cannotListen", message),
            Error::SignIn(SignInError::Timeout) => Self::no("signInTimeout", message),
            Error::SignIn(SignInError::Issuer) => Self::no("wrongIssuer", message),
            Error::BadNonce => Self::usage(message),
            Error::AlreadyJoined(_) => Self::no("alreadyJoined", message),
            Error::NotJoined => Self::no("notJoined", message),
            Error::NotSignedIn => Self::no("notSignedIn", message),
            Error::OtherServer { .. } => Self::no("otherServer", message),
            Error::PrtExpired => Self::no("signInExpired", message),
            Error::ForeignCertificate => Self::no("foreignCertificate", message),
            Error::Browser(_) => Self::unusable("noBrowser", message),
            Error::Keys(_) => Self::unusable("keysUnusable", message),
            Error::Protocol(_) => Self::unusable("protocol", message),
            Error::State(_) => Self::unusable("stateUnusable", message),
        }
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let message = error.to_string();
        match error {
            HttpError::ForeignUrl(_) | HttpError::PlainHttp(_) | HttpError::Url(_) => Self::usage(message),
            HttpError::Connect { .. } => Self::unusable(
                "unreachable",
                format!(
                    "{message}. Is the server running, is this its public URL, and is its certificate trusted here (--ca)?"
                ),
            ),
            HttpError::Ca => Self::unusable("ca", message),
            HttpError::TooLong(_) => Self::unusable("protocol", message),
        }
    }
}
