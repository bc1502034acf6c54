// What the pages do beyond plain links and forms. Each module stands alone; without any, the pages still work.
import "./dialogs.js";
import "./filters.js";
import "./keyboard.js";
import "./live.js";
import "./palette.js";
import "./payload.js";
import "./times.js";
import { cycle } from "./settings.js";

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggles-nav]");
  if (toggle) {
    event.preventDefault();
    document.querySelector(".shell").classList.toggle("nav-open");
    document.querySelector("#nav a.item").focus();
  } else if (!event.target.closest("#nav")) {
    document.querySelector(".shell.nav-open")?.classList.remove("nav-open");
  }
  if (event.target.closest("[data-cycle-scheme]")) cycle("scheme", ["system", "light", "dark"]);
});
