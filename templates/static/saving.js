// Saves answers while they are typed. Each change is written to the queue in this browser first, then sent on its own
// with the revision it was made from, and taken out of the queue only when the server has stored it. What the server
// does not take is set aside there, with why, until the person has decided. Without this script the same forms save
// with their buttons.

import { Card, answerOf, fill, typedIn, wouldReplace } from "/static/saving-card.js";
import { showCounts, showFollowUps } from "/static/saving-elsewhere.js";
import { askForLink, tellAside } from "/static/saving-notices.js";
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
const SHARED = "assay-shared"; // the tick, for all tabs of this browser
const SENT = "assay-sent"; // who is handing in, and without what
const isShared = () => localStorage.getItem(SHARED) === "yes";
const queue = new Queue(scope, isShared);
const channel = new BroadcastChannel(`assay-${scope}`);
const cards = new Map();
const timers = new Map(); // question -> {keep, timer, since}
const follows = new Map(); // "question revision" -> the revision that a save of this page made of it
const ours = new Set(); // mutations of this page
const heard = new Map(); // mutation of an earlier page -> the revision that it made, 0 for none
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

/** What a card says of a text that waits. */
function waits(question) {
  const words = signedOut ? "Not saved yet" : "Saving";
  if (queue.loose.has(question)) return `${words}; keep this page open until it is saved`;
  return signedOut ? `${words}, kept in this browser` : words;
}

async function sayState() {
  const kept = await queue.all();
  const aside = kept.filter((entry) => entry.aside);
  tellAside(root, aside.filter((entry) => entry.aside === "closed" || !isShown(entry)), forget);
  if (!header) return;
  const waiting = new Set([...kept.filter((entry) => !entry.aside).map(({ question }) => question), ...timers.keys()]).size;
  const text = header.querySelector("[data-text]");
  const stuck = new Set([...aside.map(({ question }) => question), ...clashes()]).size;
  header.classList.toggle("wait", waiting > 0 || stuck > 0);
  const answers = waiting === 1 ? "1 answer" : `${waiting} answers`;
  if (waiting === 0 && stuck > 0) {
    text.textContent = `${stuck === 1 ? "1 answer is" : `${stuck} answers are`} not saved: see what is wrong there`;
  } else if (waiting === 0) {
    if (header.dataset.touched) text.textContent = `Everything saved ${lastSaved}`.trim();
  } else if (signedOut) text.textContent = `${answers} ${queue.loose.size > 0 ? "only on this page" : "kept in this browser"}; open your link again to save`;
  else if (retries > 0) text.textContent = `${answers} not saved yet, trying again`;
  else text.textContent = `Saving ${answers}`;
  header.dataset.touched = "yes";
}

/** Whether a card of this page holds the entry's text and says what is wrong with it. */
const isShown = (entry) => cards.has(entry.question) && queue.memory.get(entry.question)?.mutation === entry.mutation;

/** The questions of this page that show two texts. */
const clashes = () => [...root.querySelectorAll(".clash")].map((box) => box.closest("article").id);

/** Whether answers of this page wait for the person: those that the server does not take, those with two texts, and
 * those that only this page holds. */
const isUnsaved = () => queue.loose.size > 0 || clashes().length > 0
  || [...queue.memory.values()].some(({ aside, question }) => aside && cards.has(question));

/** Drops an entry: the person has decided. */
async function drop(entry) {
  if (!entry) return;
  await queue.done(entry);
  sayState();
}

/** Drops an entry, and its card holds again what is stored. */
async function forget(entry) {
  const card = isShown(entry) ? cards.get(entry.question) : undefined;
  await drop(entry);
  if (!card || card.clash) return;
  if (card.stored === null) return void replaceCard(card);
  fill(card.form, JSON.parse(card.stored));
  card.say(card.form.dataset.words);
}

// --- changes

