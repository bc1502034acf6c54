// The payload viewer: pretty or raw, and copying.
import { toast } from "./settings.js";

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not allow copying here");
  }
}

document.addEventListener("click", (event) => {
  const shows = event.target.closest("[data-shows]");
  if (shows) {
    const payload = shows.closest("[data-payload]");
    for (const view of payload.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== shows.dataset.shows;
    for (const each of payload.querySelectorAll("[data-shows]")) each.setAttribute("aria-pressed", String(each === shows));
  }
  const one = event.target.closest("[data-copy]");
  if (one) copy(one.dataset.copy);
  const from = event.target.closest("[data-copy-from]");
  if (from) copy(from.closest("[data-payload]").querySelector("pre:not([hidden])").textContent);
});
