// The wall: one page that runs for days. Everything it shows is written anew from one answer of the server into lists
// of bounded length; there is one timer, and the stream of changes that resumes by itself.

import "./wall.css";
import { startLive } from "./live";
import { ask, at, classOf, made, toneOf } from "./map-data";
import { MapView, type Outlines } from "./map-view";

interface News {
  id: number;
  at: string;
  what: string;
  kind: string;
  where: string;
  tone: string;
}
interface Stage {
  name: string;
  open: number;
  overdue: number;
  today: number | null;
  total: number | null;
}
interface Wall {
  now: string;
  open: number;
  overdue: number;
  stages: Stage[];
  places: [string, number, number][];
  figures: [string, string, number | null, number | null][];
  /** a word, a number, and whether a number there is bad news */
  checkpoints: [string, number, boolean][];
  news: News[];
  level: string;
  values: Record<string, number | null>;
  breaks: number[];
  classes: string[];
}

const SOONEST = 2; // seconds between two answers, however much happens
const LATEST = 60; // and when nothing does
const AFTER_FAILURE = 10;
const PLACES = 7;
const NEWS = 7;
const page = at("wall");
const words = page.dataset;
const english = document.documentElement.lang.startsWith("en");

let offset = 0;
let wanted = true;
let waited = LATEST;
let patience = LATEST;
let asking = false;
let drawn = "";
let newest = 0;
let view: MapView | null = null;

const number = (value: number): string => value.toLocaleString("en");
const share = (value: number | null): string => (value === null ? "—" : `${value}%`);

function stage(one: Stage): HTMLElement {
  const tile = made("li", "", { class: one.overdue ? "late" : "" });
  const rates = made("p", "", { class: "rates" });
  rates.append(`${words.today} `, made("b", share(one.today)), made("span", `${words.total} ${share(one.total)}`));
  tile.append(
    made("h3", one.name),
    made("b", number(one.open), { class: "big" }),
    made("p", one.overdue ? `${words.overdue} ${number(one.overdue)}` : (words.intime ?? ""), { class: "over" }),
    rates,
  );
  return tile;
}

function place([name, open, overdue]: [string, number, number], most: number): HTMLElement {
  const line = made("tr");
  const bar = made("i");
  bar.style.width = `${(overdue / most) * 100}%`;
  const cell = made("td", "", { class: "bar" });
  cell.append(bar);
  line.append(made("th", name, { scope: "row" }), cell, made("td", number(overdue), { class: overdue ? "late" : "before" }), made("td", number(open)));
  return line;
}

function figure([name, unit, today, yesterday]: Wall["figures"][number]): HTMLElement {
  const line = made("tr");
  const name_ = made("th", name, { scope: "row" });
  const told = (value: number | null): string => (unit === "%" ? share(value) : number(value ?? 0));
  name_.append(made("small", (unit === "%" ? words.total : unit) ?? ""));
  line.append(name_, made("td", told(today)), made("td", told(yesterday), { class: "before" }));
  return line;
}

function point([name, count, bad]: Wall["checkpoints"][number]): HTMLElement {
  const pair = made("div", "", { class: bad && count ? "late" : "" });
  pair.append(made("dt", name), made("dd", number(count)));
  return pair;
}

function told(one: News): HTMLElement {
  const line = made("li", "", { class: `${one.tone} ${one.id > newest && newest ? "fresh" : ""}`.trim() });
  line.append(made("time", one.at), made("b", one.what), made("span", one.kind), made("em", one.where));
  return line;
}

