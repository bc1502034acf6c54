// The link page's script. Reveals: asks for what opens the sealed objects, fetches them from object storage,
// opens them here (WebCrypto) and shows them. A code is never put anywhere but into the page.
// Without this script the form does the same on the server; every failure here ends in telling so.
// Once codes are on the screen, nothing here takes them off it again.
import { generate } from "./qr.js";

const root = document.documentElement;
const status = document.getElementById("status");
const form = document.getElementById("reveal");
const say = (text) => { if (status) status.textContent = text; };

const bytes = (base64url) => Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

// A compact JWE with alg "dir", enc "A256GCM" (RFC 7516): header..nonce.ciphertext.tag
async function open(jwe, key) {
  const [header, , nonce, sealed, tag] = jwe.trim().split(".");
  const { alg, enc } = JSON.parse(new TextDecoder().decode(bytes(header)));
  if (alg !== "dir" || enc !== "A256GCM") throw new Error("not sealed as agreed");
  const dataKey = await crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["decrypt"]);
  const joined = new Uint8Array([...bytes(sealed), ...bytes(tag)]);
  const parameters = { name: "AES-GCM", iv: bytes(nonce), additionalData: new TextEncoder().encode(header), tagLength: 128 };
  const plain = await crypto.subtle.decrypt(parameters, dataKey, joined);
  return JSON.parse(new TextDecoder().decode(plain));
}

async function openAll(items, orderId) {
  const documents = await Promise.all(items.map(async ({ url, key }) => {
    const answer = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" });
    if (!answer.ok) throw new Error(`object storage answered ${answer.status}`);
    return open(await answer.text(), key);
  }));
  if (documents.some((document) => document.orderId !== orderId)) throw new Error("another order's codes");
  return documents.sort((a, b) => a.part - b.part).flatMap((document) => document.codes);
}

function drawQr(details, text) {
  const code = generate(text);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const around = 4; // modules: what the standard asks
  svg.setAttribute("viewBox", `${-around} ${-around} ${code.size + 2 * around} ${code.size + 2 * around}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", details.dataset.label);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  let d = "";
  for (let y = 0; y < code.size; y++) for (let x = 0; x < code.size; x++) if (code.get(x, y)) d += `M${x} ${y}h1v1h-1z`;
  path.setAttribute("d", d);
  path.setAttribute("fill", "#000");
  svg.append(path);
  details.append(svg);
}

function fill(element, number) {
  for (const node of element.querySelectorAll("*")) {
    for (const name of ["aria-label", "alt", "data-label", "download"]) {
      if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace("{number}", number));
    }
    if (!node.children.length) node.textContent = node.textContent.replace("{number}", number);
  }
}

const PICTURES = ["image/png", "image/jpeg", "image/gif"];

function codeElement(code, number) {
  const picture = PICTURES.includes(code.type);
  const element = document.getElementById(picture ? "picture-code" : "text-code").content.firstElementChild.cloneNode(true);
  fill(element, number);
  if (picture) {
    const source = `data:${code.type};base64,${code.code}`;
    element.querySelector("img").src = source;
    const save = element.querySelector("a");
    save.href = source;
    save.download += `.${code.type.slice(6)}`;
    return element;
  }
  element.querySelector(".value").textContent = code.code;
  element.querySelector(".copy").hidden = false;
  const details = element.querySelector("details");
  try {
    drawQr(details, code.code);
  } catch {
    details.remove(); // longer than a QR code can be
  }
  return element;
}

const localTime = new Intl.DateTimeFormat(root.lang, { dateStyle: "long", timeStyle: "short" });
const moment = (text) => localTime.format(new Date(text));

function showViews({ views, viewedAt, lastViewedAt }) {
  const line = document.getElementById("viewed");
  const text = views === 1 ? line.dataset.once : line.dataset.often;
  const values = { "{count}": views, "{first}": moment(viewedAt), "{last}": moment(lastViewedAt) };
  line.textContent = text.replace(/{\w+}/g, (name) => values[name]);
}

const OTHER_PAGE = [404, 409, 410]; // the link is good for something else now: its page says what

// Whether the codes are on this page now; false when the browser is on its way to another one.
async function reveal() {
  const answer = await fetch(form.action, { method: "POST", headers: { accept: "application/json" }, cache: "no-store" });
  if (OTHER_PAGE.includes(answer.status)) {
    location.reload();
    return false;
  }
  if (!answer.ok) throw new Error(`our side answered ${answer.status}`);
  const told = await answer.json();
  let codes;
  try {
    codes = await openAll(told.items, told.orderId);
  } catch {
    // object storage out of reach from here, or refused by a browser extension: our side opens this same reveal
    say(form.dataset.otherwise);
    form.elements.reveal.value = told.revealId;
    form.submit();
    return false;
  }
  show(codes);
  showViews(told);
  return true;
}

function show(codes) {
  const list = document.getElementById("codes");
  list.replaceChildren(...codes.map((code, index) => codeElement(code, index + 1)));
  document.getElementById("sealed").hidden = true;
  document.getElementById("opened").hidden = false;
  for (const element of document.querySelectorAll(".until-opened")) element.remove();
  const heading = document.getElementById("heading");
  heading.textContent = heading.dataset.opened;
  document.querySelector(".icon").toggleAttribute("hidden", true);
  document.getElementById("icon-opened").toggleAttribute("hidden", false);
  say("");
  list.setAttribute("tabindex", "-1");
  list.focus();
}

let revealing = false;

if (form && globalThis.isSecureContext && globalThis.crypto?.subtle) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (revealing) return;
    revealing = true;
    const button = form.querySelector("button");
    button.setAttribute("aria-disabled", "true");
    say(form.dataset.working);
    try {
      if (!await reveal()) return;
    } catch {
      say(form.dataset.failed);
    }
    revealing = false;
    button.removeAttribute("aria-disabled");
  });
}

for (const button of document.querySelectorAll("button.copy")) button.hidden = false; // without us it does nothing

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const value = button.closest(".code").querySelector(".value");
  try {
    await navigator.clipboard.writeText(value.textContent);
    say(button.dataset.done);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = button.dataset.label; }, 2500);
  } catch {
    getSelection().selectAllChildren(value);
    say(button.dataset.failed);
  }
});

for (const time of document.querySelectorAll("time[datetime]")) {
  time.textContent = moment(time.dateTime);
}

for (const country of document.querySelectorAll("[data-country]")) {
  country.textContent = new Intl.DisplayNames(root.lang, { type: "region" }).of(country.dataset.country);
}

// Not everything is here yet: ask now and then, slower while the page is in the background or the wait is long.
const waiting = document.getElementById("waiting");
if (waiting) {
  const stored = Number(waiting.dataset.stored);
  const started = Date.now();
  const hear = ({ state, codesStored }) => {
    if (revealing) return false; // codes are about to be on the screen
    const more = codesStored > stored;
    if (document.getElementById("sealed")?.hidden) {
      if (more) document.getElementById(state === "ready" ? "more" : "more-mailed").hidden = false;
      return more;
    }
    const changed = more || state !== waiting.dataset.state;
    if (changed) location.reload();
    return changed;
  };
  const ask = async () => {
    try {
      const answer = await fetch(waiting.dataset.url, { headers: { accept: "application/json" }, cache: "no-store" });
      if (answer.ok && hear(await answer.json())) return undefined;
    } catch { /* the next question will do */ }
    const minutes = (Date.now() - started) / 60_000;
    return setTimeout(ask, document.hidden ? 30_000 : minutes < 2 ? 2_000 : 10_000);
  };
  setTimeout(ask, 2_000);
}
