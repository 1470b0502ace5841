// Screening on a phone: a plate, a number of people, one key. What goes on is a province and two numbers; it waits in the
// browser while the network is away. Who is stopped is sent at once, or waits on the open page and nowhere else.

import "./screen.css";
import { folded, isProvince, plateRead } from "./screen-plate";
import { type Car, Waiting } from "./screen-queue";
import { newKey, post, type Told } from "./screen-sending";

interface Result {
  key: string;
  alert?: string;
  refused?: string;
}
interface Stopped extends Car {
  plate: string;
  fevers: number;
  temperature: number | null;
  origin: string;
}

const FLUSH = 30_000; // cars gather so long before they are sent
const ALIVE = 5 * 60_000; // and so often a page without cars says that it is there
const MOST = 200;

const at = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const page = at("screen");
const told = page.dataset as Record<string, string>;
const words = JSON.parse(at("screen-words").textContent ?? "{}") as Record<string, string>;
const word = (name: string, value: string | number = ""): string => (words[name] ?? name).replace("{}", String(value));
const plate = at<HTMLInputElement>("plate");
const people = at<HTMLInputElement>("people");
const fever = Number(told.fever);

let waiting: Waiting;
let lane = 1;
let origin = "";
let other = false;
let last: Car | null = null;
let cars = 0;
let heads = 0;
let sending: Promise<void> | null = null;
let saving: Promise<void> = Promise.resolve();
let spoken = Date.now();
const unsent: Stopped[] = [];

function say(text: string, bad = false): void {
  at("said").textContent = text;
  at("said").classList.toggle("bad", bad);
}

function net(state: "online" | "offline" | "signed_out"): void {
  const shown = at("net");
  shown.textContent = word(state);
  shown.classList.toggle("off", state !== "online");
  shown.replaceChildren(word(state));
  if (state === "signed_out") {
    const link = document.createElement("a");
    link.href = told.signIn ?? "/sign-in";
    link.target = "_blank";
    link.textContent = word("signed_out");
    shown.replaceChildren(link);
  }
}

// -- what is being entered -------------------------------------------------------------------------

const pressed = (name: string, value: string): void => {
  for (const one of page.querySelectorAll<HTMLElement>(`[data-${name}]`))
    one.setAttribute("aria-pressed", String(one.dataset[name] === value && value !== ""));
};

function look(): void {
  const read = plateRead(plate.value);
  plate.classList.toggle("ready", read !== null || other);
  plate.classList.toggle("energy", read?.energy ?? false);
  plate.classList.remove("bad");
  at("other-plate").setAttribute("aria-pressed", String(other));
}

function setPlate(text: string): void {
  plate.value = folded(text).slice(0, 8);
  other = false;
  look();
}

function toPeople(): void {
  document.querySelector(".people")?.classList.add("now");
  people.focus();
}

function toPlate(): void {
  document.querySelector(".people")?.classList.remove("now");
  plate.focus();
}

function setPeople(count: string): void {
  people.value = count;
  pressed("people", count);
}

function province(sign: string): void {
  setPlate(sign + folded(plate.value).replace(/^[^A-Z0-9]/, ""));
  at("all-provinces").hidden = true;
  at("pad").hidden = false;
  at("more-provinces").setAttribute("aria-expanded", "false");
  toPlate();
}

function clear(): void {
  setPlate(told.home ?? "");
  setPeople("");
  origin = "";
  pressed("origin", "");
  toPlate();
}

/** What was entered, or null where something is missing, which is then said. */
function entered(): (Car & { plate: string }) | null {
  const read = plateRead(plate.value);
  if (!read && !other) {
    plate.classList.add("bad");
    say(word("plate_wrong"), true);
    toPlate();
    return null;
  }
  const count = Number(people.value);
  if (!Number.isInteger(count) || count < 1 || count > 100) {
    say(word("people_missing"), true);
    toPeople();
    return null;
  }
  const { province: sign, energy } = read ?? { province: "", energy: false };
  return { key: newKey(), checkpoint: told.number ?? "", at: Date.now(), lane, province: sign, energy, people: count, plate: read ? folded(plate.value) : "" };
}

function counted(car: Car, by = 1): void {
  cars += by;
  heads += by * car.people;
  at("count-cars").textContent = String(cars);
  at("count-people").textContent = String(heads);
}

async function normal(): Promise<void> {
  const found = entered();
  if (!found) return;
  if (origin) return stop({ ...found, fevers: 0, temperature: null, origin });
  const { plate: shown, ...car } = found;
  // Cleared before anything is waited for: a second Enter finds an empty page, not the same car.
  last = car;
  counted(car);
  say(word("done", shown || word("done_other")));
  clear();
  saving = waiting.add(car);
  await saving;
  await showWaiting();
}

// -- sending ---------------------------------------------------------------------------------------

async function showWaiting(): Promise<void> {
  const count = (await waiting.all()).length;
  at("waiting").textContent = count ? word("waiting", count) : word("all_sent");
  at("waiting").classList.toggle("some", count > 0);
}

