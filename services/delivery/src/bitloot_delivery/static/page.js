// The link page's script. Reveals: asks for what opens the sealed objects, fetches them from object storage,
// opens them here (WebCrypto) and shows them. A code is never put anywhere but into the page.
// Without this script the form does the same on the server; every failure here ends in telling so.
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
  svg.setAttribute("viewBox", `0 0 ${code.size} ${code.size}`);
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

async function reveal() {
  const answer = await fetch(form.action, { method: "POST", headers: { accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) return location.reload(); // the page of whatever state the link is in now
  const told = await answer.json();
  const codes = await openAll(told.items, told.orderId);
  const list = document.getElementById("codes");
  list.replaceChildren(...codes.map((code, index) => codeElement(code, index + 1)));
  document.getElementById("sealed").hidden = true;
  document.getElementById("opened").hidden = false;
  document.getElementById("icon-ready").toggleAttribute("hidden", true);
  document.getElementById("icon-opened").toggleAttribute("hidden", false);
  say("");
  list.setAttribute("tabindex", "-1");
  list.focus();
}

if (form && globalThis.isSecureContext && globalThis.crypto?.subtle) {
  let working = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (working) return;
    working = true;
    const button = form.querySelector("button");
    button.setAttribute("aria-disabled", "true");
    say(form.dataset.working);
    try {
      await reveal();
    } catch {
      // object storage out of reach from here, or refused by a browser extension: our side opens it instead
      say(form.dataset.otherwise);
      form.submit();
    } finally {
      working = false;
      button.removeAttribute("aria-disabled");
    }
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
  const local = new Intl.DateTimeFormat(root.lang, { dateStyle: "long", timeStyle: "short" });
  time.textContent = local.format(new Date(time.dateTime));
}

for (const country of document.querySelectorAll("[data-country]")) {
  country.textContent = new Intl.DisplayNames(root.lang, { type: "region" }).of(country.dataset.country);
}

// Not everything is here yet: ask now and then, slower while the page is in the background or the wait is long.
const waiting = document.getElementById("waiting");
if (waiting) {
  const stored = Number(waiting.dataset.stored);
  const started = Date.now();
  const ask = async () => {
    try {
      const answer = await fetch(waiting.dataset.url, { headers: { accept: "application/json" }, cache: "no-store" });
      if (answer.ok) {
        const now = await answer.json();
        if (now.state !== waiting.dataset.state) return location.reload();
        if (now.codesStored > stored) {
          if (document.getElementById("sealed")?.hidden === false) return location.reload();
          document.getElementById("more").hidden = false; // codes are on screen: do not take them away
          return undefined;
        }
      }
    } catch { /* the next question will do */ }
    const minutes = (Date.now() - started) / 60_000;
    return setTimeout(ask, document.hidden ? 30_000 : minutes < 2 ? 2_000 : 10_000);
  };
  setTimeout(ask, 2_000);
}
