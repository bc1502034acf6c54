// Filters live in the URL; what is empty stays out of it. A field that is left says "change" once more: the same
// question is not asked again, or its answer would take an open webhook out of the URL.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (!form.matches?.("form.filters")) return;
  for (const [name, value] of [...ctx.request.body.entries()]) {
    if (value === "") ctx.request.body.delete(name, value);
  }
  const wanted = new URLSearchParams([...ctx.request.body.entries()]).toString();
  if (ctx.sourceEvent?.type !== "submit" && wanted === (form.dataset.asked ?? shown())) event.preventDefault();
  form.dataset.asked = wanted;
});

function shown() {
  const query = new URLSearchParams(location.search);
  query.delete("open");
  return query.toString();
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.filters, form.finder")) return;
  for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
  setTimeout(() => {
    for (const field of event.target.elements) field.disabled = false;
  });
});

// Back and forward: a page whose form says something else than its URL is read again.
window.addEventListener("popstate", () => location.reload());

// "Replay the chosen" needs a choice.
document.addEventListener("submit", (event) => {
  if (event.submitter?.matches("[data-needs-picked]") && !event.target.querySelector("input[name=id]:checked")) {
    event.preventDefault();
    event.target.querySelector("input[name=id]")?.focus();
  }
});
