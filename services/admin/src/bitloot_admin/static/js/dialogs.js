// Dialogs: [data-opens=id] opens one, [data-closes] closes it, a click beside it too. Focus returns by itself.
// [data-modal] links show the page they lead to in #modal, and keep it in the URL as ?open=.
import { refresh } from "./times.js";

const modal = () => document.getElementById("modal");

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens));

  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close();

  const link = event.target.closest("a[data-modal]");
  if (link && modal() && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    await show(link.href);
  }
});

function open(dialog) {
  // the filters may have changed since the page was rendered
  for (const field of dialog.querySelectorAll("[data-takes-query]")) field.value = location.search;
  dialog.showModal();
}

async function show(href) {
  const answer = await fetch(href, { headers: { "x-modal": "true" } });
  if (!answer.ok || answer.redirected) {
    location.href = href;
    return;
  }
  modal().innerHTML = await answer.text();
  refresh(modal());
  modal().showModal();
  remember(new URL(href).pathname.split("/").pop());
}

function remember(id) {
  if (!location.pathname.startsWith("/webhooks")) return;
  const url = new URL(location);
  if (id) url.searchParams.set("open", id);
  else url.searchParams.delete("open");
  history.replaceState(history.state, "", url);
}

if (modal()) {
  modal().addEventListener("close", () => remember(null));
  if ("openNow" in modal().dataset) modal().showModal();
}

// A form that says what will happen, and asks.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.asks || form.dataset.agreed) return;
  event.preventDefault();
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "Confirm");
  const body = document.createElement("div");
  body.className = "body";
  body.textContent = form.dataset.asks;
  const footer = document.createElement("footer");
  const no = Object.assign(document.createElement("button"), { className: "button", textContent: "Not now", type: "button" });
  const yes = Object.assign(document.createElement("button"), { className: "button primary", textContent: event.submitter?.textContent.trim() || "Go on", type: "button" });
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    form.dataset.agreed = "yes";
    form.requestSubmit(event.submitter);
  });
  dialog.addEventListener("close", () => dialog.remove());
  footer.append(no, yes);
  dialog.append(body, footer);
  document.body.append(dialog);
  dialog.showModal();
});
