// Before the first paint: the chosen colour scheme, so that nothing flashes. Not a module, on purpose.
(() => {
  const chosen = localStorage.getItem("scheme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.scheme = chosen;
})();
