//! What goes wrong on a page without anyone asking: console errors, exceptions, policy violations.

use super::connection::Event;
use serde_json::Value;

/// Kinds of [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// `console.error` or `console.assert`.
    Console,
    /// Something the Content Security Policy forbids was tried.
    ContentSecurityPolicy,
    /// An exception nobody caught.
    Exception,
    /// The browser's own complaint, such as a deprecation or mixed content.
    Log,
    /// A request that failed or was answered 400 or above.
    Network,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Of which kind.
    pub kind: ProblemKind,
    /// In the browser's words.
    pub text: String,
}

pub(super) fn problem(event: &Event) -> Option<Problem> {
    let text = |at: &str| event.params.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let found = |kind, text: String| Some(Problem { kind, text });
    match event.method.as_str() {
        "Runtime.consoleAPICalled" if matches!(text("/type"), "error" | "assert") => {
            found(ProblemKind::Console, event.params["args"].to_string())
        }
        "Runtime.exceptionThrown" => found(
            ProblemKind::Exception,
            format!("{} {}", text("/exceptionDetails/text"), text("/exceptionDetails/exception/description")),
        ),
        "Audits.issueAdded" if text("/issue/code") == "ContentSecurityPolicyIssue" => {
            found(ProblemKind::ContentSecurityPolicy, event.params["issue"]["details"].to_string())
        }
        "Log.entryAdded" if text("/entry/level") == "error" => {
            let kind = match text("/entry/source") {
                "network" => ProblemKind::Network,
                "security" => ProblemKind::ContentSecurityPolicy,
                _ => ProblemKind::Log,
            };
            found(kind, format!("{} {}", text("/entry/text"), text("/entry/url")))
        }
        _ => None,
    }
}
