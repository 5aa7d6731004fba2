// Passkey ceremonies (WebAuthn Level 3): sign-in by button and by autofill, and registration.
// The server makes the options and checks the answer; this file only carries them to the browser and back,
// and says in plain words what went wrong.

const REFRESH_MS = 4 * 60 * 1000; // A challenge lives five minutes on the server: renew it before that.
const FILL_MS = 420; // How long the filled band stays in view before the page moves on.

const form = document.querySelector("[data-ceremony]");
const said = document.querySelector("[data-said]");
const doing = document.querySelector("[data-doing]");
const act = document.querySelector("[data-act]");

/** A refusal by our server, with its reason code. */
class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.name = "Refused";
    this.code = code;
  }
}

// ---- talking to the server ------------------------------------------------------------------------------

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      redirect: "error",
    });
  } catch (cause) {
    throw new Refused("unreachable", "The server could not be reached. Check your connection and try again.");
  }
  let json;
  try {
    json = await answer.json();
  } catch (cause) {
    throw new Refused(`http_${answer.status}`, "The server gave an answer this page cannot read. Load the page again.");
  }
  if (!answer.ok) {
    const error = json?.error ?? {};
    throw new Refused(error.code ?? `http_${answer.status}`, error.message ?? "The server refused, without a reason.");
  }
  return json;
}

// ---- words ----------------------------------------------------------------------------------------------

const WORDS = {
  get: {
    NotAllowedError: "No passkey was used: it was cancelled, took too long, or there is none for this address here. Try again, or use a Temporary Access Pass.",
    InvalidStateError: "That passkey is not one this account can use here.",
  },
  create: {
    NotAllowedError: "No passkey was made: it was cancelled or took too long. Try again when you are ready.",
    InvalidStateError: "This device already holds a passkey for your account. Use it, or choose another device or security key.",
    ConstraintError: "This device cannot check that it is you. Set up a screen lock, PIN, fingerprint or face first.",
    NotSupportedError: "This device offers none of the key types this server accepts.",
  },
  any: {
    AbortError: "That was stopped before it ended. Try again.",
    SecurityError: "This address does not match the one passkeys are made for. Open the server by its proper address.",
    NotSupportedError: "This browser or device does not support what is needed here.",
    NotReadableError: "Your device could not open its passkeys just now. Try again.",
    OperationError: "Another passkey request is still open. Close it, then try again.",
    UnknownError: "Your device reported a fault of its own. Try again, or use another passkey.",
    EncodingError: "Your device and this server did not understand each other. Try another passkey.",
    TypeError: "This browser could not read the server's request. Update the browser and try again.",
  },
};

function words(error, kind) {
  if (error instanceof Refused) return error.message;
  return WORDS[kind][error?.name] ?? WORDS.any[error?.name] ?? "Something went wrong that this page has no words for. Try again.";
}

function paragraph(text, className) {
  const p = document.createElement("p");
  p.textContent = text;
  if (className) p.className = className;
  return p;
}

function complain(error, kind) {
  const box = document.createElement("div");
  box.className = "notice notice-refused";
  box.append(paragraph(words(error, kind)));
  const code = paragraph("Reason ", "notice-code");
  const term = document.createElement("code");
  term.textContent = error instanceof Refused ? error.code : (error?.name ?? "unknown");
  code.append(term);
  // The browser's own sentence helps whoever is asked for help.
  if (!(error instanceof Refused) && error?.message) term.title = error.message;
  box.append(code);
  said.replaceChildren(box);
  status("");
  console.warn(error);
}

function status(text) {
  doing.textContent = text;
}

function busy(on) {
  act.disabled = on;
  form.toggleAttribute("data-busy", on);
}

// ---- the band -------------------------------------------------------------------------------------------

const LEVELS = ["unknown", "claimed", "proved", "hardware"];

function fill(levels) {
  for (const floor of document.querySelectorAll("[data-band] [data-floor]")) {
    const level = levels?.[floor.dataset.floor];
    if (!LEVELS.includes(level)) continue;
    const segment = floor.querySelector(".seg");
    segment.classList.remove(...LEVELS.map((other) => `seg-${other}`));
    segment.classList.add(`seg-${level}`);
    floor.querySelector(".floor-level").textContent = level;
    const told = floor.querySelector(".floor-told");
    if (told) told.textContent = floor.dataset[level];
  }
}