async function draw(state: Wall): Promise<void> {
  // A map is only drawn again where a number has changed.
  const seen = JSON.stringify([state.values, state.breaks]);
  if (!view || seen === drawn) return;
  drawn = seen;
  const classes = new Map<string, number | null>();
  const labels = new Map<string, string>();
  for (const [code, value] of Object.entries(state.values)) {
    classes.set(code, toneOf(classOf(value, state.breaks), state.classes.length, false));
    if (value) labels.set(code, number(value));
  }
  await view.show({ level: state.level, area: words.area ?? "", classes, labels });
  const items = state.classes.map((text, k) => {
    const item = made("li", text);
    item.prepend(made("i", "", { class: `k k${toneOf(k, state.classes.length, false)}` }));
    return item;
  });
  at("wall-legend").replaceChildren(...items);
}

async function show(state: Wall): Promise<void> {
  offset = Date.parse(state.now) - Date.now();
  at("wall-open").textContent = number(state.open);
  at("wall-overdue").textContent = number(state.overdue);
  at("wall-overdue").classList.toggle("late", state.overdue > 0);
  at("wall-stages").replaceChildren(...state.stages.map(stage));
  const places = state.places.slice(0, PLACES);
  const most = Math.max(1, ...places.map(([, , overdue]) => overdue));
  at("wall-places").replaceChildren(...places.map((one) => place(one, most)));
  const left = state.places.length - places.length;
  at("wall-left").textContent = left > 0 ? (words.left ?? "").replace("{}", String(left)) : "";
  at("wall-points").hidden = state.checkpoints.length === 0;
  at("wall-checkpoints").replaceChildren(...state.checkpoints.map(point));
  at("wall-today").hidden = state.figures.length === 0;
  const rows = at("wall-figures");
  rows.replaceChildren(...state.figures.map(figure));
  // Names may be long and take two lines: what does not fit is left out whole, the last first, and never cut.
  while (at("wall-today").scrollHeight > at("wall-today").clientHeight && rows.lastChild) rows.lastChild.remove();
  at("wall-news").replaceChildren(...state.news.slice(0, NEWS).map(told));
  at("wall-quiet").hidden = state.news.length > 0;
  newest = Math.max(newest, ...state.news.map((one) => one.id));
  await draw(state);
}

async function look(): Promise<void> {
  asking = true;
  wanted = false;
  waited = 0;
  try {
    await show(await ask<Wall>(`/wall/state?area=${encodeURIComponent(words.area ?? "")}`));
    patience = LATEST;
    at("wall-said").hidden = true;
  } catch {
    // The last picture stays, with a word that it is old.
    patience = AFTER_FAILURE;
    at("wall-said").hidden = false;
  } finally {
    asking = false;
  }
}

const moment = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", {
  timeZone: "Asia/Shanghai",
  month: "long",
  day: "numeric",
  weekday: "long",
});
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", timeStyle: "medium" });

function tick(): void {
  const now = Date.now() + offset;
  at("wall-date").textContent = moment.format(now);
  at("wall-clock").textContent = clock.format(now);
  waited += 1;
  if (!asking && !document.hidden && (waited >= patience || (wanted && waited >= SOONEST))) void look();
}

async function open(): Promise<void> {
  try {
    const outlines = await ask<Outlines>(`/map/outlines?area=${encodeURIComponent(words.area ?? "")}`);
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
    view = new MapView(at("wall-map"), {}, size * 0.9);
    await view.load(outlines);
    const shown = view;
    const fit = (): Promise<void> => shown.fit(words.area ?? "", outlines.places.map(([code]) => code));
    await fit();
    // Made as large as the screen, or moved to another one, the map fills its frame again.
    window.addEventListener("resize", () => window.setTimeout(() => void fit(), 300));
  } catch {
    // Without WebGL, or without outlines, the numbers still stand beside the empty frame.
    view = null;
    at("wall-flat").hidden = false;
  }
  await look();
}

document.addEventListener("wangge:happened", () => (wanted = true));
document.addEventListener("keydown", (event) => {
  if (event.key === "f" && document.documentElement.dataset.keys !== "off") void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
});
at("wall-full").addEventListener("click", () => void document.documentElement.requestFullscreen());
startLive();
tick();
setInterval(tick, 1000);
void open();
