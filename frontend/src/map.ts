// The page of the map: what is shown stands in the address, the numbers come from the server for each look.

import "./map.css";
import { now } from "./clocks";
import { ask, at, atMostEvery, classOf, made, Refused, toneOf, value, type Measures, type Numbers } from "./map-data";
import type { Layer, Spot } from "./map-layers";
import { MapView, type Outlines } from "./map-view";

interface State {
  area: string;
  measure: string;
  period: string;
  level: string;
  /** Local time to the minute, as the address has it; "" for now. */
  at: string;
}

const HOUR = 3_600_000;
const SHANGHAI = 8 * HOUR;
const ROWS = 40;
const page = at("map-page");
const words = page.dataset;
const start = Math.floor(Date.parse(words.start ?? "") / HOUR) * HOUR;
const slider = at<HTMLInputElement>("map-time");
const measure = at<HTMLSelectElement>("map-measure");
const level = at<HTMLSelectElement>("map-level");
const pace = at<HTMLSelectElement>("map-pace");
const play = at<HTMLButtonElement>("map-play");
const boxes = [...document.querySelectorAll<HTMLInputElement>("[data-layer]")];

let state = read();
let shown: Measures | null = null;
let breaks: { for: string; at: number[]; classes: string[] } | null = null;
let names = new Map<string, string>();
let scope = "";
const said = new Map<string, string>();
let asked = 0;
let playing = false;
let view: MapView | null = null;
let all = false;

function read(): State {
  const given = new URLSearchParams(location.search);
  const of = (name: string, otherwise = ""): string => given.get(name) ?? otherwise;
  return {
    area: of("area", words.area),
    measure: of("measure", words.measure),
    period: of("period", "total"),
    level: of("level"),
    at: of("at"),
  };
}

function query(of: State): string {
  const given = new URLSearchParams();
  for (const [name, text] of Object.entries(of)) if (text && !(name === "period" && text === "total")) given.set(name, text);
  return given.toString();
}

const hours = (): number => Math.max(1, Math.floor((now() - start) / HOUR));
const minute = (instant: number): string => new Date(instant + SHANGHAI).toISOString().slice(0, 16);
const instantOf = (local: string): number => Date.parse(`${local}:00Z`) - SHANGHAI;

/** Go somewhere else: a step of the way stands in the history, a moment of playing does not. */
function go(change: Partial<State>, { step = true, fit = true } = {}): Promise<void> {
  state = { ...state, ...change };
  const address = `/map?${query(state)}`;
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  return show(fit);
}

async function show(fit: boolean, { fresh = false } = {}): Promise<void> {
  const mine = ++asked;
  try {
    const found = await ask<Measures>(`/map/measures?${query(state)}`);
    if (mine !== asked) return;
    if (found.crumbs[0] && found.crumbs[0].code !== scope) await enter(found.crumbs[0].code);
    if (mine !== asked) return;
    shown = found;
    hold(found, fresh);
    await palette(found.share ? "share" : state.measure === "overdue" ? "overdue" : "count");
    controls(found);
    table(found);
    await draw(found, fit);
    say("");
  } catch (error) {
    if (mine === asked) say(error instanceof Refused ? error.message : (words.away ?? ""));
    playing = false;
  }
}

/** Fetch the outlines of a scope; the browser keeps them, and only asks whether they have changed. */
async function enter(code: string): Promise<void> {
  const outlines = await ask<Outlines>(`/map/outlines?area=${encodeURIComponent(code)}`);
  names = new Map(outlines.places.map(([one, name]) => [one, name]));
  await view?.load(outlines);
  scope = code;
  await layers();
}

/** While time runs the classes stay, or one colour would mean something else at each moment. */
function hold(found: Measures, fresh: boolean): void {
  const key = [state.area, state.measure, state.period, found.level].join(" ");
  const top = breaks?.at.at(-1) ?? 0;
  const beyond = Object.values(found.values).some((one) => (value(one) ?? 0) > 2 * top);
  const usable = found.known && (breaks === null || breaks.for !== key || fresh || !playing || (beyond && state.period === "day"));
  if (usable) breaks = { for: key, at: found.breaks, classes: found.classes };
}

/** Counts deepen from light to dark; shares go from bad to good; overdue has a colour of its own. */
async function palette(name: string): Promise<void> {
  if (page.dataset.palette === name) return;
  page.dataset.palette = name;
  await view?.repaint();
}

function written(numbers: Numbers | undefined, found: Measures): string {
  const number = value(numbers);
  if (number === null) return "—";
  return found.share ? `${number}%` : number.toLocaleString("en");
}

function tone(numbers: Numbers | undefined, found: Measures): number | null {
  const at = breaks?.at ?? [];
  return toneOf(classOf(value(numbers), at), at.length + 1, found.share);
}

