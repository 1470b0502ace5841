// What others change appears without a reload. The stream says only that something happened; the page
// then fetches itself again, through all its checks, and replaces the parts that nobody is writing in.
// A queue, which every change touches, is told its new parts by the stream and need not ask; every page is told how
// many messages wait unread.

import { isBusy } from "./forms";

declare const htmx: { process(element: Element): void } | undefined;

interface Happening {
  type: string;
  subject: string;
  area: string;
  /** Whom it is about beside its subject: the person of a plan, both sides of a contact. */
  about: string[];
}

const html = document.documentElement;
/** Where this page is fetched again: of an answer to a form, the page that the form stood on. */
const page = html.dataset.page;
// A page that much happens to is fetched so often and not more, the pages of a server not all at once.
const PACE = 2000 * (0.75 + Math.random() / 2);
let position = html.dataset.position ?? "";
let wanted = false;
let fetching = false;
/** Whether the stream tells this page its parts. */
let told = false;

/** Whether a part of this page shows what an event is about. */
function concerns(happened: Happening): boolean {
  const shown = [...document.querySelectorAll<HTMLElement>("[data-subject]")];
  if (shown.length) {
    const ids = new Set(shown.flatMap((part) => (part.dataset.subject ?? "").split(" ")));
    return [happened.subject, ...happened.about].some((id) => ids.has(id));
  }
  return [...document.querySelectorAll<HTMLElement>("[data-hears]")].some((part) =>
    happened.type.startsWith(part.dataset.hears ?? " "),
  );
}

function say(words: "away" | "changed" | ""): void {
  const place = document.getElementById("live-state");
  if (!place) return;
  place.hidden = !words;
  place.textContent = words ? (place.dataset[words] ?? "") : "";
}

/** Put a fresh part in the place of one on the page; false where somebody is writing in it. */
function put(part: HTMLElement, next: HTMLElement | null): boolean {
  if (next?.outerHTML === part.outerHTML) return true;
  // What came back with a refused form was typed by somebody, too.
  if (page && part.hasAttribute("data-form")) return true;
  if (isBusy(part)) return !part.hasAttribute("data-form") || !next;
  if (!next) {
    part.replaceChildren();
    return true;
  }
  const here = document.importNode(next, true);
  here.querySelectorAll("[data-same]").forEach((place) => {
    const row = document.getElementById(place.id);
    if (row) place.replaceWith(row);
  });
  part.querySelectorAll<HTMLDetailsElement>("details[id][open]").forEach((opened) => {
    const again = here.querySelector<HTMLDetailsElement>(`#${CSS.escape(opened.id)}`);
    if (again) again.open = true;
  });
  part.replaceWith(here);
  htmx?.process(here);
  return true;
}

/** Put fresh parts in the places of those on the page; what a whole page no longer has is taken away. */
function replace(fresh: Document, whole: boolean): void {
  const active = document.activeElement?.id;
  const parts = [...document.querySelectorAll<HTMLElement>("[data-part]")].map(
    (part) => [part, fresh.getElementById(part.id)] as const,
  );
  const done = parts.map(([part, next]) => !(whole || next) || put(part, next));
  if (active && document.activeElement?.id !== active) document.getElementById(active)?.focus({ preventScroll: true });
  if (done.includes(false)) say("changed");
}

const parsed = (text: string): Document => new DOMParser().parseFromString(text, "text/html");

async function refresh(): Promise<void> {
  if (fetching || document.hidden) {
    wanted = true;
    return;
  }
  fetching = true;
  wanted = false;
  try {
    const answer = await fetch(page ?? location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.ok) replace(parsed(await answer.text()), true);
  } catch {
    wanted = true;
  } finally {
    fetching = false;
  }
}

let soon = 0;
let notBefore = 0;
function refreshSoon(): void {
  // A single event is shown at once for the eye; of a burst the first, and then what came of it.
  if (soon) return;
  soon = window.setTimeout(
    () => {
      notBefore = performance.now() + PACE;
      soon = 0;
      void refresh();
    },
    Math.max(150, notBefore - performance.now()),
  );
}

function hear(happened: Happening | null): void {
  // Pages that draw by themselves, a map or a wall, listen to this instead of being fetched again.
  document.dispatchEvent(new CustomEvent<Happening | null>("wangge:happened", { detail: happened }));
  if (!happened || (!told && concerns(happened))) refreshSoon();
}

/** Show how many messages wait unread; a page that lists them is fetched again. */
function count(drawn: string): void {
  const before = document.getElementById("unread")?.outerHTML;
  replace(parsed(drawn), false);
  if (document.getElementById("unread")?.outerHTML !== before && concerns({ type: "unread", subject: "", about: [], area: "" }))
    refreshSoon();
}

type News = { happened: Happening | null; at: string } | { unread: string };

function listen(tell: (news: News) => void): EventSource {
  told = document.querySelector("[data-told]") !== null;
  const queue = told ? `&queue=${encodeURIComponent(location.search.slice(1))}` : "";
  const source = new EventSource(`/live?after=${encodeURIComponent(position)}${queue}`);
  source.addEventListener("parts", (event) => replace(parsed(JSON.parse(event.data) as string), false));
  source.addEventListener("unread", (event) => tell({ unread: JSON.parse(event.data) as string }));
  source.addEventListener("happened", (event) =>
    tell({ happened: JSON.parse(event.data) as Happening, at: event.lastEventId }),
  );
  source.addEventListener("resync", (event) => tell({ happened: null, at: (event as MessageEvent).lastEventId }));
  source.onopen = () => say("");
  source.onerror = () => {
    say("away");
    // A refused stream is not tried again by the browser; we do, slowly, from where we were.
    if (source.readyState === EventSource.CLOSED) window.setTimeout(() => listen(tell), 5000);
  };
  return source;
}

export function startLive(): void {
  if (!html.dataset.position) return;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && wanted) void refresh();
  });
  const arrived = (news: News): void => {
    if ("unread" in news) return count(news.unread);
    position = news.at || position;
    hear(news.happened);
  };
  if (!navigator.locks) {
    listen(arrived);
    return;
  }
  // A browser opens only six connections to one server: of many open tabs one holds the stream for all.
  const channel = new BroadcastChannel("wangge-live");
  channel.onmessage = (event) => arrived(event.data as News);
  let leading = false;
  void navigator.locks.request("wangge-live", () => {
    leading = true;
    listen((news) => {
      arrived(news);
      channel.postMessage(news);
    });
    return new Promise<never>(() => undefined);
  });
  // Another tab holds the stream: what happened between our page and our listening is fetched once.
  window.setTimeout(() => {
    if (!leading) refreshSoon();
  }, 400);
}
