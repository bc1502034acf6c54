// Keys, as the list under "?" says. Never while something is being typed.
import { cycle } from "./settings.js";

const GO = { o: "/orders", h: "/", w: "/webhooks", d: "/dead-letters", p: "/payments", r: "/reservations", a: "/audit" };
let going = 0;

const rows = () => [...document.querySelectorAll("[data-row]")];

function step(by) {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, [contenteditable]") || event.metaKey || event.ctrlKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const { key } = event;
  if (going && Date.now() - going < 1200 && GO[key]) location.href = GO[key];
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "/") document.getElementById("finder")?.focus();
  else if (key === "?") document.getElementById("keys")?.showModal();
  else if (key === "t") cycle("scheme", ["system", "light", "dark"]);
  else if (key === "r") document.querySelector("[data-fresh]")?.click();
  else if (key === "n") document.querySelector("a[rel=next]")?.click();
  else if (key === "p") document.querySelector("a[rel=prev]")?.click();
  else {
    going = key === "g" ? Date.now() : 0;
    return;
  }
  going = 0;
  event.preventDefault();
});
