//! Windows and pages: navigation, scripts, real input.

use super::connection::{Connection, Event};
use super::watch::{Problem, problem};
use super::{BrowserError, Chromium, PATIENCE};
use passband_wire::b64;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a condition that no event announces may go unseen.
const GLANCE: Duration = Duration::from_millis(25);

/// A profile of its own in the shared browser: no cookie or storage of another window's.
#[derive(Clone, Debug)]
pub struct Window {
    connection: Arc<Connection>,
    context: String,
}

impl Window {
    /// Opens one; it is disposed of when the last of its pages is dropped.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn open(browser: &Arc<Chromium>) -> Result<Self, BrowserError> {
        let connection = Arc::new(Connection::open(Arc::clone(browser)).await?);
        let made =
            connection.command("", "Target.createBrowserContext", json!({ "disposeOnDetach": true })).await?;
        Ok(Self { connection, context: text(&made["browserContextId"]) })
    }

    /// A new empty page.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn page(&self) -> Result<Page, BrowserError> {
        let blank =
            json!({ "url": "about:blank", "browserContextId": self.context, "width": 1280, "height": 900 });
        let target = self.connection.command("", "Target.createTarget", blank).await?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.connection.command("", "Target.attachToTarget", attach).await?;
        let page = Page {
            connection: Arc::clone(&self.connection),
            session: text(&session["sessionId"]),
            seen: Arc::new(AtomicUsize::new(0)),
        };
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"] {
            page.command(&format!("{domain}.enable"), json!({})).await?;
        }
        page.command("Page.setLifecycleEventsEnabled", json!({ "enabled": true })).await?;
        // Pages in the background are throttled and lose focus; every page of a test is in front.
        page.command("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await?;
        Ok(page)
    }
}

/// What became of a navigation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Navigation {
    /// Status and `Location` of each redirect on the way.
    pub redirects: Vec<(u16, String)>,
    /// Status of the page at the end.
    pub status: u16,
    /// Its address.
    pub url: String,
}

/// Keys that do something other than write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Tab, backwards.
    BackTab,
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// The space bar.
    Space,
    /// Tab.
    Tab,
}

/// A page of a window.
#[derive(Clone, Debug)]
pub struct Page {
    connection: Arc<Connection>,
    session: String,
    /// Up to where its problems were looked at.
    seen: Arc<AtomicUsize>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Page {
    /// Sends a protocol command to this page.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn command(&self, method: &str, params: Value) -> Result<Value, BrowserError> {
        self.connection.command(&self.session, method, params).await
    }

    /// Goes to an address and waits until it is loaded, redirects included.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Navigation`] if there is nothing to load.
    pub async fn goto(&self, url: &str) -> Result<Navigation, BrowserError> {
        let mark = self.connection.mark();
        let begun = self.command("Page.navigate", json!({ "url": url })).await?;
        if let Some(reason) = begun["errorText"].as_str() {
            return Err(BrowserError::Navigation { url: url.to_owned(), reason: reason.to_owned() });
        }
        let loader = text(&begun["loaderId"]);
        let loaded = |event: &Event| {
            event.method == "Page.lifecycleEvent"
                && event.params["name"] == "load"
                && event.params["loaderId"] == loader.as_str()
        };
        self.event(mark, url, loaded).await?;
        Ok(self.navigation(mark, |params| params["loaderId"] == loader.as_str()))
    }

    /// Does something that leads to another page, and waits until an address that starts with `prefix` is loaded.
    ///
    /// # Errors
    ///
    /// [`BrowserError`] of the act, or [`BrowserError::Timeout`].
    pub async fn led_to<T>(
        &self,
        prefix: &str,
        act: impl Future<Output = Result<T, BrowserError>>,
    ) -> Result<Navigation, BrowserError> {
        let mark = self.connection.mark();
        act.await?;
        self.arrive(mark, prefix).await
    }

    async fn arrive(&self, mark: usize, prefix: &str) -> Result<Navigation, BrowserError> {
        // An answer without a body is shown as the browser's own page, under the address it could not show.
        let named =
            |frame: &Value, member: &str| frame[member].as_str().is_some_and(|url| url.starts_with(prefix));
        let committed = |event: &Event| {
            let frame = &event.params["frame"];
            event.method == "Page.frameNavigated"
                && frame["parentId"].is_null()
                && (named(frame, "url") || named(frame, "unreachableUrl"))
        };
        let arrived = self.event(mark, prefix, committed).await?;
        let loader = arrived.params["frame"]["loaderId"].clone();
        let loaded = |event: &Event| {
            event.method == "Page.lifecycleEvent"
                && event.params["name"] == "load"
                && event.params["loaderId"] == loader
        };
        self.event(mark, prefix, loaded).await?;
        Ok(self.navigation(mark, |params| params["loaderId"] == loader))
    }

