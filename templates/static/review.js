// Single letters on the review page, which a person can switch off (WCAG 2.1.4): J and K go through the queue, A, C and S
// choose a verdict, which a person then saves. A link of the bar that leads to what a verdict needs chooses it on the
// way. Without script the same links and choices are there.

const panel = document.getElementById("keys");
const tick = panel.querySelector("input");
const store = "assay.review-keys";

panel.hidden = false;
tick.checked = localStorage.getItem(store) !== "off";
tick.addEventListener("change", () => localStorage.setItem(store, tick.checked ? "on" : "off"));

// The list scrolls by itself; the question that is open stays in its sight.
const queue = document.querySelector(".queue");
const open = queue.querySelector("ul a[aria-current]");
const top = queue.getBoundingClientRect().top;
const bar = document.querySelector(".verdict")?.getBoundingClientRect().top ?? innerHeight;
const sight = bar > top ? Math.min(queue.clientHeight, bar - top) : queue.clientHeight;
const below = open ? open.getBoundingClientRect().top - top : 0;
if (below > sight / 2) queue.scrollTop += below - sight / 3;

function go(step) {
  const links = [...queue.querySelectorAll("ul a")];
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  const to = links[at < 0 ? 0 : at + step];
  if (to) location.assign(to.href);
}

function choose(verdict) {
  const choice = document.querySelector(`input[name="verdict"][value="${verdict}"]`);
  if (!choice) return;
  choice.checked = true;
  choice.focus();
}

for (const link of document.querySelectorAll(".verdict a[data-verdict]")) {
  link.addEventListener("click", () => choose(link.dataset.verdict));
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  a: () => choose("accepted"),
  c: () => choose("asked"),
  s: () => choose("adjusted"),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  if (!tick.checked || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
