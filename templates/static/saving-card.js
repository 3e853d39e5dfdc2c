// One question's card on a page: what it holds, what it says about being saved, and how it changes when the server
// knows better. It reads and shows; sending is the business of saving.js.

/** What the form holds, as the server's `PUT` takes it. */
export function answerOf(form) {
  const answer = { choices: [], value: "", rows: [], reason: "", note: "" };
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string") continue;
    if (name === "choice") answer.choices.push(value);
    else if (name === "unknown") answer.choices.push("-unknown");
    else if (name === "na") answer.choices.push("-na");
    else if (name === "attest") answer.choices.push("yes");
    else if (name === "reason" || name === "note") answer[name] = value;
    else if (name === "number" || name === "date" || name === "text") answer.value = value;
    else {
      const cell = name.match(/^rows\.(\d+)\.(.+)$/);
      if (!cell) continue;
      while (answer.rows.length <= Number(cell[1])) answer.rows.push({});
      answer.rows[Number(cell[1])][cell[2]] = value;
    }
  }
  return answer;
}

/** The form as the server has written it. */
function served(form) {
  const copy = form.cloneNode(true);
  copy.reset();
  return copy;
}

/** The names of the inputs that hold something else than the server has written there. */
export function typedIn(form) {
  const [now, before] = [new FormData(form), new FormData(served(form))];
  const names = [...form.elements].map(({ name }) => name).filter(Boolean);
  return new Set(names.filter((name) => JSON.stringify(now.getAll(name)) !== JSON.stringify(before.getAll(name))));
}

/** Adds rows to the table of a form until it has so many. */
function growRows(form, count) {
  const body = form.querySelector("tbody");
  for (let row = body?.rows.length; row < count; row += 1) {
    const next = body.rows[row - 1].cloneNode(true);
    next.cells[0].textContent = `Row ${row + 1}`;
    for (const input of next.querySelectorAll("input, select")) {
      input.name = input.name.replace(/^rows\.\d+/, `rows.${row}`);
      input.id = input.id.replace(`-r${row - 1}-`, `-r${row}-`);
      input.ariaLabel = input.ariaLabel.replace(/\d+$/, row + 1);
    }
    body.append(next);
  }
}

/** Whether filling in the answer would put another text in the place of what was typed into these inputs. */
export function wouldReplace(form, answer, names) {
  const filled = form.cloneNode(true);
  fill(filled, answer);
  const [now, then, before] = [form, filled, served(form)].map((one) => new FormData(one));
  const words = (data, name) => JSON.stringify(data.getAll(name));
  return [...names].some((name) => then.getAll(name).some(Boolean)
    && words(then, name) !== words(now, name) && words(then, name) !== words(before, name));
}

/** Puts an answer into the inputs, after the page was loaded again; not into those that are named to be kept. */
export function fill(form, answer, kept = new Set()) {
  growRows(form, answer.rows.length);
  const chosen = new Set(answer.choices);
  for (const input of form.elements) {
    if (kept.has(input.name)) continue;
    const special = { unknown: "-unknown", na: "-na", attest: "yes" }[input.name];
    const cell = input.name.match(/^rows\.(\d+)\.(.+)$/);
    if (input.name === "choice") input.checked = chosen.has(input.value);
    else if (special) input.checked = chosen.has(special);
    else if (input.name === "reason" || input.name === "note") input.value = answer[input.name];
    else if (["number", "date", "text"].includes(input.name)) input.value = answer.value;
    else if (cell) input.value = answer.rows[Number(cell[1])]?.[cell[2]] ?? "";
  }
}

/** A card that can be edited. */
export class Card {
  constructor(article) {
    this.article = article;
    this.question = article.id;
    this.form = article.querySelector("form[data-answer]");
    this.line = this.form.querySelector("[data-saved]");
    // What a page shows with a fault, or beside another text, is not stored, and what is stored is not on it.
    this.stored = this.clash || article.matches(".on") ? null : JSON.stringify(answerOf(served(this.form)));
  }

  /** The box with two texts, while the person has to choose. */
  get clash() { return this.article.querySelector(".clash"); }

  get rev() { return Number(this.form.elements.revision.value); }
  set rev(rev) { this.form.elements.revision.value = rev; }

  /** Whether the inputs hold something that is not stored. */
  changed() { return JSON.stringify(answerOf(this.form)) !== this.stored; }

  /** Whether nothing is chosen and nothing is written. */
  isBlank() {
    const { choices, value, rows, reason, note } = answerOf(this.form);
    return choices.length === 0 && ![value, reason, note, ...rows.flatMap(Object.values)].some((text) => text.trim());
  }

  /** What stands alone unticks the others, and they untick it. Without script the server says what does not fit. */
  keepAlone(ticked) {
    if (ticked.type !== "checkbox" || !ticked.checked) return;
    const alone = (input) => "alone" in input.dataset;
    for (const other of ticked.closest(".opts")?.querySelectorAll(":checked") ?? []) {
      if (other !== ticked && (alone(ticked) || alone(other))) other.checked = false;
    }
  }

  /** Whether a note is needed follows what is chosen; the server says the same once it is saved. */
  tellNote() {
    const note = this.form.querySelector(".note[data-explain]");
    if (!note) return;
    const explain = note.dataset.explain.split(" ");
    const needed = answerOf(this.form).choices.some((choice) => explain.includes(choice));
    note.querySelector("label span").textContent = needed ? ", needed with this answer" : ", optional";
  }

  say(text, kind = "") {
    this.line.textContent = text;
    this.line.className = `sm ${kind || "mut"}`;
  }

  /** The faults that the server named, in the card and in words. */
  fault(messages) {
    this.say(`Not saved: ${messages.join(" ")}`, "err");
    this.article.classList.add("on");
  }

  saved(rev, answer, text) {
    this.rev = rev;
    this.stored = JSON.stringify(answer);
    this.article.classList.remove("on");
    this.say(text);
  }

  /** Takes the card as the server shows it now: its conflict with both texts, or new words. What is being typed into its
   * other forms stays. */
  replace(article) {
    const place = document.importNode(article, true);
    const others = new Map([...this.article.querySelectorAll("form:not([data-answer])")].map((form) => [form.getAttribute("action"), form]));
    for (const form of place.querySelectorAll("form:not([data-answer])")) {
      const typed = others.get(form.getAttribute("action"));
      if (typed) form.replaceWith(typed);
    }
    this.article.replaceWith(place);
    return place;
  }
}