const row = ({ at: when, ...car }: Car): Record<string, unknown> => ({ ...car, ago: Math.max(0, Date.now() - when) });

function heard(answer: Told<unknown>): void {
  net(answer.sort === "away" ? "offline" : answer.sort === "signed-out" ? "signed_out" : "online");
  if (answer.sort === "done") spoken = Date.now();
}

async function flushOnce(): Promise<void> {
  await retry();
  for (;;) {
    const batch = (await waiting.all()).slice(0, MOST);
    if (!batch.length && Date.now() - spoken < ALIVE) break;
    const answer = await post<{ results: Result[] }>(told.rows!, { rows: batch.map(row) });
    heard(answer);
    if (answer.sort === "refused") say(word("refused", answer.why), true);
    if (answer.sort !== "done") break;
    const refused = answer.said.results.filter((one) => one.refused);
    // Each is taken off only where the server has answered for it.
    await waiting.remove(answer.said.results.map((one) => one.key));
    if (refused.length) say(word("refused", refused[0]!.refused), true);
    if (batch.length < MOST) break;
  }
  await showWaiting();
}

function flush(): Promise<void> {
  sending ??= flushOnce().finally(() => (sending = null));
  return sending;
}

async function undo(): Promise<void> {
  await saving;
  if (sending) await sending;
  const car = last;
  if (!car) return say(word("nothing_to_take_back"), true);
  const there = (await waiting.all()).some((one) => one.key === car.key);
  if (there) await waiting.remove([car.key]);
  else {
    const answer = await post<{ done: boolean }>(told.withdraw!, { key: car.key });
    heard(answer);
    if (answer.sort === "refused") return say(answer.why, true);
    if (answer.sort !== "done") return say(word("failed"), true);
    if (!answer.said.done) return say(word("nothing_to_take_back"), true);
  }
  last = null;
  counted(car, -1);
  say(word("taken_back"));
  await showWaiting();
}

// -- who is stopped --------------------------------------------------------------------------------

function showUnsent(): void {
  const bar = at("unsent");
  bar.hidden = unsent.length === 0;
  bar.textContent = told.phone ? word("alert_unsent", told.phone) : word("alert_unsent_no_phone");
}

/** Send those who were stopped, one after the other; each under the key it got when it was entered. */
async function retry(): Promise<void> {
  while (unsent.length) {
    const [stopped] = unsent as [Stopped];
    const answer = await post<{ results: Result[] }>(told.rows!, { rows: [row(stopped)] });
    heard(answer);
    if (answer.sort === "away" || answer.sort === "signed-out") break;
    unsent.shift();
    const result = answer.sort === "done" ? answer.said.results[0] : undefined;
    const why = answer.sort === "refused" ? answer.why : result?.refused;
    if (why) {
      say(word("refused", why), true);
      continue;
    }
    counted(stopped);
    if (result?.alert) askPerson(result.alert);
  }
  showUnsent();
}

async function stop(stopped: Stopped): Promise<void> {
  unsent.push(stopped);
  last = null;
  clear();
  say(word("alert_sending"));
  await (sending ?? Promise.resolve());
  await retry();
  say(unsent.length ? "" : word("alert_sent"));
}

function askFever(): void {
  const found = entered();
  if (!found) return;
  const dialog = at<HTMLDialogElement>("ask");
  at("ask-plate").textContent = `${found.plate || word("done_other")} · ${found.people}`;
  at("ask-wrong").textContent = "";
  at<HTMLInputElement>("fevers").value = "1";
  at<HTMLInputElement>("temperature").value = "";
  dialog.showModal();
  at("temperature").focus();
}

/** 378 is 37.8: with gloves nobody looks for a point. */
const degrees = (text: string): number => {
  const value = Number(folded(text).replace("，", "."));
  return value >= 340 && value <= 430 ? value / 10 : value;
};

function sendFever(event: Event): void {
  event.preventDefault();
  const temperature = degrees(at<HTMLInputElement>("temperature").value);
  const fevers = Number(at<HTMLInputElement>("fevers").value);
  const found = entered();
  if (!found) return at<HTMLDialogElement>("ask").close();
  if (!(temperature >= 34 && temperature <= 43)) {
    at("ask-wrong").textContent = word("temperature_wrong");
    return;
  }
  if (!Number.isInteger(fevers) || fevers < 1 || fevers > found.people) {
    at("ask-wrong").textContent = word("people_missing");
    return;
  }
  at<HTMLDialogElement>("ask").close();
  if (temperature < fever && !origin) {
    void normal().then(() => say(word("below_limit", fever)));
    return;
  }
  void stop({ ...found, fevers: temperature < fever ? 0 : fevers, temperature, origin });
}

let person = { alert: "", key: "" };
function askPerson(alert: string): void {
  if (at<HTMLDialogElement>("person").open) return;
  person = { alert, key: newKey() };
  const dialog = at<HTMLDialogElement>("person");
  for (const field of dialog.querySelectorAll("input")) field.value = "";
  at("person-said").textContent = word("alert_sent");
  at("person-wrong").textContent = "";
  dialog.showModal();
}

