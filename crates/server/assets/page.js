// Small conveniences. Every page works without them.

// "Copy" beside a value that is shown once.
for (const button of document.querySelectorAll("[data-copy]")) {
  const value = document.getElementById(button.dataset.copy);
  if (!value || !navigator.clipboard) continue;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(value.textContent.trim());
      button.textContent = "Copied";
    } catch (error) {
      // Some browsers refuse the clipboard: then the value is selected, ready for the person's own keys.
      console.warn(error);
      getSelection().selectAllChildren(value);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = label), 2000);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// An answer that an app wants by POST leaves by itself.
document.querySelector("form[data-submit]")?.submit();

// One open question at a time, closed by Escape or by a click elsewhere.
const questions = () => document.querySelectorAll("details.confirm[open]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of questions()) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const open of questions()) if (!open.contains(event.target)) open.open = false;
});

// What somebody wrote survives being asked for their passkey: it is kept in this tab until it has been saved.
const written = document.querySelector("textarea[data-draft]");
for (const form of document.querySelectorAll("form")) {
  if (!written || !(form.contains(written) || form.dataset.draft)) continue;
  form.addEventListener("submit", () => sessionStorage.setItem(`draft:${written.dataset.draft}`, written.value));
}
if (new URLSearchParams(location.search).has("done")) {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("draft:")) sessionStorage.removeItem(key);
}
const back = document.querySelector("[data-draft-back]");
if (written && back) {
  const draft = sessionStorage.getItem(`draft:${written.dataset.draft}`);
  back.hidden = draft === null || draft === written.value;
  back.addEventListener("click", () => {
    written.value = draft;
    back.hidden = true;
    written.focus();
  });
}

// Tells the browser which passkeys the account accepts, so that it stops offering removed ones
// (WebAuthn Level 3 §5.1.10). Only rendered for the signed-in owner, with a complete list.
const signal = document.querySelector("[data-signal]");
if (signal && typeof PublicKeyCredential === "function") {
  const { rpId, userId, userName, displayName, credentialIds } = signal.dataset;
  const tell = async (method, details) => {
    if (typeof PublicKeyCredential[method] !== "function") return;
    try {
      await PublicKeyCredential[method](details);
    } catch (error) {
      console.warn(`${method} was not taken`, error);
    }
  };
  const allAcceptedCredentialIds = credentialIds.split(" ").filter(Boolean);
  tell("signalAllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds });
  tell("signalCurrentUserDetails", { rpId, userId, name: userName, displayName });
}
