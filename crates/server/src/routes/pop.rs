//! Tokens that are bound to a key of the client (prt.md §6.6).

use crate::extract::Params;
use passband_core::reason::Reason;
use passband_wire::oauth::pop::{Confirmation, TOKEN_TYPE};

/// The key that a request wants its token bound to; `None` for a bearer token.
///
/// # Errors
///
/// [`Reason::RequestMalformed`] for another kind of token, or for one without the other: whoever asks for a bound token
/// is never given one that anybody can use.
pub fn asked(form: &Params) -> Result<Option<Confirmation>, Reason> {
    match (form.get("token_type"), form.non_empty("req_cnf")) {
        ("", None) => Ok(None),
        (kind, None) if kind.eq_ignore_ascii_case("Bearer") => Ok(None),
        (kind, Some(key)) if kind.eq_ignore_ascii_case(TOKEN_TYPE) => {
            Confirmation::parse(key).map(Some).map_err(|_| Reason::RequestMalformed)
        }
        _ => Err(Reason::RequestMalformed),
    }
}
