// Answers on their way to the server, kept in this browser until the server has them. What waits to be sent is one
// entry per question, the newest text only. What was set aside stands beside it until a person has decided; a text
// that another tab wrote for the same question is set aside rather than replaced. On a shared computer nothing is
// written to disk, and the queue lives as long as the page.

const DATABASE = "assay-answers";
const WAITING = "waiting"; // one entry per question
const ASIDE = "aside"; // any number of them

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 2);
    request.onupgradeneeded = () => {
      const { result: db } = request;
      if (!db.objectStoreNames.contains(WAITING)) db.createObjectStore(WAITING, { keyPath: ["scope", "question"] });
      db.createObjectStore(ASIDE, { keyPath: ["scope", "mutation"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Runs one step on both stores; resolves when its transaction is complete, so that what was put is on disk. */
async function inStores(mode, step) {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction([WAITING, ASIDE], mode, { durability: "strict" });
      const requests = step(transaction.objectStore(WAITING), transaction.objectStore(ASIDE));
      transaction.oncomplete = () => resolve(requests?.map((request) => request.result));
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

const sameText = (one, other) => JSON.stringify(one.answer) === JSON.stringify(other.answer);

/** The queue of one respondent (`scope`). An entry is `{question, rev, mutation, answer, url}`, and `{aside, words}` once
 * it was set aside. `isShared` tells whether nothing may be written to disk. */
export class Queue {
  constructor(scope, isShared) {
    this.scope = scope;
    this.isShared = isShared;
    this.memory = new Map(); // by question: what this page wrote, or shows in its cards
    this.apart = new Map(); // by mutation: what is in no card of this page and may not be written to disk
    this.onDisk = new Map(); // question -> the mutation of this page that waits on the disk
    this.loose = new Set(); // questions whose text only this page holds
  }

  /** Keeps an entry in place of the one of the same question that this page held. False when only this page holds it. */
  async put(entry) {
    const mine = this.memory.get(entry.question);
    this.memory.set(entry.question, entry);
    this.loose.add(entry.question);
    if (this.isShared()) {
      for (const [mutation, other] of this.apart) {
        if (other.question === entry.question && !other.aside) this.apart.set(mutation, { ...other, aside: "tab" });
      }
      return false;
    }
    const own = { ...entry, scope: this.scope };
    try {
      await inStores("readwrite", (waiting, aside) => {
        if (mine) aside.delete([this.scope, mine.mutation]);
        if (entry.aside) return void aside.put(own);
        const found = waiting.get([this.scope, entry.question]);
        found.onsuccess = () => {
          const there = found.result;
          const known = !there || [mine?.mutation, entry.mutation, this.onDisk.get(entry.question)].includes(there.mutation);
          if (!known && !sameText(there, entry)) aside.put({ ...there, aside: there.aside ?? "tab" });
          waiting.put(own);
        };
      });
      if (!entry.aside) this.onDisk.set(entry.question, entry.mutation);
      if (this.memory.get(entry.question) === entry) this.loose.delete(entry.question);
      return true;
    } catch {
      return false; // private mode, or the disk is full: the page still holds it, and says so when it is left
    }
  }

  /** Sets an entry aside with why: it stays in this browser, and is not sent by itself. Not when a newer text has
   * replaced it meanwhile, here or in another tab. */
  async setAside(entry, why, words = "") {
    const changes = { aside: why, words };
    if (this.#holds(entry)) this.memory.set(entry.question, { ...entry, ...changes });
    else if (this.apart.has(entry.mutation)) this.apart.set(entry.mutation, { ...entry, ...changes });
    await this.#ifSame(entry, (kept, waiting, aside) => {
      waiting.delete([this.scope, entry.question]);
      aside.put({ ...kept, ...changes });
    });
  }

  /** No card of this page shows the entry any more. */
  async letGo(entry) {
    const held = this.#holds(entry) && this.memory.get(entry.question);
    if (!held) return;
    this.memory.delete(entry.question);
    if (this.isShared()) this.apart.set(entry.mutation, held);
  }

  /** A card of this page shows the entry now; what was set aside waits again. False when a newer text waits already. */
  async hold(entry) {
    if (this.memory.has(entry.question)) return false;
    this.apart.delete(entry.mutation);
    const kept = await this.put({ ...entry, aside: undefined, words: undefined });
    if (kept) await this.#onDisk((_, aside) => void aside.delete([this.scope, entry.mutation]));
    return true;
  }

  /** Takes an entry out, unless a newer text has replaced it meanwhile. */
  async done(entry) {
    const { question } = entry;
    // An older text of this page may lie there still, when the disk did not take this one.
    const older = this.#holds(entry) ? this.onDisk.get(question) : undefined;
    if (this.#holds(entry)) this.memory.delete(question);
    this.apart.delete(entry.mutation);
    if (!this.memory.has(question) && ![...this.apart.values()].some((other) => other.question === question)) this.loose.delete(question);
    for (const mutation of new Set([entry.mutation, older])) {
      if (mutation) await this.#ifSame({ question, mutation }, (_, waiting) => waiting.delete([this.scope, question]));
    }
    await this.#onDisk((_, aside) => void aside.delete([this.scope, entry.mutation]));
  }

  #holds({ question, mutation }) { return this.memory.get(question)?.mutation === mutation; }

  /** Changes the disk. What cannot be changed there is sent once more; the server knows its mutation id. */
  async #onDisk(step) {
    if (!this.isShared()) await inStores("readwrite", step).catch(() => undefined);
  }

  /** Acts on what waits on the disk for a question, if it is this entry still. */
  #ifSame({ question, mutation }, act) {
    return this.#onDisk((waiting, aside) => {
      const found = waiting.get([this.scope, question]);
      found.onsuccess = () => { if (found.result?.mutation === mutation) act(found.result, waiting, aside); };
    });
  }

  async #ofDisk() {
    const found = await inStores("readonly", (waiting, aside) => [waiting.getAll(), aside.getAll()]).catch(() => []);
    return found.flat().filter((entry) => entry.scope === this.scope);
  }

  /** What waits and what was set aside, oldest change first: from this page, and what an earlier page could not send. */
  async all() {
    const found = new Map(this.apart);
    for (const entry of this.isShared() ? [] : await this.#ofDisk()) {
      if (entry.aside || !this.memory.has(entry.question)) found.set(entry.mutation, entry);
    }
    for (const entry of this.memory.values()) found.set(entry.mutation, entry);
    return [...found.values()].sort((one, other) => one.at - other.at);
  }

  /** Follows the tick of a shared computer: takes everything from the disk into this page, or writes it there. */
  async move() {
    if (!this.isShared()) {
      for (const entry of this.memory.values()) await this.put(entry);
      const own = [...this.apart.values()].map((entry) => ({ ...entry, aside: entry.aside ?? "tab", scope: this.scope }));
      const kept = await inStores("readwrite", (_, aside) => { for (const entry of own) aside.put(entry); }).then(() => true, () => false);
      if (!kept) return; // this page holds them still
      this.apart.clear();
      for (const question of this.loose) if (!this.memory.has(question)) this.loose.delete(question);
      return;
    }
    for (const entry of await this.#ofDisk()) {
      if (this.#holds(entry)) continue;
      const other = !entry.aside && this.memory.has(entry.question);
      this.apart.set(entry.mutation, other ? { ...entry, aside: "tab" } : entry);
    }
    for (const { question } of [...this.memory.values(), ...this.apart.values()]) this.loose.add(question);
    await this.#wipe();
  }

  /** Forgets everything of this respondent, on disk too: after handing in, and on signing out. */
  async clear() {
    this.memory.clear();
    this.apart.clear();
    this.loose.clear();
    await this.#wipe();
  }

  async #wipe() {
    const mine = IDBKeyRange.bound([this.scope], [this.scope, []]);
    await inStores("readwrite", (...stores) => { for (const store of stores) store.delete(mine); }).catch(() => undefined);
  }
}
