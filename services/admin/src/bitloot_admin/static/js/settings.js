// What this browser's user prefers; kept here, never sent.
const listeners = new Map();

export function read(name, otherwise) {
  return localStorage.getItem(name) ?? otherwise;
}

export function cycle(name, values) {
  const next = values[(values.indexOf(read(name, values[0])) + 1) % values.length];
  localStorage.setItem(name, next);
  if (name === "scheme") {
    if (next === "system") delete document.documentElement.dataset.scheme;
    else document.documentElement.dataset.scheme = next;
  }
  for (const listener of listeners.get(name) ?? []) listener(next);
  toast(`${name === "scheme" ? "Colours" : "Times"}: ${next}`);
}

export function onChange(name, listener) {
  listeners.set(name, [...(listeners.get(name) ?? []), listener]);
}

let hide;
export function toast(text) {
  let box = document.querySelector(".toast");
  if (!box) {
    box = document.createElement("div");
    box.className = "toast";
    box.setAttribute("role", "status");
    document.body.append(box);
  }
  box.textContent = text;
  clearTimeout(hide);
  hide = setTimeout(() => box.remove(), 2200);
}

export function announce(text) {
  const region = document.getElementById("announce");
  if (region) region.textContent = text;
}
