// The command palette: pages, settings, and whatever an id or an e-mail leads to.
import { announce, cycle } from "./settings.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
let options = [];
let chosen = 0;
let asked;

const COMMANDS = [
  ["Colours: light, dark, system", "t", () => cycle("scheme", ["system", "light", "dark"])],
  ["Times: relative, local, UTC", "", () => cycle("times", ["relative", "local", "UTC"])],
  ["Keyboard shortcuts", "?", () => document.getElementById("keys").showModal()],
].map(([label, hint, run]) => ({ label, hint, run }));

const pages = () => [...document.querySelectorAll("#nav a.item")].map((link) => ({
  label: link.firstChild.nextSibling?.textContent.trim() || link.textContent.trim(), hint: "page", run: () => { location.href = link.href; },
}));

function draw(found) {
  options = found;
  chosen = 0;
  list.replaceChildren(...found.map((option, i) => {
    const row = document.createElement("div");
    row.id = `palette-${i}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(i === 0));
    row.textContent = option.label;
    const hint = document.createElement("small");
    hint.textContent = option.hint;
    row.append(hint);
    row.addEventListener("click", () => run(option));
    return row;
  }));
  input.setAttribute("aria-activedescendant", found.length ? "palette-0" : "");
  announce(`${found.length} matches`);
}

function mark(i) {
  if (!options.length) return;
  chosen = (i + options.length) % options.length;
  for (const [at, row] of [...list.children].entries()) row.setAttribute("aria-selected", String(at === chosen));
  list.children[chosen].scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", `palette-${chosen}`);
}

function run(option) {
  dialog.close();
  option?.run();
}

async function look() {
  const text = input.value.trim();
  const plain = [...pages(), ...COMMANDS].filter((each) => each.label.toLowerCase().includes(text.toLowerCase()));
  draw(plain);
  if (text.length < 3) return;
  clearTimeout(asked);
  asked = setTimeout(async () => {
    const answer = await fetch(`/search?q=${encodeURIComponent(text)}`, { headers: { accept: "application/json" } });
    if (!answer.ok || input.value.trim() !== text) return;
    const { items } = await answer.json();
    draw([...items.map(({ label, kind, href }) => ({ label, hint: kind, run: () => { location.href = href; } })), ...plain]);
  }, 140);
}

if (dialog) {
  input.addEventListener("input", look);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen - 1);
    else if (event.key === "Enter") run(options[chosen]);
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    if (dialog.open) return dialog.close();
    input.value = "";
    look();
    dialog.showModal();
  });
}
