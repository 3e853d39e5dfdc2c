// Saves answers while they are typed. Each change is written to the queue in this browser first, then sent on its own
// with the revision it was made from, and taken out of the queue only when the server has stored it. What the server
// does not take is set aside there, with why, until the person has decided. Without this script the same forms save
// with their buttons.

import { Card, answerOf, fill } from "/static/saving-card.js";
import { tellAside } from "/static/saving-aside.js";
import { Queue } from "/static/saving-queue.js";

const KEEP = 100; // at most this much typing is lost when the browser dies
const DEBOUNCE = 800;
const LONGEST_WAIT = 5_000;
const RETRY_FIRST = 1_000;
const RETRY_LAST = 60_000;
const KEEPALIVE_LIMIT = 60_000;
const PATIENCE = 30_000; // for one answer of the server

const root = document.querySelector("main");
const { saving: scope } = document.body.dataset;
const header = document.querySelector("[data-page-saved]");
const sharedBox = document.querySelector("#shared-computer");
const isShared = () => sessionStorage.getItem("assay-shared") === "yes";
const queue = new Queue(scope, isShared());
const channel = new BroadcastChannel(`assay-${scope}`);
const cards = new Map();
const timers = new Map(); // question -> {keep, timer, since}
const follows = new Map(); // "question revision" -> the revision that a save of this page made of it
let retryAt = 0;
let retries = 0;
let flushing = null;
let signedOut = false;
let leaving = false;
let lastSaved = ""; // when, in the words of the server
let askedAgain = false; // somebody asked to send while sending was under way
let behind = false; // answers were stored that the counts of this page do not show yet
let gated = false; // one of them opens or closes follow-up questions

// --- what the page says

async function sayState() {
  const kept = await queue.all();
  const aside = kept.filter((entry) => entry.aside);
  tellAside(root, aside.filter((entry) => entry.aside === "closed" || !isShown(entry)), drop);
  if (!header) return;
  const typing = [...cards.values()].filter((card) => timers.has(card.question)).length;
  const waiting = kept.length - aside.length + typing;
  const text = header.querySelector("[data-text]");
  const stuck = new Set([...aside.map(({ question }) => question), ...clashes()]).size;
  header.classList.toggle("wait", waiting > 0 || stuck > 0);
  const answers = waiting === 1 ? "1 answer" : `${waiting} answers`;
  if (waiting === 0 && stuck > 0) {
    text.textContent = `${stuck === 1 ? "1 answer is" : `${stuck} answers are`} not saved: see what is wrong there`;
  } else if (waiting === 0) {
    if (header.dataset.touched) text.textContent = `Everything saved ${lastSaved}`.trim();
  } else if (signedOut) text.textContent = `${answers} kept in this browser; open your link again to save`;
  else if (retries > 0) text.textContent = `${answers} not saved yet, trying again`;
  else text.textContent = `Saving ${answers}`;
  header.dataset.touched = "yes";
}

/** Whether a card of this page holds the entry's text and says what is wrong with it. */
const isShown = (entry) => cards.has(entry.question) && queue.memory.get(entry.question)?.mutation === entry.mutation;

/** The questions of this page that show two texts. */
const clashes = () => [...root.querySelectorAll(".clash")].map((box) => box.closest("article").id);

/** How many answers of this page wait for the person: those that the server does not take, and those with two texts. */
const unsaved = () => new Set([...[...queue.memory.values()].filter(({ aside, question }) => aside && cards.has(question)).map(({ question }) => question), ...clashes()]).size;

/** Sets an entry aside: it stays in this browser, and is not sent by itself. */
const setAside = (entry, why, words = "") => queue.note(entry, { aside: why, words });

/** Drops an entry: the person has decided. */
async function drop(entry) {
  if (!entry) return;
  await queue.done(entry);
  sayState();
}

// --- changes

