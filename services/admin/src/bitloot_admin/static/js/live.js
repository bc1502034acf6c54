// Live pages, fed from orders.events. A row changes where it stands; nothing is inserted or moved under the
// reader's cursor: new orders are counted, and loaded when asked for. A hidden tab holds no connection.
import { announce } from "./settings.js";

const light = document.getElementById("live");
const changed = new Set();
const fresh = new Set();
let source;
let drawing;

function say(state, text) {
  if (!light) return;
  light.dataset.state = state;
  light.firstElementChild.textContent = text;
}

function open() {
  if (source || document.hidden || !light) return;
  source = new EventSource("/live");
  source.addEventListener("open", () => say("on", "live"));
  source.addEventListener("error", () => say("off", source?.readyState === EventSource.CLOSED ? "not live" : "reconnecting"));
  source.addEventListener("order", (event) => heard(JSON.parse(event.data)));
  source.addEventListener("gap", () => tick());
}

function close() {
  source?.close();
  source = undefined;
}

function heard({ orderId, event, from }) {
  const page = document.querySelector(`#order[data-order="${orderId}"]`);
  if (page) page.dispatchEvent(new CustomEvent("live-order"));
  if (document.getElementById(`order-${orderId}`)) changed.add(orderId);
  else if (event !== "message.buried" && (event === "order.created" || !from)) fresh.add(orderId);
  clearTimeout(drawing);
  drawing = setTimeout(draw, 250);
  tick();
}

function draw() {
  const ids = [...changed].slice(0, 100);
  changed.clear();
  for (const id of ids) {
    const row = document.getElementById(`order-${id}`);
    if (row) {
      row.dataset.changed = "";
      htmx.ajax("GET", `/orders/rows?id=${id}`, { target: row, swap: "outerMorph" });
    }
  }
  const list = document.querySelector("[data-live-list=orders][data-first-page]");
  const box = list?.querySelector(".fresh");
  if (!box || !fresh.size) return;
  for (const id of fresh) if (document.getElementById(`order-${id}`)) fresh.delete(id);
  if (!fresh.size) return;
  const text = fresh.size === 1 ? "1 order moved or came since" : `${fresh.size} orders moved or came since`;
  box.hidden = false;
  box.querySelector("span").textContent = text;
  announce(text);
}

// Pages of totals redraw at most every two seconds while something happens, every ten otherwise.
let last = 0;
let waiting;
function tick() {
  const targets = document.querySelectorAll("[data-live-tick]");
  if (!targets.length || waiting) return;
  waiting = setTimeout(() => {
    waiting = undefined;
    last = Date.now();
    for (const target of targets) target.dispatchEvent(new CustomEvent("live-tick"));
  }, Math.max(0, 2000 - (Date.now() - last)));
}
setInterval(() => document.hidden || Date.now() - last < 9000 || tick(), 2000);

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
window.addEventListener("pagehide", close);
open();
