// The map of the coming fourteen days: every village has a digit for each hour, so that moving the hour asks nothing.

import "./coverage.css";
import { ask, at, atMostEvery, made, Refused } from "./map-data";
import { MapView, type Outlines, type Place } from "./map-view";

interface Hours {
  start: string;
  hours: number;
  levels: Record<string, string>;
}
interface State {
  area: string;
  level: string;
  hour: number;
}

const HOUR = 3_600_000;
const SHANGHAI = 8 * HOUR;
const ROWS = 60;
// Nobody, or only somebody who did not answer; a desk alone stands in the list too, but is no gap.
const [NOBODY, DESK, SILENT] = [0, 1, 2];
const LISTED = [NOBODY, DESK, SILENT];
const page = at("map-page");
const words = page.dataset;
const slider = at<HTMLInputElement>("map-time");
const levels = at<HTMLSelectElement>("map-level");
const named = new Map([...document.querySelectorAll<HTMLElement>("#map-legend [data-level]")].map((one) => [Number(one.dataset.level), one.dataset.word ?? ""]));

let found: Hours = { start: new Date().toISOString(), hours: 336, levels: {} };
let places = new Map<string, Place>();
let below = new Map<string, string[]>();
let view: MapView | null = null;
let all = false;
let state = read();

function read(): State {
  const given = new URLSearchParams(location.search);
  return { area: given.get("area") ?? words.area ?? "", level: given.get("level") ?? "village", hour: Math.max(0, Number(given.get("hour")) || 0) };
}

const isGap = (level: number): boolean => level === NOBODY || level === SILENT;
const levelAt = (code: string, hour: number): number => Number(found.levels[code]?.[hour] ?? 4);
const moment = (hour: number): string => new Date(Date.parse(found.start) + hour * HOUR + SHANGHAI).toISOString().slice(5, 16).replace("T", " ");
const nameOf = (code: string): string => places.get(code)?.[1] ?? code;
const parentOf = (code: string): string => places.get(code)?.[3] ?? "";

/** The villages below a place, by the outlines' own tree. */
function villages(code: string): string[] {
  if (code in found.levels) return [code];
  // A station covers villages that have another parent.
  if (code === words.top) return Object.keys(found.levels);
  return (below.get(code) ?? []).flatMap(villages);
}

function shownPlaces(): string[] {
  if (state.level === "village") return villages(state.area);
  const inside = (code: string): string[] => (below.get(code) ?? []).flatMap((one) => (places.get(one)?.[2] === state.level ? [one] : inside(one)));
  const some = inside(state.area);
  return some.length ? some : [state.area];
}

function go(change: Partial<State>, { step = true, fit = true } = {}): Promise<void> {
  state = { ...state, ...change };
  const given = new URLSearchParams({ area: state.area, level: state.level, hour: String(state.hour) });
  if (step) history.pushState(null, "", `?${given}`);
  else history.replaceState(null, "", `?${given}`);
  return show(fit);
}

async function show(fit: boolean): Promise<void> {
  state.hour = Math.min(state.hour, found.hours - 1);
  slider.max = String(found.hours - 1);
  slider.value = String(state.hour);
  const text = state.hour ? moment(state.hour) : `${words.now} ${moment(0)}`;
  at("map-moment").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  levels.value = state.level;
  crumbs();
  table();
  if (!view) return;
  const classes = new Map<string, number | null>();
  const labels = new Map<string, string>();
  for (const code of shownPlaces()) {
    const some = villages(code).map((one) => levelAt(one, state.hour));
    const worst = Math.min(4, ...some);
    classes.set(code, some.length ? worst : null);
    const gaps = some.filter(isGap).length;
    if (state.level === "village") {
      if (LISTED.includes(worst)) labels.set(code, named.get(worst) ?? "");
    } else labels.set(code, `${gaps}/${some.length}`);
  }
  await view.show({ level: state.level, area: state.area, classes, labels });
  if (fit) await view.fit(state.area, classes.keys());
}

function crumbs(): void {
  const way = [state.area];
  while (way[0] !== words.top && places.has(parentOf(way[0] ?? ""))) way.unshift(parentOf(way[0] ?? ""));
  at("map-crumbs").replaceChildren(
    ...way.map((code) => {
      const item = made("li");
      item.append(link(code));
      if (code === state.area) item.querySelector("a")?.setAttribute("aria-current", "page");
      return item;
    }),
  );
}

function link(code: string): HTMLAnchorElement {
  return made("a", nameOf(code), { href: `?area=${code}&level=village&hour=${state.hour}`, "data-area": code });
}