function changed(card) {
  leaving = false;
  if (card.clash) {
    const kept = queue.memory.get(card.question);
    if (kept?.aside) queue.put({ ...kept, answer: answerOf(card.form) });
    card.say("Not saved: choose which text stays, or save what you write here");
    return;
  }
  const now = Date.now();
  const before = timers.get(card.question);
  if (before) clearTimeout(before.timer);
  const since = before?.since ?? now;
  const wait = Math.max(0, Math.min(DEBOUNCE, since + LONGEST_WAIT - now));
  const keep = before?.keep ?? setTimeout(() => { keepOnDisk(card); const at = timers.get(card.question); if (at) at.keep = null; }, KEEP);
  timers.set(card.question, { since, keep, timer: setTimeout(() => take(card).then(flush), wait) });
  card.say("Not saved yet");
  sayState();
}

function entryOf(card) {
  const earlier = queue.memory.get(card.question);
  return {
    question: card.question,
    rev: card.rev,
    mutation: crypto.randomUUID(),
    answer: answerOf(card.form),
    url: card.form.dataset.answer,
    at: Date.now(),
    // A save that is under way: should this page go away before it hears of it, the next one asks again.
    before: earlier?.sent && !earlier.aside ? { ...earlier, rev: baseOf(earlier), before: undefined } : earlier?.before,
  };
}

/** Whether the queue has to hear of the card: it holds something else than is stored, or than what waits to be sent. */
const differs = (card) => card.changed() || (queue.memory.has(card.question) && !queue.memory.get(card.question).aside);

/** Writes a card's text to the queue, before anything is sent. */
const keepOnDisk = (card) => (differs(card) && !card.clash ? queue.put(entryOf(card)) : undefined);

/** Forgets that a card waits to be saved. */
function endTimer(question) {
  const timer = timers.get(question);
  if (timer) {
    clearTimeout(timer.timer);
    clearTimeout(timer.keep);
  }
  timers.delete(question);
  return timer;
}

/** The person has paused: what the card holds is kept, and goes to the server next. */
async function take(card) {
  const timer = endTimer(card.question);
  if (card.clash || cards.get(card.question) !== card) return;
  if (!differs(card)) {
    await drop(queue.memory.get(card.question));
    if (timer) card.say(card.form.dataset.words ?? "");
    return;
  }
  const kept = await queue.put(entryOf(card));
  card.say(kept ? "Saving" : "Saving; keep this page open until it is saved");
}

async function takeAll() {
  await Promise.all([...timers.keys()].map((question) => cards.get(question)).filter(Boolean).map(take));
}

// --- sending

/** Sends what waits, one tab at a time. Resolves when the queue is empty or sending has to wait. */
function flush() {
  askedAgain = flushing !== null;
  flushing ??= navigator.locks
    .request(`assay-${scope}`, drain)
    .catch(() => undefined)
    .finally(() => {
      flushing = null;
      sayState();
      if (askedAgain) return flush();
      catchUp();
      return undefined;
    });
  return flushing;
}

async function drain() {
  for (const entry of await queue.all()) {
    if (entry.aside) continue;
    if (signedOut || Date.now() < retryAt) return;
    const card = isShown(entry) ? cards.get(entry.question) : undefined;
    if (!(await send(entry, card).catch(() => later(card)))) return;
  }
}

/** The revision to save from: what was typed while a save of this page was under way follows that save. */
function baseOf(entry) {
  let { rev } = entry;
  while (follows.has(`${entry.question} ${rev}`)) rev = follows.get(`${entry.question} ${rev}`);
  return rev;
}

const request = (entry, keepalive = false) => fetch(entry.url, {
  method: "PUT",
  headers: {
    "Content-Type": "application/json",
    "If-Match": `"${baseOf(entry)}"`,
    "X-Mutation-Id": entry.mutation,
    "X-Assay": "1",
    "X-Respondent": scope,
  },
  body: JSON.stringify(entry.answer),
  cache: "no-store",
  keepalive,
  signal: AbortSignal.timeout(PATIENCE),
});

/** Asks for a page; nothing when no answer comes. */
const ask = (where, how) => fetch(where, { cache: "no-store", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE), ...how }).catch(() => null);

/** A page of this respondent, or nothing: another link may have been opened in this browser meanwhile. */
async function pageOf(answer) {
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  return page?.body.dataset.saving === scope ? page : null;
}

