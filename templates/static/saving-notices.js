// Notices at the top of a page: what the server did not take and no card of this page shows, with the way to decide;
// and that the session has ended.

/** An answer in words, as it was typed. */
const textOf = ({ answer }) => [
  answer.value, ...answer.choices.map((choice) => choice.replace(/^-/, "")), ...answer.rows.map((row) => Object.values(row).join(", ")), answer.reason, answer.note,
].filter((text) => text?.trim()).join("\n");

function link(words, href) {
  const place = document.createElement("a");
  place.href = href;
  place.textContent = words;
  return place;
}

function button(words, act) {
  const place = document.createElement("button");
  place.type = "button";
  place.className = "btn sm";
  place.textContent = words;
  place.addEventListener("click", act);
  return place;
}

/** Why an entry was not saved, in words. */
function why(entry) {
  if (entry.aside === "closed") return entry.words || "This cannot be saved any more";
  if (entry.aside === "tab") return "Something else was typed in another tab of this browser";
  return entry.aside === "conflict" ? "Somebody else changed this answer first" : "Something is wrong with it";
}

const markOf = ({ mutation, aside, answer }) => JSON.stringify([mutation, aside, answer]);

/** What became of one entry, with its text and what can be done about it. */
function line(entry, forget) {
  const item = document.createElement("div");
  item.className = "notice bad";
  item.dataset.mark = markOf(entry);
  const said = document.createElement("p");
  said.textContent = `${why(entry)}. Your text of ${entry.question} is kept in this browser, and not saved:`;
  const text = document.createElement("p");
  text.className = "pre mt2";
  text.textContent = textOf(entry);
  const acts = document.createElement("p");
  acts.className = "row mt2";
  if (entry.aside !== "closed") acts.append(link(`Open ${entry.question}`, `/portal/questions/${entry.question}`));
  const file = link("Download a copy", URL.createObjectURL(new Blob([textOf(entry)], { type: "text/plain" })));
  file.download = `${entry.question}.txt`;
  acts.append(file, button("Forget it", () => forget(entry)));
  const lines = document.createElement("div");
  lines.append(said, text, acts);
  item.append(lines);
  return item;
}

/** Shows these entries before everything else of the page. What is shown already stays as it is, so that it is read out
 * once. */
export function tellAside(root, entries, forget) {
  let box = document.querySelector("#set-aside");
  if (!box) {
    if (entries.length === 0) return;
    box = document.createElement("div");
    box.id = "set-aside";
    box.setAttribute("role", "alert");
    box.setAttribute("aria-atomic", "false");
    root.prepend(box);
  }
  const shown = new Map([...box.children].map((item) => [item.dataset.mark, item]));
  const wanted = new Set(entries.map(markOf));
  for (const [mark, item] of shown) if (!wanted.has(mark)) item.remove();
  for (const entry of entries) if (!shown.has(markOf(entry))) box.append(line(entry, forget));
  if (entries.length === 0) box.remove();
}

/** Says that the session has ended, and how to go on; `code` when the link is known and the code is missing. */
export function askForLink(root, code) {
  if (document.querySelector("#need-link")) return;
  const box = document.createElement("div");
  box.id = "need-link";
  box.className = "notice bad";
  box.setAttribute("role", "alert");
  const text = document.createElement("p");
  const way = link(code ? "Enter the code" : "open the link from your mail again, or type its access code", code ? "/q/code" : "/q");
  way.target = "_blank";
  way.rel = "opener";
  text.append("Your session has ended. What you typed is kept here. To save it, ", way, "; then come back to this page.");
  box.append(text);
  root.prepend(box);
}