/** The first hour from this one on at which a village lies at another level. */
function endOf(code: string): number {
  const row = found.levels[code] ?? "";
  let hour = state.hour;
  while (hour < found.hours && row[hour] === row[state.hour]) hour += 1;
  return hour;
}

function table(): void {
  const some = villages(state.area);
  const rows = some.map((code) => [code, levelAt(code, state.hour)] as const).filter(([, level]) => LISTED.includes(level));
  const order = [NOBODY, SILENT, DESK];
  rows.sort(([one, a], [other, b]) => order.indexOf(a) - order.indexOf(b) || one.localeCompare(other));
  const lines = rows.slice(0, all ? undefined : ROWS).map(([code, level]) => {
    const line = made("tr");
    const name = made("th", "", { scope: "row" });
    const town = parentOf(code);
    name.append(link(code), " ", made("small", nameOf(town)));
    const end = endOf(code);
    const cell = made("td");
    cell.append(made("i", "", { class: `k k${level}`, "aria-hidden": "true" }), ` ${named.get(level)} `);
    cell.append(made("small", `${words.until} ${end < found.hours ? moment(end) : words.beyond}`));
    line.append(name, cell);
    return line;
  });
  at("map-rows").replaceChildren(...lines);
  const gaps = rows.filter(([, level]) => isGap(level)).length;
  at("map-whole-name").textContent = nameOf(state.area);
  at("map-whole").textContent = (words.gaps ?? "").replace("{}", String(gaps)).replace("{}", String(some.length));
  at("map-empty").hidden = rows.length > 0;
  at("map-more").hidden = all || rows.length <= ROWS;
  at("map-more").textContent = (words.more ?? "").replace("{}", String(rows.length));
}

/** The next hour at which somebody more cannot be reached than in the hour before it. */
function nextGap(): number {
  const some = villages(state.area);
  for (let step = 1; step < found.hours; step += 1) {
    const hour = (state.hour + step) % found.hours;
    if (some.some((code) => isGap(levelAt(code, hour)) && (hour === 0 || !isGap(levelAt(code, hour - 1))))) return hour;
  }
  return state.hour;
}

function tip(what: unknown, x: number, y: number): void {
  const place = at("map-tip");
  place.hidden = typeof what !== "string";
  if (typeof what !== "string") return;
  const some = villages(what).map((one) => levelAt(one, state.hour));
  const said = what in found.levels ? named.get(levelAt(what, state.hour)) : `${some.filter(isGap).length}/${some.length}`;
  place.textContent = `${nameOf(what)}：${said}`;
  place.style.transform = `translate(${x + 14}px, ${y + 14}px)`;
}

function pick(code: string): void {
  if (code === state.area) return;
  all = false;
  void go({ area: code, level: "village" });
}

function hands(): void {
  const moved = atMostEvery(60, () => go({ hour: Number(slider.value) }, { step: false, fit: false }));
  slider.addEventListener("input", moved);
  at("map-back").addEventListener("click", () => void go({ hour: Math.max(0, state.hour - 1) }, { step: false, fit: false }));
  at("map-on").addEventListener("click", () => void go({ hour: state.hour + 1 }, { step: false, fit: false }));
  at("map-worst").addEventListener("click", () => void go({ hour: nextGap() }, { step: false, fit: false }));
  levels.addEventListener("change", () => void go({ level: levels.value }, { fit: false }));
  at("map-more").addEventListener("click", () => {
    all = true;
    table();
  });
  page.addEventListener("click", (event) => {
    const target = (event.target as HTMLElement).closest<HTMLAnchorElement>("a[data-area]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    pick(target.dataset.area ?? "");
  });
  window.addEventListener("popstate", () => {
    state = read();
    void show(true);
  });
}

async function load(): Promise<void> {
  const of = `area=${encodeURIComponent(words.top ?? "")}`;
  try {
    const [hours, outlines] = await Promise.all([ask<Hours>(`${words.hours}?${of}`), ask<Outlines>(`/map/outlines?${of}`)]);
    found = hours;
    places = new Map(outlines.places.map((one) => [one[0], one]));
    below = new Map();
    for (const [code, , , parent] of outlines.places) below.set(parent, [...(below.get(parent) ?? []), code]);
    await view?.load(outlines);
    at("map-said").hidden = true;
    await show(true);
  } catch (error) {
    at("map-said").hidden = false;
    at("map-said").textContent = error instanceof Refused && error.message ? error.message : (words.away ?? "");
    window.setTimeout(() => void load(), 15_000);
  }
}

try {
  view = new MapView(at("map"), { pick, point: tip });
} catch {
  // An old machine without WebGL still has the list, which says the same.
  at("map-flat").hidden = false;
  at("map").hidden = true;
}
hands();
void load();
