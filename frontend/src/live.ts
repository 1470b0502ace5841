// What others change appears without a reload. The stream says only that something happened; the page
// then fetches itself again, through all its checks, and replaces the parts that nobody is writing in.

import { isBusy } from "./forms";

declare const htmx: { process(element: Element): void } | undefined;

interface Happening {
  type: string;
  subject: string;
  area: string;
}

const html = document.documentElement;
/** Where this page is fetched again: of an answer to a form, the page that the form stood on. */
const page = html.dataset.page;
let position = html.dataset.position ?? "";
let wanted = false;
let fetching = false;

/** Whether a part of this page shows what an event is about. */
function concerns(happened: Happening): boolean {
  const subject = document.querySelector<HTMLElement>("[data-subject]")?.dataset.subject;
  if (subject) return happened.subject === subject;
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

function replace(fresh: Document): void {
  let kept = false;
  const active = document.activeElement?.id;
  document.querySelectorAll<HTMLElement>("[data-part]").forEach((part) => {
    const next = fresh.getElementById(part.id);
    if (next?.outerHTML === part.outerHTML) return;
    // What came back with a refused form was typed by somebody, too.
    if (page && part.hasAttribute("data-form")) return;
    if (isBusy(part)) {
      kept ||= part.hasAttribute("data-form") && Boolean(next);
      return;
    }
    if (!next) return part.replaceChildren();
    const here = document.importNode(next, true);
    part.querySelectorAll<HTMLDetailsElement>("details[id][open]").forEach((opened) => {
      const again = here.querySelector<HTMLDetailsElement>(`#${CSS.escape(opened.id)}`);
      if (again) again.open = true;
    });
    part.replaceWith(here);
    htmx?.process(here);
  });
  if (active && document.activeElement?.id !== active) document.getElementById(active)?.focus({ preventScroll: true });
  if (kept) say("changed");
}

async function refresh(): Promise<void> {
  if (fetching || document.hidden) {
    wanted = true;
    return;
  }
  fetching = true;
  wanted = false;
  try {
    const answer = await fetch(page ?? location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    wanted = true;
  } finally {
    fetching = false;
  }
}

let soon = 0;
function refreshSoon(): void {
  // A burst of events is one refresh; a single one is shown at once for the eye.
  clearTimeout(soon);
  soon = window.setTimeout(() => void refresh(), 150);
}

function hear(happened: Happening | null): void {
  // Pages that draw by themselves, a map or a wall, listen to this instead of being fetched again.
  document.dispatchEvent(new CustomEvent<Happening | null>("wangge:happened", { detail: happened }));
  if (!happened || concerns(happened)) refreshSoon();
}

function listen(tell: (happened: Happening | null, at: string) => void): EventSource {
  const source = new EventSource(`/live?after=${encodeURIComponent(position)}`);
  source.addEventListener("happened", (event) => tell(JSON.parse(event.data) as Happening, event.lastEventId));
  source.addEventListener("resync", (event) => tell(null, (event as MessageEvent).lastEventId));
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
  const told = (happened: Happening | null, at: string): void => {
    position = at || position;
    hear(happened);
  };
  if (!navigator.locks) {
    listen(told);
    return;
  }
  // A browser opens only six connections to one server: of many open tabs one holds the stream for all.
  const channel = new BroadcastChannel("wangge-live");
  channel.onmessage = (event) => {
    const [happened, at] = event.data as [Happening | null, string];
    told(happened, at);
  };
  let leading = false;
  void navigator.locks.request("wangge-live", () => {
    leading = true;
    listen((happened, at) => {
      told(happened, at);
      channel.postMessage([happened, at]);
    });
    return new Promise<never>(() => undefined);
  });
  // Another tab holds the stream: what happened between our page and our listening is fetched once.
  window.setTimeout(() => {
    if (!leading) refreshSoon();
  }, 400);
}