    /// What the events since `mark` tell of the document that `ours` picks.
    fn navigation(&self, mark: usize, ours: impl Fn(&Value) -> bool) -> Navigation {
        let mut navigation = Navigation::default();
        let status =
            |value: &Value| value.as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or_default();
        for event in self.connection.since(mark, &self.session) {
            let params = &event.params;
            if params["type"] != "Document" || !ours(params) {
                continue;
            }
            match event.method.as_str() {
                "Network.requestWillBeSent" if !params["redirectResponse"].is_null() => {
                    let to = text(&params["request"]["url"]);
                    navigation.redirects.push((status(&params["redirectResponse"]["status"]), to));
                }
                "Network.responseReceived" => {
                    navigation.status = status(&params["response"]["status"]);
                    navigation.url = text(&params["response"]["url"]);
                }
                _ => {}
            }
        }
        navigation
    }

    async fn event(
        &self,
        mark: usize,
        what: &str,
        wanted: impl Fn(&Event) -> bool,
    ) -> Result<Event, BrowserError> {
        let search = async {
            loop {
                let seen = self.connection.mark();
                if let Some(event) = self.connection.since(mark, &self.session).into_iter().find(&wanted) {
                    return event;
                }
                self.connection.told_after(seen).await;
            }
        };
        match timeout(PATIENCE, search).await {
            Ok(event) => Ok(event),
            Err(_) => Err(self.in_vain(what).await),
        }
    }

    async fn in_vain(&self, what: &str) -> BrowserError {
        let look = "location.href + '\\n' + (document.body ? document.body.innerText : '')";
        let page = self.eval(look).await.map_or_else(|error| error.to_string(), |value| text(&value));
        BrowserError::Timeout { what: what.to_owned(), page }
    }

    /// Evaluates an expression; a promise is awaited. The value comes by JSON.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Script`] with what it threw.
    pub async fn eval(&self, expression: &str) -> Result<Value, BrowserError> {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let answer = self.command("Runtime.evaluate", params).await?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            let words = thrown.pointer("/exception/description").or(thrown.get("text"));
            return Err(BrowserError::Script(words.map(text).unwrap_or_default()));
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Runs a script in every document from now on, before the document's own.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn on_new_document(&self, script: &str) -> Result<(), BrowserError> {
        self.command("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await.map(drop)
    }

    /// Waits until an expression is true.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Timeout`].
    pub async fn until(&self, expression: &str) -> Result<(), BrowserError> {
        let end = Instant::now() + PATIENCE;
        loop {
            let seen = self.connection.mark();
            match self.eval(&format!("!!({expression})")).await {
                Ok(Value::Bool(true)) => return Ok(()),
                // The page is being replaced: its scripts have nowhere to run for a moment.
                Ok(_) | Err(BrowserError::Command { .. } | BrowserError::Script(_)) => {}
                Err(error) => return Err(error),
            }
            if Instant::now() > end {
                return Err(self.in_vain(expression).await);
            }
            let _ = timeout(GLANCE, self.connection.told_after(seen)).await;
        }
    }

    /// Waits until the page shows a text.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Timeout`].
    pub async fn until_text(&self, words: &str) -> Result<(), BrowserError> {
        self.until(&format!("document.body?.innerText.includes({})", json!(words))).await
    }

    /// The text of the first element a selector finds; empty if it finds none.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn text(&self, selector: &str) -> Result<String, BrowserError> {
        let found =
            self.eval(&format!("document.querySelector({})?.innerText ?? ''", json!(selector))).await?;
        Ok(text(&found))
    }

