// Stage clocks run down here between two answers of the server, in the server's time.

const html = document.documentElement;
const english = html.lang.startsWith("en");
const offset = Date.parse(html.dataset.now ?? new Date().toISOString()) - Date.now();

/** The instant it is at the installation, which for a demonstration is not the wall clock's. */
export function now(): number {
  return Date.now() + offset;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** A length of time as the server writes it: 3 天 4 时, 2 时 05 分, 7:42. */
export function span(milliseconds: number): string {
  const whole = Math.floor(Math.abs(milliseconds) / 1000);
  const days = Math.floor(whole / 86400);
  const hours = Math.floor((whole % 86400) / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (days) return english ? `${days} d ${hours} h` : `${days} 天 ${hours} 时`;
  if (hours) return english ? `${hours} h ${two(minutes)} min` : `${hours} 时 ${two(minutes)} 分`;
  return `${minutes}:${two(whole % 60)}`;
}

function show(clock: HTMLElement): void {
  const due = Date.parse(clock.dataset.due ?? "");
  const since = Date.parse(clock.dataset.since ?? "");
  if (Number.isNaN(due)) return;
  const left = due - now();
  const text = left < 0 ? (english ? `over by ${span(left)}` : `超时 ${span(left)}`) : english ? `${span(left)} left` : `剩 ${span(left)}`;
  if (clock.textContent !== text) clock.textContent = text;
  clock.classList.toggle("over", left < 0);
  clock.classList.toggle("soon", left >= 0 && left < (due - since) / 2);
  clock.classList.toggle("well", left >= 0 && left >= (due - since) / 2);
}

function showMoment(place: HTMLElement): void {
  const form = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", {
    timeZone: "Asia/Shanghai",
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  place.textContent = form.format(now());
}

function tick(): void {
  document.querySelectorAll<HTMLElement>("[data-due]").forEach(show);
  document.querySelectorAll<HTMLElement>("[data-clock]").forEach(showMoment);
}

export function startClocks(): void {
  tick();
  setInterval(tick, 1000);
}
