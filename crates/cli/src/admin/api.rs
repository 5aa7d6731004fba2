//! The admin API as a client sees it: OData collections, Graph's error shape.

use super::{Access, token};
use crate::device::read_ca;
use crate::failure::Failure;
use passband_broker::error::printable;
use passband_broker::http::{Http, Method, Reply, ServerUrl};
use passband_broker::secret::Secret;
use serde_json::Value;

/// The most a page is asked to hold.
const PAGE: usize = 100;

/// A client of one server's admin API.
pub(super) struct Api {
    http: Http,
    token: Secret,
}

impl Api {
    pub(super) fn connect(access: &Access) -> Result<Self, Failure> {
        let ca = access.ca.as_deref().map(read_ca).transpose()?;
        let http = Http::new(ServerUrl::parse(&access.url)?, ca.as_deref())?;
        let token = match (&access.data, &access.token) {
            (Some(data), _) => Secret::new(token::mint(data)?),
            (None, Some(token)) => token.clone(),
            (None, None) => {
                return Err(Failure::usage(
                    "no token: set PASSBAND_TOKEN (see `passband admin token --help`), or give --data DIR",
                ));
            }
        };
        Ok(Self { http, token })
    }

    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.call(Method::GET, path, query, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::PATCH, path, &[], Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.call(Method::DELETE, path, &[], None).await.map(drop)
    }

    /// [`delete`](Self::delete), where the server says what that did.
    pub(super) async fn delete_with_answer(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::DELETE, path, &[], None).await
    }

    /// Up to `most` entries of a collection, over as many pages as that takes.
    pub(super) async fn list(
        &self,
        path: &str,
        filter: Option<&str>,
        most: usize,
    ) -> Result<Vec<Value>, Failure> {
        self.list_until(path, filter, most, |_| false).await
    }

    /// The entries before the first for which `stop` holds, and no more than `most`.
    pub(super) async fn list_until(
        &self,
        path: &str,
        filter: Option<&str>,
        most: usize,
        stop: impl Fn(&Value) -> bool,
    ) -> Result<Vec<Value>, Failure> {
        let top = most.min(PAGE).to_string();
        let mut query = vec![("$top", top.as_str())];
        query.extend(filter.map(|filter| ("$filter", filter)));
        let mut page = self.get(path, &query).await?;
        let mut rows = Vec::new();
        loop {
            let Some(Value::Array(value)) = page.get_mut("value").map(Value::take) else {
                return Err(Failure::unusable("protocol", "the server's answer is not a collection"));
            };
            for row in value {
                if rows.len() == most || stop(&row) {
                    return Ok(rows);
                }
                rows.push(row);
            }
            if rows.len() == most {
                return Ok(rows);
            }
            let Some(next) = self.next(&page)? else { return Ok(rows) };
            page = self.get(&next, &[]).await?;
        }
    }

    /// Hands every entry of a collection to `take`, page after page, until it fails.
    pub(super) async fn each(
        &self,
        path: &str,
        filter: Option<&str>,
        mut take: impl FnMut(&Value) -> std::io::Result<()>,
    ) -> Result<std::io::Result<()>, Failure> {
        let mut query = vec![("$top", "999")];
        query.extend(filter.map(|filter| ("$filter", filter)));
        let mut page = self.get(path, &query).await?;
        loop {
            let rows = page["value"].as_array();
            let rows =
                rows.ok_or_else(|| Failure::unusable("protocol", "the server's answer is not a collection"))?;
            for row in rows {
                if let Err(error) = take(row) {
                    return Ok(Err(error));
                }
            }
            let Some(next) = self.next(&page)? else { return Ok(Ok(())) };
            page = self.get(&next, &[]).await?;
        }
    }

    /// The path of the page after this one.
    fn next(&self, page: &Value) -> Result<Option<String>, Failure> {
        let Some(next) = page.get("@odata.nextLink").and_then(Value::as_str) else { return Ok(None) };
        // Only on this server: the link comes from the answer, and the token goes with it.
        let next =
            self.http.server().own_text(next).map_err(|error| {
                Failure::unusable("protocol", format!("the next page is elsewhere: {error}"))
            })?;
        Ok(Some(format!("{}?{}", next.path(), next.query().unwrap_or_default())))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let mut request = self.http.request(method, path)?.bearer_auth(self.token.expose());
        if !query.is_empty() {
            request = request.query(query);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = self.http.send(request).await?;
        if !reply.is_success() {
            return Err(refusal(&reply));
        }
        if reply.body.is_empty() {
            return Ok(Value::Null);
        }
        reply.json().ok_or_else(|| Failure::unusable("protocol", "the server's answer is not JSON"))
    }
}

fn refusal(reply: &Reply) -> Failure {
    let body: Value = reply.json().unwrap_or_default();
    let text = |at: &str| body.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let (code, message) = (printable(text("/error/code"), 64), printable(text("/error/message"), 400));
    let code = if code.is_empty() { format!("http_{}", reply.status) } else { code };
    let message = if message.is_empty() { format!("the server answered {}", reply.status) } else { message };
    let hint = match reply.status {
        401 => ". Make another with `passband admin token`; one is good for 15 minutes",
        _ => "",
    };
    // An overloaded or broken server did not answer the question.
    let exit = if reply.status >= 500 || reply.status == 429 { 3 } else { 1 };
    Failure { exit, code, message: format!("{}{hint}", message.trim_end_matches('.')) }
}

/// `text` as one segment of a path.
pub(super) fn segment(text: &str) -> Result<String, Failure> {
    // Dots alone would climb out of the collection, percent-encoded or not.
    if matches!(text, "" | "." | "..") {
        return Err(Failure::usage(format!("`{text}` is not an id or a name")));
    }
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(out)
}

/// `name eq 'text'` of an OData filter.
pub(super) fn equals(name: &str, text: &str) -> String {
    format!("{name} eq '{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_segment_and_their_quotes() {
        assert_eq!(segment("ada@example.com").unwrap(), "ada@example.com");
        assert_eq!(segment("../x?a#b%2e").unwrap(), "..%2Fx%3Fa%23b%252e");
        for bad in ["", ".", ".."] {
            assert_eq!(segment(bad).unwrap_err().exit, 2);
        }
        assert_eq!(equals("appId", "x' or 'a' eq 'a"), "appId eq 'x'' or ''a'' eq ''a'");
    }

    #[test]
    fn a_refusal_says_what_the_server_said() {
        let reply = |status: u16, body: &str| Reply { status, nonce: None, body: body.as_bytes().to_vec() };
        let gone = refusal(&reply(
            404,
            r#"{"error":{"code":"Request_ResourceNotFound","message":"No such user."}}"#,
        ));
        assert_eq!(gone, Failure::no("Request_ResourceNotFound", "No such user"));
        assert_eq!(refusal(&reply(503, "<html>")), Failure::unusable("http_503", "the server answered 503"));
        assert!(refusal(&reply(401, "")).message.contains("passband admin token"));
    }
}