/** Learns what became of the save before this entry, of which an earlier page was not told: the same save twice is one. */
async function hearOf({ question, before }) {
  if (!before || follows.has(`${question} ${before.rev}`)) return;
  const answer = await request(before).catch(() => null);
  const rev = answer?.ok ? (await answer.json()).rev : 0;
  if (rev > before.rev) follows.set(`${question} ${before.rev}`, rev);
}

/** Sends one entry. True when the next may follow, false when sending has to wait. */
async function send(entry, card) {
  card?.say("Saving");
  await hearOf(entry);
  const base = baseOf(entry);
  entry.sent = true;
  let answer;
  try {
    answer = await request(entry);
  } catch {
    return later(card);
  }
  if (answer.ok) {
    const { rev, shown } = await answer.json();
    if (rev > 0) lastSaved = shown;
    if (rev > base) follows.set(`${entry.question} ${base}`, rev);
    await queue.done(entry);
    retries = 0;
    if (!card || rev < card.rev) {
      // It was stored before, and somebody has saved since: what counts is shown.
      if (card && !timers.has(entry.question)) fill(card.form, JSON.parse(card.stored));
      await refresh(entry.question);
    } else {
      card.clash?.remove();
      const words = rev === 0 ? "Not answered yet" : `Saved ${shown}`;
      card.saved(rev, entry.answer, words);
      card.form.dataset.words = words;
      if (card.changed()) changed(card);
    }
    behind = true;
    gated ||= Boolean(card?.form.dataset.gate);
    channel.postMessage({ question: entry.question, rev });
    return true;
  }
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 412) return conflict(entry, card);
  if (answer.status === 401 || answer.status === 403) {
    signedOut = true;
    needLink(problem);
    return false;
  }
  if (answer.status === 404 || answer.status === 409) {
    await setAside(entry, "closed", problem.title);
    card?.say("Not saved");
    return true;
  }
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
    await setAside(entry, "refused");
    const faults = (problem.errors ?? []).map((fault) => fault.detail);
    card?.fault(faults.length > 0 ? faults : [problem.detail ?? problem.title ?? ""]);
    return true;
  }
  return later(card, pauseOf(answer));
}

/** Waits longer each time, by chance, and as long as the server asks for. */
function later(card, asked = 0) {
  retries += 1;
  const longest = Math.min(RETRY_LAST, RETRY_FIRST * 2 ** Math.min(retries - 1, 6));
  const wait = Math.max(asked || 0, Math.random() * longest);
  retryAt = Date.now() + wait;
  setTimeout(flush, wait + 10);
  card?.say("Not saved yet, trying again");
  return false;
}

/** How long the server asks to wait, in milliseconds. */
const pauseOf = (answer) => Number(answer?.headers.get("Retry-After")) * 1_000;

/** Somebody else saved first: the server shows both texts in the card, and the person chooses. Until they have, the text
 * stays in this browser; where the card is on another page, a notice leads there. */
async function conflict(entry, card) {
  if (!card) {
    await setAside(entry, "conflict");
    return true;
  }
  const form = new FormData(card.form);
  form.set("revision", baseOf(entry));
  form.set("mutation", crypto.randomUUID());
  const answer = await ask(card.form.action, { method: "POST", body: new URLSearchParams(form) });
  const article = (await pageOf(answer))?.getElementById(entry.question);
  if (!article && answer && [403, 404].includes(answer.status)) {
    // This page is too old to show both; a fresh one can.
    await setAside(entry, "conflict");
    queue.memory.delete(entry.question);
    return true;
  }
  if (!article) return later(card, pauseOf(answer)); // asked again with the next try; nothing is decided yet
  endTimer(entry.question);
  if (answer.ok) await queue.done(entry);
  else await setAside(entry, "conflict");
  const here = document.activeElement;
  const mayFocus = here === document.body || card.article.contains(here);
  const typed = answerOf(card.form); // typing went on meanwhile
  const place = card.replace(article);
  watch(place);
  const now = cards.get(entry.question);
  fill(now.form, typed);
  if (now.changed()) changed(now);
  place.querySelector(".clash h2")?.setAttribute("tabindex", "-1");
  if (mayFocus) place.querySelector(".clash h2")?.focus();
  return true;
}