function changed(card) {
  leaving = false;
  if (card.clash) {
    const kept = queue.memory.get(card.question);
    // Typing on decides nothing; only a choice that is under way goes on with what is typed.
    const chosen = kept?.chosen && !kept.aside;
    if (kept) queue.put(chosen ? { ...entryOf(card), chosen } : { ...kept, aside: kept.aside ?? "conflict", answer: answerOf(card.form) });
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
  const mutation = crypto.randomUUID();
  ours.add(mutation);
  return {
    question: card.question,
    // A text goes on from what it was begun from, and not from what somebody else has saved since.
    rev: earlier && earlier.aside !== "conflict" && !card.clash ? earlier.rev : card.rev,
    mutation,
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

/** The person has paused: what the card holds is kept, and goes to the server next. What the queue holds already is
 * only sent once more when somebody has asked for it. */
async function take(card, asked = false) {
  const timer = endTimer(card.question);
  if (card.clash || cards.get(card.question) !== card) return;
  const held = queue.memory.get(card.question);
  if (held && !timer && !asked && JSON.stringify(held.answer) === JSON.stringify(answerOf(card.form))) return;
  if (!differs(card)) {
    await drop(held);
    if (timer) card.say(card.form.dataset.words ?? "");
    return;
  }
  await queue.put(entryOf(card));
  card.say(waits(card.question));
}

async function takeAll() {
  await Promise.all([...timers.keys()].map((question) => cards.get(question)).filter(Boolean).map((card) => take(card)));
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
    const now = queue.memory.get(entry.question);
    if (now && now.mutation !== entry.mutation) continue; // a newer text has taken its place meanwhile
    const card = isShown(entry) ? cards.get(entry.question) : undefined;
    if (!(await send(entry, card).catch(() => later(card)))) return;
  }
}

/** The revision to save from: what was typed while a save of this page was under way follows that save. */
function baseOf(entry) {
  let { rev } = entry;
  if (queue.memory.get(entry.question)?.mutation !== entry.mutation) return rev; // of another page
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

/** Learns what became of the save before this entry, of which an earlier page was not told: the same save twice is one.
 * Gives the answer when it is none yet: until then, somebody else's change cannot be told from one's own. */
async function hearOf(entry) {
  const { question, before } = entry;
  if (!before) return undefined;
  const key = `${question} ${before.rev}`;
  if (!heard.has(before.mutation) && !follows.has(key)) {
    const answer = await request(before);
    if (isLater(answer)) return answer;
    heard.set(before.mutation, answer.ok ? (await answer.json()).rev : 0);
  }
  const rev = heard.get(before.mutation) ?? follows.get(key);
  if (rev > before.rev) follows.set(key, rev);
  if (rev > before.rev && entry.rev === before.rev) entry.rev = rev;
  return undefined;
}

/** Whether the server asks to be tried again. */
const isLater = ({ status }) => status >= 500 || status === 408 || status === 429;

/** Sends one entry. True when the next may follow, false when sending has to wait. */
async function send(entry, card) {
  card?.say(waits(entry.question));
  const unheard = await hearOf(entry);
  if (unheard) return later(card, pauseOf(unheard));
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
      if (card?.stored && !timers.has(entry.question)) fill(card.form, JSON.parse(card.stored));
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
    channel.postMessage({ question: entry.question, mutation: entry.mutation, base, rev });
    return true;
  }
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 412) return conflict(entry, card);
  if (answer.status === 401 || answer.status === 403) {
    signedOut = true;
    for (const { question, aside } of await queue.all()) if (!aside) cards.get(question)?.say(waits(question));
    askForLink(root, problem.code === "step-up-required");
    return false;
  }
  if (answer.status === 404 || answer.status === 409) {
    await queue.setAside(entry, "closed", problem.title);
    card?.say("Not saved");
    return true;
  }
  if (answer.status >= 400 && !isLater(answer)) {
    await queue.setAside(entry, "refused");
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
    await queue.setAside(entry, "conflict");
    return true;
  }
  const form = new FormData(card.form);
  form.set("revision", baseOf(entry));
  form.set("mutation", crypto.randomUUID());
  const answer = await ask(card.form.action, { method: "POST", body: new URLSearchParams(form) });
  const article = (await pageOf(answer))?.getElementById(entry.question);
  if (!article && answer && [403, 404].includes(answer.status)) {
    // This page is too old to show both; a fresh one can.
    await queue.setAside(entry, "conflict");
    await queue.letGo(entry);
    return true;
  }
  if (!article) return later(card, pauseOf(answer)); // asked again with the next try; nothing is decided yet
  // What is typed meanwhile stands in the form that is read here; from here to the new card nothing waits.
  endTimer(entry.question);
  const done = answer.ok ? queue.done(entry) : queue.setAside(queue.memory.get(entry.question) ?? entry, "conflict");
  const here = document.activeElement;
  const typing = card.form.contains(here) && typeof here.selectionStart === "number";
  const mayFocus = here === document.body || card.article.contains(here);
  const typed = answerOf(card.form);
  cards.delete(entry.question); // a field that is taken away says once more that it has changed
  const place = card.replace(article);
  watch(place);
  const now = cards.get(entry.question);
  fill(now.form, typed);
  if (now.changed()) changed(now);
  const title = place.querySelector(".clash h2");
  title?.setAttribute("tabindex", "-1");
  const field = typing && now.form.elements[here.name];
  if (field) {
    field.focus();
    field.setSelectionRange(here.selectionStart, here.selectionEnd);
  } else if (mayFocus) title?.focus();
  await done;
  return true;
}

// --- pages that change by an answer

/** Once nothing waits, fetches the page, and shows what the answers stored since changed elsewhere on it. */
async function catchUp() {
  if (!behind || leaving || (await queue.all()).some((entry) => !entry.aside)) return;
  behind = false;
  const answer = await ask(location.href);
  const page = answer?.ok ? await pageOf(answer) : null;
  if (!page || behind) return; // another answer was stored meanwhile, and the page is fetched again after it
  const busy = (id) => timers.has(id) || queue.memory.has(id);
  if (gated) showFollowUps(root, page, { busy, opened: watch, closed: (id) => cards.delete(id) });
  gated = false;
  showCounts(page);
}

/** Whether a card may be replaced by what the server has: nothing of it waits for anybody. */
const isIdle = (card) => cards.get(card.question) === card && !card.clash && !card.changed()
  && !timers.has(card.question) && !queue.memory.has(card.question);

/** Shows what the server has for a question now, if its card is idle. */
async function refresh(question) {
  const card = cards.get(question);
  if (!card || !isIdle(card)) return;
  const article = await articleOf(question);
  if (article && isIdle(card)) watch(card.replace(article));
}

/** Shows what the server has in place of what the card holds. */
async function replaceCard(card) {
  const article = await articleOf(card.question);
  if (article) watch(card.replace(article));
}

/** The card of a question as the server has it now; nothing when it does not answer. */
async function articleOf(question) {
  const answer = await ask(`/portal/questions/${question}`);
  return (answer?.ok ? await pageOf(answer) : null)?.getElementById(question);
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
    const taken = card.clash ? queue.put({ ...entryOf(card), chosen: true }) : take(card, true);
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
    const words = "What you typed last is not saved yet.";
    if (form.dataset.endsSaving === "wait") {
      alert(`${words} It is tried again; please send in a moment.`);
      return;
    }
    if (!confirm(`${words} Sign out and lose it?`)) return;
  }
  const left = kept.map(({ question, mutation }) => ({ question, mutation }));
  if (ends && form.dataset.endsSaving === "wait") sessionStorage.setItem(SENT, JSON.stringify({ scope, left }));
  else if (ends) await queue.clear();
  leaving = !isUnsaved();
  form.dataset.flushed = "yes";
  form.requestSubmit(submitter);
  delete form.dataset.flushed; // the page may stay, and what is typed then has to be sent again
}

