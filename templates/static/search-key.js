// "/" goes to the search of the head, or to its icon where the head is narrow. A person can switch that off in the foot
// (WCAG 2.1.4). Without script the search is a form as any other.

const choice = document.querySelector("[data-search-key]");
const tick = choice.querySelector("input");
const store = "assay.search-key";

choice.hidden = false;
tick.checked = localStorage.getItem(store) !== "off";
tick.addEventListener("change", () => localStorage.setItem(store, tick.checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  if (event.key !== "/" || !tick.checked || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const places = document.querySelectorAll("input[type=search][name=q], [role=search] button");
  const place = [...places].find((one) => one.checkVisibility());
  if (!place) return;
  event.preventDefault();
  place.focus();
});