/** Shows the closed chain, then moves on. */
async function moveOn(answer, levels) {
  fill(answer.band ?? levels);
  // Something happened to the account that its owner should hear of before anything else.
  if (answer.told) answer.next = `/account?next=${encodeURIComponent(location.pathname + location.search)}`;
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
    await new Promise((resolve) => setTimeout(resolve, FILL_MS));
  }
  // A campaign asks for something first; it brings the person back here.
  if (answer.detour) {
    location.assign(`${answer.detour}?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  if (answer.next === null || answer.next === undefined) {
    location.reload();
    return;
  }
  const target = new URL(answer.next, location.href);
  // An app's own scheme is fine; one that runs or shows text of its own is not.
  if (["javascript:", "data:", "blob:", "vbscript:"].includes(target.protocol)) {
    throw new Refused("bad_next", "The server named an address this page does not go to.");
  }
  location.assign(target.href);
}

// ---- sign-in --------------------------------------------------------------------------------------------

let waiting = null; // The autofill request in hand: { abort, done }.
let renewal = 0;

async function signInOnce(mediation, signal) {
  const options = await post("/ceremony/sign-in/options", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey);
  signal?.throwIfAborted();
  const credential = await navigator.credentials.get({ publicKey, mediation, signal });
  if (!credential) throw new DOMException("no credential was returned", "NotAllowedError");
  busy(true);
  status("Checking your passkey");
  try {
    return await post("/ceremony/sign-in", { ceremony: options.ceremony, credential: credential.toJSON() });
  } catch (error) {
    if (error.code === "passkey_not_accepted") await perhapsForget(options.publicKey.rpId, credential.id);
    throw error;
  }
}

/**
 * The server does not say whether it does not know a passkey or found its signature wrong: that would tell a stranger
 * which passkeys exist. A signature is wrong by accident once at most, so the second refusal in a row settles it.
 */
async function perhapsForget(rpId, credentialId) {
  if (refusedBefore === credentialId) await forget(rpId, credentialId);
  refusedBefore = credentialId;
}

let refusedBefore = null;

/** Tells the password manager that we do not know this passkey, so that it stops offering it. */
async function forget(rpId, credentialId) {
  if (typeof PublicKeyCredential.signalUnknownCredential !== "function") return;
  try {
    await PublicKeyCredential.signalUnknownCredential({ rpId: rpId ?? location.hostname, credentialId });
  } catch (error) {
    console.warn("the browser did not take the signal", error);
  }
}

/** Offers passkeys in the account field until one is chosen or the button is pressed. */
function offer() {
  const abort = new AbortController();
  const since = Date.now();
  const done = (async () => {
    try {
      await moveOn(await signInOnce("conditional", abort.signal), { authn: "proved", session: "claimed" });
    } catch (error) {
      if (abort.signal.aborted) return; // We stopped it ourselves: not news.
      busy(false);
      complain(error, "get");
      // A refused passkey must not end the offer; a server or browser that answers by itself must not loop.
      if (error instanceof Refused && Date.now() - since > 2000) renewSoon(1000);
    }
  })();
  waiting = { abort, done };
  renewSoon(REFRESH_MS);
}

function renewSoon(after) {
  clearTimeout(renewal);
  const due = Date.now() + after;
  renewal = setTimeout(renew, after);
  renewSoon.due = due;
}

async function withdraw() {
  clearTimeout(renewal);
  const open = waiting;
  waiting = null;
  if (!open) return;
  open.abort.abort();
  await open.done; // Browsers allow one request at a time: the next one waits for this one's end.
}

async function renew() {
  if (act.disabled) return; // A ceremony is under way; it has its own challenge.
  await withdraw();
  if (!act.disabled) offer();
}

async function pressSignIn() {
  busy(true);
  said.replaceChildren();
  status("Waiting for your device");
  await withdraw();
  try {
    await moveOn(await signInOnce("optional"), { authn: "proved", session: "claimed" });
  } catch (error) {
    complain(error, "get");
    busy(false);
    act.focus();
    await startOffer();
  }
}

async function startOffer() {
  if (typeof PublicKeyCredential.isConditionalMediationAvailable !== "function") return;
  try {
    if (await PublicKeyCredential.isConditionalMediationAvailable()) offer();
  } catch (error) {
    complain(error, "get");
  }
}

// ---- registration ---------------------------------------------------------------------------------------

async function pressRegister() {
  const text = (name) => form.elements.namedItem(name)?.value.trim() ?? null;
  busy(true);
  said.replaceChildren();
  status("Waiting for your device");
  try {
    const options = await post("/ceremony/register/options", {
      setup: form.dataset.setup ?? null,
      userPrincipalName: text("userPrincipalName"),
      displayName: text("displayName"),
      keeper: text("keeper") ?? "any",
    });
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey);
    const credential = await navigator.credentials.create({ publicKey });
    if (!credential) throw new DOMException("no credential was returned", "NotAllowedError");
    status("Checking your passkey");
    const answer = await post("/ceremony/register", {
      ceremony: options.ceremony,
      credential: credential.toJSON(),
      name: text("name"),
      next: form.dataset.next ?? null,
    });
    await moveOn(answer, { authn: "proved", session: "claimed" });
  } catch (error) {
    if (error.code === "sign_in_again") {
      const here = encodeURIComponent(location.pathname + location.search);
      location.assign(`/sign-in?fresh=1&next=${here}`);
      return;
    }
    complain(error, "create");
    busy(false);
    act.focus();
  }
}

// ---- start ----------------------------------------------------------------------------------------------

const capable =
  window.isSecureContext &&
  typeof PublicKeyCredential === "function" &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function" &&
  typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function";

if (!capable) {
  act.disabled = true;
  complain(
    window.isSecureContext
      ? new Refused("no_webauthn", "This browser cannot use passkeys, or is too old for it. Update it or use another one.")
      : new Refused("insecure_context", "Passkeys need a secure address. Open this page with https, or as localhost."),
    "get",
  );
  form.addEventListener("submit", (event) => event.preventDefault());
} else if (form.dataset.ceremony === "sign-in") {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!act.disabled) pressSignIn();
  });
  // Timers sleep with the machine: after a wake the challenge may be long gone.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && waiting && Date.now() >= renewSoon.due) renew();
  });
  // Back from the cache of pages: the request in hand is dead, and the button may still be off.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    busy(false);
    status("");
    renew();
  });
  startOffer();
} else {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!act.disabled) pressRegister();
  });
}