function needLink(problem) {
  if (document.querySelector("#need-link")) return;
  const box = document.createElement("div");
  box.id = "need-link";
  box.className = "notice bad";
  box.setAttribute("role", "alert");
  const text = document.createElement("p");
  const link = document.createElement("a");
  const code = problem.code === "step-up-required";
  link.href = code ? "/q/code" : "/q";
  link.target = "_blank";
  link.rel = "opener";
  link.textContent = code ? "Enter the code" : "open the link from your mail again, or type its access code";
  text.append("Your session has ended. What you typed is kept here. To save it, ", link, "; then come back to this page.");
  box.append(text);
  root.prepend(box);
}

// --- pages that change by an answer

/** Once nothing waits, fetches the page, and shows what the answers stored since changed elsewhere on it. */
async function catchUp() {
  if (!behind || leaving || (await queue.all()).some((entry) => !entry.aside)) return;
  behind = false;
  const answer = await ask(location.href);
  const page = answer?.ok ? await pageOf(answer) : null;
  if (!page || behind) return; // another answer was stored meanwhile, and the page is fetched again after it
  if (gated) showFollowUps(page);
  gated = false;
  showCounts(page);
}

/** The counts beside the questions. A place that holds the focus stays, and what is marked inside it changes. */
function showCounts(page) {
  const fresh = new Map([...page.querySelectorAll("[data-live]")].map((place) => [place.dataset.live, place]));
  for (const place of document.querySelectorAll("[data-live]")) {
    const now = fresh.get(place.dataset.live);
    const focused = document.activeElement !== place && place.contains(document.activeElement);
    if (now && !focused && now.innerHTML !== place.innerHTML) place.replaceChildren(...document.importNode(now, true).childNodes);
  }
}

/** Shows follow-up questions that an answer opened, and takes away those that it closed. */
function showFollowUps(page) {
  const list = root.querySelector("[data-cards]");
  if (!list) return;
  const fresh = [...page.querySelectorAll("[data-cards] > article")];
  const wanted = new Set(fresh.map((article) => article.id));
  for (const article of [...list.children]) {
    if (!wanted.has(article.id) && !timers.has(article.id) && !queue.memory.has(article.id)) {
      article.remove();
      cards.delete(article.id);
    }
  }
  let before = null;
  for (const article of fresh) {
    let here = document.getElementById(article.id);
    if (!here) {
      here = document.importNode(article, true);
      if (before) before.after(here); else list.prepend(here);
      watch(here);
    }
    before = here;
  }
}

/** Whether a card may be replaced by what the server has: nothing of it waits for anybody. */
const isIdle = (card) => cards.get(card.question) === card && !card.clash && !card.changed()
  && !timers.has(card.question) && !queue.memory.has(card.question);

/** Shows what the server has for a question now, if its card is idle. */
async function refresh(question) {
  const card = cards.get(question);
  if (!card || !isIdle(card)) return;
  const answer = await ask(`/portal/questions/${question}`);
  const article = (answer?.ok ? await pageOf(answer) : null)?.getElementById(question);
  if (article && isIdle(card)) watch(card.replace(article));
}

// --- wiring

function watch(article) {
  if (!article.querySelector("form[data-answer]")) return;
  const card = new Card(article);
  card.form.dataset.words = card.line.textContent;
  cards.set(card.question, card);
  card.form.addEventListener("input", (event) => {
    card.keepAlone(event.target);
    changed(card);
  });
  card.form.addEventListener("change", () => {
    card.tellNote();
    if (!card.clash) take(card).then(flush);
  });
  card.form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "resolve") return resolve(card, event);
    event.preventDefault();
    card.article.classList.remove("on");
    // Saving beside two texts is a choice as well.
    const taken = card.clash ? queue.put(entryOf(card)) : take(card);
    taken.then(() => {
      const { nothing } = card.form.dataset;
      if (nothing && card.rev === 0 && card.isBlank()) return card.fault([nothing]);
      return flush();
    });
  });
}

/** The server stores the person's choice, and the text is kept until a page shows that it has. */
async function resolve(card, event) {
  leaving = true;
  const kept = queue.memory.get(card.question);
  if (!kept || card.form.dataset.chosen) return;
  event.preventDefault();
  card.form.dataset.chosen = "yes";
  const { form } = card;
  // The next page sends it again: what the form has stored is then the same save, and what it has not is saved.
  await queue.put({ ...kept, answer: answerOf(form), rev: card.rev, mutation: form.elements.mutation.value, aside: undefined, before: undefined });
  leaving = true;
  form.requestSubmit(event.submitter);
}

