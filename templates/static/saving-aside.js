// What the server did not take and no card of this page shows: told at the top of the page, with the way to decide.

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
  return entry.aside === "conflict" ? "Somebody else changed this answer first" : "Something is wrong with it";
}

/** What became of one entry, with its text and what can be done about it. */
function line(entry, forget) {
  const item = document.createElement("div");
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
  item.append(said, text, acts);
  return item;
}

/** Shows these entries before everything else of the page, or takes the notice away when there are none. */
export function tellAside(root, entries, forget) {
  const shown = document.querySelector("#set-aside");
  const mark = JSON.stringify(entries);
  if (shown?.dataset.mark === mark) return;
  shown?.remove();
  if (entries.length === 0) return;
  const box = document.createElement("div");
  box.id = "set-aside";
  box.className = "notice bad";
  box.dataset.mark = mark;
  box.setAttribute("role", "alert");
  const lines = document.createElement("div");
  lines.append(...entries.map((entry) => line(entry, forget)));
  box.append(lines);
  root.prepend(box);
}