async function draw(found: Measures, fit: boolean): Promise<void> {
  const classes = new Map<string, number | null>();
  const labels = new Map<string, string>();
  for (const [code, numbers] of Object.entries(found.values)) {
    classes.set(code, tone(numbers, found));
    labels.set(code, written(numbers, found));
  }
  legend(found);
  if (!view) return;
  await view.show({ level: found.level, area: found.area.code, classes, labels });
  if (fit) await view.fit(found.area.code, classes.keys());
}

function legend(found: Measures): void {
  const lines = found.known ? (breaks?.classes ?? []) : [];
  const items = lines.map((text, number) => {
    const item = made("li", text);
    item.prepend(made("i", "", { class: `k k${toneOf(number, lines.length, found.share)}`, "aria-hidden": "true" }));
    return item;
  });
  if (Object.values(found.values).some((one) => value(one) === null)) {
    const none = made("li", words.none);
    none.prepend(made("i", "", { class: "k k-none", "aria-hidden": "true" }));
    items.push(none);
  }
  at("map-legend").replaceChildren(...items);
  const unit = found.unit && !found.share ? ` · ${found.unit}` : "";
  at("map-title").textContent = `${found.title}${unit}`;
  at("map-sketch").hidden = !view?.sketched(found.level);
}

function crumb(one: { code: string; name: string }, last: boolean): HTMLElement {
  const item = made("li");
  const link = made("a", one.name, { href: `/map?${query({ ...state, area: one.code, level: "" })}`, "data-area": one.code });
  if (last) link.setAttribute("aria-current", "page");
  item.append(link);
  return item;
}

function controls(found: Measures): void {
  at("map-crumbs").replaceChildren(...found.crumbs.map((one, number) => crumb(one, number === found.crumbs.length - 1)));
  level.replaceChildren(...found.levels.map(([code, name]) => made("option", name, { value: code })));
  level.value = found.level;
  measure.value = state.measure;
  const counted = !["open", "overdue"].includes(state.measure);
  at("map-period").hidden = !counted;
  document.querySelectorAll<HTMLInputElement>("[name=period]").forEach((one) => (one.checked = one.value === state.period));
  slider.max = String(hours());
  const position = state.at ? Math.round((instantOf(state.at) - start) / HOUR) : hours();
  slider.value = String(position);
  const text = state.at ? state.at.replace("T", " ") : (words.now ?? "");
  at("map-moment").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  at<HTMLButtonElement>("map-now").disabled = !state.at;
  at("map-past").hidden = !state.at || boxes.every((box) => !box.checked);
  play.textContent = (playing ? words.pause : words.play) ?? "";
  play.setAttribute("aria-pressed", String(playing));
  const notes = found.notes.map((note) => made("p", note));
  at("map-notes").replaceChildren(...notes);
  at("map-notes").hidden = notes.length === 0;
}

function table(found: Measures): void {
  const rows = Object.entries(found.values).filter(([code]) => code !== found.area.code || Object.keys(found.values).length === 1);
  const by = (numbers: Numbers): number => value(numbers) ?? (found.share ? Infinity : -Infinity);
  rows.sort(([one, a], [other, b]) => (found.share ? by(a) - by(b) : by(b) - by(a)) || one.localeCompare(other));
  const most = Math.max(1, ...rows.map(([, numbers]) => value(numbers) ?? 0));
  const lines = rows.slice(0, all ? undefined : ROWS).map(([code, numbers]) => {
    const line = made("tr");
    const name = made("th", "", { scope: "row" });
    const leaf = code === found.area.code;
    name.append(leaf ? made("span", nameOf(code)) : link(code));
    const of = Array.isArray(numbers) ? made("small", `${numbers[1]}/${numbers[2]}`) : null;
    const number = made("td", written(numbers, found), { class: "num" });
    if (of) number.append(" ", of);
    const bar = made("td", "", { class: "map-bar", "aria-hidden": "true" });
    const size = Math.max(0, ((value(numbers) ?? 0) / (found.share ? 100 : most)) * 100);
    if (size) {
      const fill = made("i", "", { class: `k k${tone(numbers, found) ?? "-none"}` });
      fill.style.width = `${size}%`;
      bar.append(fill);
    }
    line.append(name, number, bar);
    return line;
  });
  at("map-rows").replaceChildren(...lines, ...rest(found, rows));
  at("map-whole").textContent = written(found.whole, found);
  at("map-whole-name").textContent = found.area.name;
  at("map-empty").hidden = rows.length > 0 || !found.known;
  at("map-more").hidden = all || rows.length <= ROWS;
  at("map-more").textContent = (words.more ?? "").replace("{}", String(rows.length));
}

const nameOf = (code: string): string => names.get(code) ?? code;

/** What was recorded for the area itself and for none of those below it, so that the table adds up. */
function rest(found: Measures, rows: [string, Numbers][]): HTMLElement[] {
  const own = (value(found.whole) ?? 0) - rows.reduce((sum, [, numbers]) => sum + (value(numbers) ?? 0), 0);
  if (found.share || !found.known || !own) return [];
  const line = made("tr");
  line.append(made("th", words.rest, { scope: "row", class: "quiet" }), made("td", own.toLocaleString("en"), { class: "num" }), made("td"));
  return [line];
}

