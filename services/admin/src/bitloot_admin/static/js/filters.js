// Filters live in the URL; what is empty stays out of it.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.matches?.("form.filters")) return;
  for (const [name, value] of [...ctx.request.body.entries()]) {
    if (value === "") ctx.request.body.delete(name, value);
  }
});

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
