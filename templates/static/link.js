// The script of the static link page (/q/<link id>#<secret>) and of the sign-in link page (/join#<secret>). It takes
// the secret out of the address at once. On the link page it keeps it in memory and sends it when a person clicks; on
// the sign-in page it fills in the code. Without script, or without a fragment, a person types the code.

const byId = (id) => document.getElementById(id);
const heading = byId("link-heading");
const open = byId("link-open");
const button = byId("link-button");
const status = byId("link-status");
const codeBox = byId("link-code");
const freshBox = byId("link-fresh");
const linkId = location.pathname.split("/")[2] ?? "";
let secret = "";
let busy = false;

const say = (text) => { status.textContent = text; };

function take() {
  const fragment = location.hash.slice(1);
  if (!fragment) return;
  secret = fragment;
  history.replaceState(null, "", location.pathname);
  if (!open) {
    byId("code").value = secret;
    return;
  }
  open.hidden = false;
  codeBox.open = false;
  codeBox.querySelector("summary").textContent = "Use the access code instead";
}

function notUsable() {
  secret = "";
  open.hidden = true;
  heading.textContent = "This link cannot be used";
  heading.nextElementSibling.textContent =
    "It may be mistyped, replaced by a newer one or taken back, or its questionnaire may be closed. Look for the newest mail, or ask for a fresh link. If none comes, ask whoever invited you.";
  freshBox.open = true;
  heading.focus();
}

async function exchange() {
  if (busy) return;
  busy = true; // not `disabled`: that would take the focus away
  say("Opening…");
  try {
    const answer = await fetch("/q/exchange", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Assay": "1" },
      body: JSON.stringify({ link_id: linkId, secret }),
      cache: "no-store",
    });
    if (answer.ok) {
      const { next } = await answer.json();
      // Only a path of this site: "/…", never "//host" or another scheme.
      if (/^\/(?![/\\])/.test(next ?? "")) {
        location.assign(next);
        return;
      }
      say("We could not open it. Use the access code instead.");
    } else if (answer.status === 404) {
      notUsable();
    } else if (answer.status === 429) {
      say("There were many tries just now. Wait a few minutes, then press the button again.");
    } else {
      say("We could not open it just now. Wait a moment, then press the button again.");
    }
  } catch {
    say("There is no connection. Check yours, then press the button again.");
  }
  busy = false;
}

for (const field of document.querySelectorAll('input[name="link_id"]')) field.value = linkId;
take();
addEventListener("hashchange", take);
button?.addEventListener("click", exchange);