function link(code: string): HTMLAnchorElement {
  return made("a", nameOf(code), { href: `/map?${query({ ...state, area: code, level: "" })}`, "data-area": code });
}

/** Fetch and draw the layers that are chosen; of the past there are none. */
async function layers(): Promise<void> {
  if (view) await Promise.all(boxes.map(layer));
}

async function layer(box: HTMLInputElement): Promise<void> {
  const name = box.dataset.layer ?? "";
  const wanted = box.checked && !state.at;
  try {
    const found = wanted ? await ask<Layer>(`/map/layers/${name}?area=${encodeURIComponent(state.area)}`) : null;
    await view?.layer(name, found);
    said.set(name, found?.said ?? "");
  } catch (error) {
    said.set(name, (error instanceof Refused && error.message) || (words.away ?? ""));
  }
  at("map-layers-said").replaceChildren(...[...said.values()].filter(Boolean).map((text) => made("p", text)));
}

function say(text: string): void {
  const place = at("map-said");
  place.hidden = !text;
  place.textContent = text;
}

function tip(what: string | Spot | null, x: number, y: number): void {
  const place = at("map-tip");
  place.hidden = !what || !shown;
  if (!what || !shown) return;
  place.textContent =
    typeof what === "string" ? `${nameOf(what)}：${written(shown.values[what], shown)}` : `${nameOf(what.code)} · ${what.text}`;
  place.style.transform = `translate(${x + 14}px, ${y + 14}px)`;
}

async function run(): Promise<void> {
  playing = !playing;
  if (!playing) return shown ? controls(shown) : undefined;
  // The classes of now hold all the while, so that the colours of two moments can be compared.
  const from = Number(slider.value);
  if (state.at) {
    const present = await ask<Measures>(`/map/measures?${query({ ...state, at: "" })}`);
    hold(present, true);
  }
  let hour = from >= hours() ? 0 : from;
  while (playing) {
    const begun = performance.now();
    const over = hour >= hours();
    await go({ at: over ? "" : minute(start + hour * HOUR) }, { step: false, fit: false });
    if (over) break;
    hour += Number(pace.value);
    await new Promise((resolve) => window.setTimeout(resolve, Math.max(60, 450 - (performance.now() - begun))));
  }
  playing = false;
  if (shown) controls(shown);
  await layers();
}

function toArea(event: Event): void {
  const target = (event.target as HTMLElement).closest<HTMLAnchorElement>("a[data-area]");
  const click = event as MouseEvent;
  if (!target || click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
  event.preventDefault();
  pick(target.dataset.area ?? "");
}

function pick(code: string): void {
  if (code === state.area) return;
  all = false;
  void go({ area: code, level: "" }).then(layers);
}

function hands(): void {
  measure.addEventListener("change", () => void go({ measure: measure.value }, { fit: false }));
  level.addEventListener("change", () => void go({ level: level.value }, { fit: false }));
  document.querySelectorAll<HTMLInputElement>("[name=period]").forEach((one) =>
    one.addEventListener("change", () => void go({ period: one.value }, { fit: false })),
  );
  const moved = atMostEvery(120, async () => {
    const hour = Number(slider.value);
    await go({ at: hour >= hours() ? "" : minute(start + hour * HOUR) }, { step: false, fit: false });
    if (!playing) await layers();
  });
  slider.addEventListener("input", () => {
    playing = false;
    moved();
  });
  play.addEventListener("click", () => void run());
  at("map-now").addEventListener("click", () => {
    playing = false;
    void go({ at: "" }, { fit: false }).then(layers);
  });
  for (const box of boxes) box.addEventListener("change", () => void layer(box).then(() => shown && controls(shown)));
  at("map-more").addEventListener("click", () => {
    all = true;
    if (shown) table(shown);
  });
  page.addEventListener("click", toArea);
  window.addEventListener("popstate", () => {
    state = read();
    void show(true);
  });
  // What others change shows within two seconds, however much they change.
  const again = atMostEvery(1500, async () => {
    if (!state.at && !playing && !document.hidden) await show(false);
  });
  // Points are many: they follow a little later.
  const placed = atMostEvery(10_000, async () => {
    if (!playing && !document.hidden) await layers();
  });
  document.addEventListener("wangge:happened", again);
  document.addEventListener("wangge:happened", placed);
  document.addEventListener("visibilitychange", again);
  window.setInterval(again, 60_000);
}

function open(): void {
  try {
    view = new MapView(at("map"), {
      pick,
      point: tip,
      open: (address) => (location.href = address),
    });
  } catch {
    // An old machine without WebGL still has the table, which says the same.
    at("map-flat").hidden = false;
    at("map").hidden = true;
  }
  hands();
  void show(true);
}

open();
