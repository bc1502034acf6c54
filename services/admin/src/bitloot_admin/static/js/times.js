// Times: relative (kept up to date), local or UTC, by choice; the exact one is always the tooltip.
import { cycle, onChange, read } from "./settings.js";

const UNITS = [[60, "s", 1], [3600, "min", 60], [86400, "h", 3600], [86400 * 60, "d", 86400]];

function relative(at) {
  const seconds = (Date.now() - at) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return "now";
  const [, unit, length] = UNITS.find(([limit]) => size < limit) ?? [0, "months", 86400 * 30.4];
  const text = `${Math.floor(size / length)} ${unit}`;
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

function stamp(at, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hourCycle: "h23", timeZone: zone,
  }).formatToParts(at);
  const part = (type) => parts.find((each) => each.type === type).value;
  return { date: `${part("year")}-${part("month")}-${part("day")}`, clock: `${part("hour")}:${part("minute")}:${part("second")}` };
}

export function refresh(root = document) {
  const mode = read("times", "relative");
  const zone = mode === "UTC" ? "UTC" : undefined;
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    const { date, clock } = stamp(at, zone);
    let text;
    if ("clock" in element.dataset) text = mode === "relative" ? stamp(at, undefined).clock : clock;
    else if (mode === "relative" && !("exact" in element.dataset)) text = relative(at.getTime());
    else text = `${date} ${clock}${zone ? " UTC" : ""}`;
    if (element.textContent !== text) element.textContent = text;
  }
}

refresh();
setInterval(() => document.hidden || refresh(), 5000);
onChange("times", () => refresh());
document.addEventListener("htmx:after:swap", () => refresh());
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-cycle-times]")) cycle("times", ["relative", "local", "UTC"]);
});
