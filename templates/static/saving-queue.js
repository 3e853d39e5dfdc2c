// Answers on their way to the server, kept in this browser until the server has them: one entry per question, the
// newest text only. On a shared computer nothing is written to disk, and the queue lives as long as the page.

const DATABASE = "assay-answers";
const STORE = "waiting";

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["scope", "question"] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Runs one step on the store; resolves when its transaction is complete, so that what was put is on disk. */
async function inStore(mode, step) {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction(STORE, mode, { durability: "strict" });
      const request = step(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

/** The queue of one respondent (`scope`). An entry is `{question, rev, mutation, answer, url}`. */
export class Queue {
  constructor(scope, shared) {
    this.scope = scope;
    this.memory = new Map(); // what this page wrote, or shows in its cards
    this.loose = new Set(); // questions whose text only this page holds
    this.onDisk = !shared;
  }

  /** Keeps an entry in place of an older one of the same question. False when only this page holds it. */
  async put(entry) {
    this.memory.set(entry.question, entry);
    this.loose.add(entry.question);
    if (!this.onDisk) return false;
    try {
      await inStore("readwrite", (store) => store.put({ ...entry, scope: this.scope }));
      if (this.memory.get(entry.question) === entry) this.loose.delete(entry.question);
      return true;
    } catch {
      return false; // private mode, or the disk is full: the page still holds it, and says so when it is left
    }
  }

  /** Notes something of an entry, unless a newer text has replaced it, here or in another tab. */
  async note(entry, changes) {
    const mine = this.memory.get(entry.question);
    if (mine?.mutation === entry.mutation) this.memory.set(entry.question, { ...mine, ...changes });
    await this.#ifSame(entry, (store, key, kept) => store.put({ ...kept, ...changes }));
  }

  /** Acts on what the disk has of a question, if it is this entry still. */
  async #ifSame({ question, mutation }, act) {
    if (!this.onDisk) return;
    const key = [this.scope, question];
    try {
      await inStore("readwrite", (store) => {
        const found = store.get(key);
        found.onsuccess = () => { if (found.result?.mutation === mutation) act(store, key, found.result); };
      });
    } catch { /* it is sent once more; the server knows its mutation id */ }
  }

  /** Takes an entry out, unless a newer text has replaced it meanwhile. */
  async done(entry) {
    if (this.memory.get(entry.question)?.mutation === entry.mutation) {
      this.memory.delete(entry.question);
      this.loose.delete(entry.question);
    }
    await this.#ifSame(entry, (store, key) => store.delete(key));
  }

  /** What waits, oldest change first: from this page, and what an earlier page could not send. */
  async all() {
    const waiting = new Map();
    if (this.onDisk) {
      try {
        for (const entry of await inStore("readonly", (store) => store.getAll())) {
          if (entry.scope === this.scope) waiting.set(entry.question, entry);
        }
      } catch { /* memory is all there is */ }
    }
    for (const [question, entry] of this.memory) waiting.set(question, entry);
    return [...waiting.values()].sort((one, other) => one.at - other.at);
  }

  /** Forgets everything of this respondent, on disk too: on signing out, and on a shared computer. */
  async clear() {
    this.memory.clear();
    this.loose.clear();
    try {
      await inStore("readwrite", (store) => {
        const range = IDBKeyRange.bound([this.scope], [this.scope, []]);
        return store.delete(range);
      });
    } catch { /* nothing was there */ }
  }
}