    /// The page's address.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn url(&self) -> Result<String, BrowserError> {
        self.eval("location.href").await.map(|url| text(&url))
    }

    /// Clicks with the mouse what a selector finds, once it can be clicked.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Timeout`] if nothing of that kind can be.
    pub async fn click(&self, selector: &str) -> Result<(), BrowserError> {
        let find = format!("document.querySelector({})", json!(selector));
        // What another element covers, a mouse does not reach.
        let reachable = format!(
            "(() => {{ const e = {find}; if (!e || e.disabled) return null; \
             e.scrollIntoView({{ block: 'center', behavior: 'instant' }}); const r = e.getBoundingClientRect(); \
             const [x, y] = [r.x + r.width / 2, r.y + r.height / 2]; \
             const top = document.elementFromPoint(x, y); \
             return r.width && top && (e.contains(top) || top.contains(e)) ? {{ x, y }} : null; }})()"
        );
        self.until(&format!("document.readyState === 'complete' && {reachable}")).await?;
        let at = self.eval(&reachable).await?;
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let held = i32::from(kind == "mousePressed");
            let event = json!({
                "type": kind, "x": at["x"], "y": at["y"], "button": "left", "buttons": held,
                "clickCount": i32::from(kind != "mouseMoved"),
            });
            self.command("Input.dispatchMouseEvent", event).await?;
        }
        Ok(())
    }

    /// Clicks a field, empties it and types into it, key by key.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn fill(&self, selector: &str, words: &str) -> Result<(), BrowserError> {
        self.click(selector).await?;
        self.replace(words).await
    }

    /// Empties the field that has the focus and types into it.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn replace(&self, words: &str) -> Result<(), BrowserError> {
        let all = json!({ "type": "rawKeyDown", "commands": ["selectAll"], "modifiers": 2, "key": "a", "code": "KeyA" });
        self.command("Input.dispatchKeyEvent", all).await?;
        self.command("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": "a", "code": "KeyA" }))
            .await?;
        for letter in words.chars() {
            let letter = letter.to_string();
            let down = json!({ "type": "keyDown", "text": letter, "key": letter });
            self.command("Input.dispatchKeyEvent", down).await?;
            self.command("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": letter })).await?;
        }
        Ok(())
    }

    /// Presses a key.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn press(&self, key: Key) -> Result<(), BrowserError> {
        let (name, code, number, typed, modifiers) = match key {
            Key::BackTab => ("Tab", "Tab", 9, "", 8),
            Key::Enter => ("Enter", "Enter", 13, "\r", 0),
            Key::Escape => ("Escape", "Escape", 27, "", 0),
            Key::Space => (" ", "Space", 32, " ", 0),
            Key::Tab => ("Tab", "Tab", 9, "", 0),
        };
        let mut down = json!({
            "type": "rawKeyDown", "key": name, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
        });
        let mut up = down.clone();
        up["type"] = "keyUp".into();
        if !typed.is_empty() {
            down["type"] = "keyDown".into();
            down["text"] = typed.into();
        }
        self.command("Input.dispatchKeyEvent", down).await?;
        self.command("Input.dispatchKeyEvent", up).await.map(drop)
    }

    /// Presses Tab until the focus is on what a selector finds.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Timeout`] if 60 presses do not bring it there.
    pub async fn tab_to(&self, selector: &str) -> Result<(), BrowserError> {
        let there = format!("!!document.activeElement?.matches({})", json!(selector));
        for _ in 0..60 {
            if self.eval(&there).await? == true {
                return Ok(());
            }
            self.press(Key::Tab).await?;
        }
        Err(self.in_vain(&format!("the focus on {selector}")).await)
    }

    /// Sets the size of the page, in CSS pixels.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn set_viewport(&self, width: u32, height: u32) -> Result<(), BrowserError> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", size).await.map(drop)
    }

    /// Sets media features, such as `("prefers-color-scheme", "dark")`.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn set_media(&self, features: &[(&str, &str)]) -> Result<(), BrowserError> {
        let features: Vec<_> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.command("Emulation.setEmulatedMedia", json!({ "features": features })).await.map(drop)
    }

    /// Writes a PNG of the whole page.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn screenshot(&self, file: &Path) -> Result<(), BrowserError> {
        let shot = json!({ "format": "png", "captureBeyondViewport": true });
        let answer = self.command("Page.captureScreenshot", shot).await?;
        let png = b64::decode_std(answer["data"].as_str().unwrap_or_default(), 64 << 20)
            .map_err(|error| BrowserError::Script(error.to_string()))?;
        Ok(std::fs::write(file, png)?)
    }

    /// Sends these headers with every request of the page from now on, in place of those before.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn set_headers(&self, headers: &[(&str, &str)]) -> Result<(), BrowserError> {
        let headers: serde_json::Map<_, _> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        self.command("Network.setExtraHTTPHeaders", json!({ "headers": headers })).await.map(drop)
    }

    /// Sets a cookie for the address.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn set_cookie(&self, url: &str, name: &str, value: &str) -> Result<(), BrowserError> {
        let cookie = json!({ "name": name, "value": value, "url": url, "httpOnly": true });
        self.command("Network.setCookie", cookie).await.map(drop)
    }

    /// The cookies sent to an address, as the protocol describes them.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn cookies(&self, url: &str) -> Result<Vec<Value>, BrowserError> {
        let answer = self.command("Network.getCookies", json!({ "urls": [url] })).await?;
        Ok(answer["cookies"].as_array().cloned().unwrap_or_default())
    }

    /// What went wrong since the last look.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    pub async fn problems(&self) -> Result<Vec<Problem>, BrowserError> {
        // An answer after them: what the page told before this is here.
        self.eval("0").await?;
        let mark = self.seen.swap(self.connection.mark(), Ordering::Relaxed);
        Ok(self.connection.since(mark, &self.session).iter().filter_map(problem).collect())
    }
}
