// What an answer changes elsewhere on its page, taken from the page as the server has it now.

/** The counts beside the questions. A place that holds the focus stays, and what is marked inside it changes. */
export function showCounts(page) {
  const fresh = new Map([...page.querySelectorAll("[data-live]")].map((place) => [place.dataset.live, place]));
  for (const place of document.querySelectorAll("[data-live]")) {
    const now = fresh.get(place.dataset.live);
    const focused = document.activeElement !== place && place.contains(document.activeElement);
    if (now && !focused && now.innerHTML !== place.innerHTML) place.replaceChildren(...document.importNode(now, true).childNodes);
  }
}

/** Shows follow-up questions that an answer opened, and takes away those that it closed and that are not `busy`. */
export function showFollowUps(root, page, { busy, opened, closed }) {
  const list = root.querySelector("[data-cards]");
  if (!list) return;
  const fresh = [...page.querySelectorAll("[data-cards] > article")];
  const wanted = new Set(fresh.map((article) => article.id));
  for (const article of [...list.children]) {
    if (wanted.has(article.id) || busy(article.id)) continue;
    article.remove();
    closed(article.id);
  }
  let before = null;
  for (const article of fresh) {
    let here = document.getElementById(article.id);
    if (!here) {
      here = document.importNode(article, true);
      if (before) before.after(here); else list.prepend(here);
      opened(here);
    }
    before = here;
  }
}