/** Other forms and links leave the page: what is typed is sent first, and nothing is left behind. */
async function leave(event) {
  const form = event.target.closest("form");
  if (!form || form.matches("[data-answer]") || form.dataset.flushed) return;
  event.preventDefault();
  const submitter = event.submitter;
  await takeAll();
  await flush();
  const ends = form.matches("[data-ends-saving]");
  const kept = ends ? await queue.all() : [];
  if (kept.length > 0 && kept.every((entry) => entry.aside) && form.dataset.endsSaving === "wait") {
    if (!confirm("Some of what you typed is not saved; a notice or the answer itself says why. Send without it?")) return;
  } else if (kept.length > 0) {
    const left = "What you typed last is not saved yet.";
    if (form.dataset.endsSaving === "wait") {
      alert(`${left} It is tried again; please send in a moment.`);
      return;
    }
    if (!confirm(`${left} Sign out and lose it?`)) return;
  }
  if (ends && form.dataset.endsSaving !== "wait") await queue.clear();
  leaving = unsaved() === 0 && queue.loose.size === 0;
  form.dataset.flushed = "yes";
  form.requestSubmit(submitter);
}

async function follow(event) {
  const link = event.target.closest("a[href]");
  if (link?.matches("[data-theirs]")) {
    event.preventDefault();
    const { id } = link.closest("article");
    endTimer(id);
    await drop((await queue.all()).find((entry) => entry.question === id));
    leaving = true;
    location.assign(new URL(link.href).pathname);
    return;
  }
  if (!link || link.target || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (new URL(link.href).origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  if (timers.size === 0 && !flushing) return;
  event.preventDefault();
  await takeAll();
  await flush();
  leaving = unsaved() === 0 && queue.loose.size === 0;
  location.assign(link.href);
}

async function start() {
  for (const article of root.querySelectorAll("article.q")) watch(article);
  // What an earlier page could not send is shown again where it belongs, then sent.
  for (const entry of await queue.all()) {
    const card = cards.get(entry.question);
    if (!card) continue;
    fill(card.form, entry.answer);
    card.say("Not saved yet");
    // This card holds it now. What was set aside is tried once more here, where what comes of it can be seen.
    queue.memory.set(entry.question, entry);
    if (entry.aside && !card.clash) await queue.note(entry, { aside: undefined });
  }
  const how = document.querySelector("[data-how]");
  if (how) how.textContent = "Answers are saved while you type.";
  if (sharedBox) {
    sharedBox.closest("[hidden]")?.removeAttribute("hidden");
    sharedBox.checked = isShared();
    sharedBox.addEventListener("change", async () => {
      sessionStorage.setItem("assay-shared", sharedBox.checked ? "yes" : "no");
      const waiting = await queue.all();
      if (sharedBox.checked) await queue.clear();
      queue.onDisk = !sharedBox.checked;
      for (const entry of waiting) await queue.put(entry);
    });
  }
  document.addEventListener("submit", leave);
  document.addEventListener("click", follow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") takeAll().then(flush);
    else if (signedOut) { signedOut = false; document.querySelector("#need-link")?.remove(); flush(); }
  });
  addEventListener("online", () => { retryAt = 0; flush(); });
  addEventListener("focus", () => { if (signedOut) { signedOut = false; document.querySelector("#need-link")?.remove(); flush(); } });
  addEventListener("pagehide", () => {
    for (const question of timers.keys()) {
      const card = cards.get(question);
      if (!card || card.clash || !differs(card)) continue;
      const entry = entryOf(card);
      queue.put(entry);
      if (JSON.stringify(entry.answer).length < KEEPALIVE_LIMIT) request(entry, true).catch(() => undefined);
    }
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && (timers.size > 0 || [...queue.memory.values()].some((entry) => !entry.aside) || unsaved() > 0)) event.preventDefault();
  });
  channel.addEventListener("message", ({ data }) => refresh(data.question));
  await flush();
}

start();
