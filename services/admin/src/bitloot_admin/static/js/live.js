// Live pages, fed from orders.events. A row changes where it stands; nothing is inserted or moved under the
// reader's cursor: new orders are counted, and loaded when asked for. A hidden tab holds no connection, so whatever
// opens one again, or hears that events were missed, reads again what is on the screen.
import { announce } from "./settings.js";

const light = document.getElementById("live");
const changed = new Set();
const fresh = new Set();
let source;
let drawing;
let opened = false;

function say(state, text) {
  if (!light) return;
  light.dataset.state = state;
  light.firstElementChild.textContent = text;
}

function open() {
  if (source || document.hidden || !light) return;
  source = new EventSource("/live");
  source.addEventListener("open", () => {
    say("on", "live");
    if (opened) catchUp();
    opened = true;
  });
  source.addEventListener("error", () => say("off", source?.readyState === EventSource.CLOSED ? "not live" : "reconnecting"));
  source.addEventListener("order", (event) => heard(JSON.parse(event.data)));
  source.addEventListener("gap", catchUp);
}

// What happened meanwhile is not told again.
function catchUp() {
  document.getElementById("order")?.dispatchEvent(new CustomEvent("live-order"));
  for (const row of document.querySelectorAll("tr[data-order]")) changed.add(row.dataset.order);
  draw();
  offer("Orders may have moved or come since");
  tick();
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
  for (const id of fresh) if (document.getElementById(`order-${id}`)) fresh.delete(id);
  if (fresh.size) offer(fresh.size === 1 ? "1 order moved or came since" : `${fresh.size} orders moved or came since`);
}

function offer(text) {
  const box = document.querySelector("[data-live-list=orders][data-first-page] .fresh");
  if (!box) return;
  box.hidden = false;
  box.querySelector("span").textContent = text;
  announce(text);
}

// A refresh that fails leaves what is on the screen, and says that it is old. One that was led to the sign-in page
// instead: the session has ended, and so the whole page goes there.
document.addEventListener("htmx:before:swap", (event) => {
  const answer = event.detail.ctx.response?.raw;
  if (!answer?.redirected || new URL(answer.url).pathname !== "/sign-in") return;
  event.preventDefault();
  location.reload();
});
for (const failed of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(failed, () => say("off", "not up to date"));
}
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.response?.status < 400 && source?.readyState === EventSource.OPEN) say("on", "live");
});

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