async function sendPerson(event: Event): Promise<void> {
  event.preventDefault();
  const dialog = at<HTMLDialogElement>("person");
  const form = new FormData();
  form.set("key", person.key);
  for (const field of dialog.querySelectorAll("input")) form.set(field.name, field.value);
  const answer = await post<{ done: boolean }>(`${told.alerts}${person.alert}/person`, form);
  heard(answer);
  if (answer.sort === "refused") at("person-wrong").textContent = answer.why;
  else if (answer.sort !== "done") at("person-wrong").textContent = word("person_unsent");
  else {
    for (const field of dialog.querySelectorAll("input")) field.value = "";
    dialog.close();
    say(word("person_saved"));
    toPlate();
  }
}

// -- keys and touches ------------------------------------------------------------------------------

async function noteQueue(vehicles: number): Promise<void> {
  at("queues").hidden = true;
  const answer = await post<{ done: boolean }>(told.queue!, { vehicles });
  heard(answer);
  say(answer.sort === "done" ? word("queue_noted", vehicles) : word("failed"), answer.sort !== "done");
}

function touched(button: HTMLElement): void {
  const { lane: chosen, province: sign, char, people: count, origin: from, queue } = button.dataset;
  if (chosen) {
    lane = Number(chosen);
    pressed("lane", chosen);
  } else if (sign) province(sign);
  else if (char) setPlate(plate.value + char);
  else if (count) setPeople(count);
  else if (from) {
    origin = origin === from ? "" : from;
    pressed("origin", origin);
  } else if (queue) void noteQueue(Number(queue));
}

const toggle = (button: string, part: string, hides = ""): void => {
  const open = at(part).hidden;
  at(part).hidden = !open;
  if (hides) at(hides).hidden = open;
  at(button).setAttribute("aria-expanded", String(open));
};

const DEEDS: Record<string, () => void> = {
  erase: () => setPlate(folded(plate.value).slice(0, -1)),
  "more-provinces": () => toggle("more-provinces", "all-provinces", "pad"),
  "other-plate": () => {
    plate.value = "";
    other = !other;
    look();
  },
  normal: () => void normal(),
  fever: askFever,
  undo: () => void undo(),
  queue: () => toggle("queue", "queues"),
};

function typed(event: KeyboardEvent): void {
  const inPlate = event.target === plate;
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !(inPlate || event.target === people)) return;
  const key = event.key;
  if (key === "Escape") clear();
  else if (inPlate && (key === "Enter" || key === " ")) {
    if (plateRead(plate.value) || other) toPeople();
    else say(word("plate_wrong"), true);
  } else if (inPlate && /^[0-9]$/.test(key) && /^.?$/u.test(plate.value) && !/[A-Z]/.test(plate.value)) {
    // The sign behind the province is never a digit: there a digit chooses the province, in one key.
    const all = [...at("all-provinces").querySelectorAll<HTMLElement>("[data-province]")];
    const chosen = all[(Number(key) + 9) % 10]?.dataset.province;
    if (chosen) province(chosen);
  } else if (!inPlate && key === "Enter") void normal();
  else if (!inPlate && /^[fF*+]$/.test(key)) askFever();
  else if (!inPlate && key === "Backspace" && people.value === "") toPlate();
  else return;
  event.preventDefault();
}

function listen(): void {
  // A touch takes the keyboard's place, not its focus: a scanner can go on typing.
  page.addEventListener("pointerdown", (event) => {
    if ((event.target as HTMLElement).closest("button")) event.preventDefault();
  });
  page.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest("button");
    if (!button) return;
    (DEEDS[button.id] ?? (() => touched(button)))();
  });
  document.addEventListener("keydown", typed);
  plate.addEventListener("input", () => {
    const text = folded(plate.value);
    // A scanner may send a whole plate onto the province that stands there already.
    const whole = text.length > 1 && isProvince(text[1]!) ? text.slice(1) : text;
    setPlate(whole && !isProvince(whole[0]!) && /^[A-Z]/.test(whole) ? (told.home ?? "") + whole : whole);
  });
  people.addEventListener("input", () => setPeople(folded(people.value).replace(/[^0-9]/g, "")));
  at("ask").addEventListener("submit", sendFever);
  at("ask-back").addEventListener("click", () => at<HTMLDialogElement>("ask").close());
  at("person").addEventListener("submit", (event) => void sendPerson(event));
  at("person-back").addEventListener("click", () => at<HTMLDialogElement>("person").close());
  addEventListener("online", () => void flush());
  addEventListener("offline", () => net("offline"));
  document.addEventListener("visibilitychange", () => void flush());
  addEventListener("beforeunload", (event) => {
    if (unsent.length) event.preventDefault();
  });
}

async function begin(): Promise<void> {
  waiting = await Waiting.begin();
  listen();
  clear();
  net(navigator.onLine ? "online" : "offline");
  if (!waiting.kept) say(word("not_kept"), true);
  await flush();
  setInterval(() => void flush(), FLUSH);
}

void begin();