async function follow(event) {
  const link = event.target.closest("a[href]");
  if (link?.matches("[data-theirs]")) {
    event.preventDefault();
    const { id } = link.closest("article");
    endTimer(id);
    await drop(queue.memory.get(id));
    leaving = true;
    location.assign(new URL(link.href).pathname);
    return;
  }
  if (!link || link.target || link.hasAttribute("download") || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (new URL(link.href).origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  if (timers.size === 0 && !flushing) return;
  event.preventDefault();
  await takeAll();
  await flush();
  leaving = !isUnsaved();
  location.assign(link.href);
}

/** The receipt ends what was begun with "send": what was left then was left by choice. */
async function endAfterSending() {
  const sent = JSON.parse(sessionStorage.getItem(SENT));
  sessionStorage.removeItem(SENT);
  if (sent?.scope !== scope || !root.querySelector("[data-sent]")) return;
  for (const entry of sent.left) await queue.done(entry);
}

/** Shows what an earlier page could not send where it belongs, but not over what was typed on this one. What was set
 * aside is tried once more here, where what comes of it can be seen. */
async function restore() {
  const kept = await queue.all();
  for (const entry of [...kept.filter(({ aside }) => !aside), ...kept.filter(({ aside }) => aside)]) {
    const card = cards.get(entry.question);
    if (!card || queue.memory.has(entry.question)) continue;
    const typed = typedIn(card.form);
    if (wouldReplace(card.form, entry.answer, typed)) {
      if (!entry.aside) await queue.setAside(entry, "tab");
      continue;
    }
    fill(card.form, entry.answer, typed);
    card.say("Not saved yet");
    if (entry.aside && card.clash) queue.memory.set(entry.question, entry);
    else await queue.hold({ ...entry, sent: true }); // an earlier page may have sent it
  }
}

function watchSharing() {
  if (!sharedBox) return;
  sharedBox.closest("[hidden]")?.removeAttribute("hidden");
  sharedBox.checked = isShared();
  sharedBox.addEventListener("change", () => {
    localStorage.setItem(SHARED, sharedBox.checked ? "yes" : "no");
    queue.move();
  });
}

/** The person is back, perhaps with the session that was missing. */
function goOn() {
  if (!signedOut) return;
  signedOut = false;
  document.querySelector("#need-link")?.remove();
  flush();
}

async function start() {
  await endAfterSending();
  if (isShared()) await queue.move(); // what was typed before the tick was set
  for (const article of root.querySelectorAll("article.q")) watch(article);
  const early = [...cards.values()].filter((card) => !card.clash && (card.stored === null || typedIn(card.form).size > 0));
  await restore();
  for (const card of early) if (!timers.has(card.question)) changed(card); // typed before this script ran, or refused
  const how = document.querySelector("[data-how]");
  if (how) how.textContent = "Answers are saved while you type.";
  watchSharing();
  document.addEventListener("submit", leave);
  document.addEventListener("click", follow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") takeAll().then(flush);
    else goOn();
  });
  addEventListener("online", () => { retryAt = 0; flush(); });
  addEventListener("focus", goOn);
  addEventListener("storage", ({ key }) => {
    if (key !== SHARED) return;
    if (sharedBox) sharedBox.checked = isShared();
    queue.move();
  });
  addEventListener("pagehide", () => {
    for (const question of timers.keys()) {
      const card = cards.get(question);
      if (!card || card.clash || !differs(card)) continue;
      const entry = { ...entryOf(card), sent: true };
      queue.put(entry);
      if (JSON.stringify(entry.answer).length < KEEPALIVE_LIMIT) request(entry, true).catch(() => undefined);
    }
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && (timers.size > 0 || [...queue.memory.values()].some((entry) => !entry.aside) || isUnsaved())) event.preventDefault();
  });
  channel.addEventListener("message", ({ data: { question, mutation, base, rev } }) => {
    if (ours.has(mutation) && rev > base) follows.set(`${question} ${base}`, rev); // another tab has sent it for us
    goOn(); // it can save, so this one can
    refresh(question).then(sayState);
  });
  await flush();
}

start();
