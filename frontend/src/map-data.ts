// What the map and the wall ask the server for.

export type Numbers = number | null | [number | null, number, number];
export interface Told {
  code: string;
  name: string;
  level: string;
}
export interface Measures {
  area: Told;
  crumbs: Told[];
  level: string;
  levels: [string, string][];
  title: string;
  unit: string;
  share: boolean;
  known: boolean;
  whole: Numbers;
  values: Record<string, Numbers>;
  breaks: number[];
  classes: string[];
  notes: string[];
}

/** An answer that is no answer, in the server's own words where it has some. */
export class Refused extends Error {}

/** JSON from the server. Whoever is no longer signed in is sent to the door. */
export async function ask<Answer>(address: string): Promise<Answer> {
  const answer = await fetch(address, { headers: { Accept: "application/json", "HX-Request": "true" } });
  if (answer.headers.get("HX-Redirect")) {
    location.reload();
    throw new Refused();
  }
  if (answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json")) return (await answer.json()) as Answer;
  const said = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[role=alert]");
  throw new Refused(said?.textContent?.trim() ?? `${answer.status}`);
}

/** A value, without what it is a share of. */
export function value(numbers: Numbers | undefined): number | null {
  return Array.isArray(numbers) ? numbers[0] : (numbers ?? null);
}

/** The number of a value's class, as the server counts them: 0 below the first break. */
export function classOf(number: number | null, breaks: number[]): number | null {
  return number === null ? null : breaks.filter((at) => number >= at).length;
}

// Which of the tones 0 … 5 the classes take, so that few classes are as far apart as many.
const TONES = [[0], [0, 3], [0, 2, 4], [0, 1, 3, 5], [0, 1, 2, 3, 5], [0, 1, 2, 3, 4, 5]];

/** The tone of a class among so many; those of shares go from bad to good one by one. */
export function toneOf(k: number | null, count: number, share: boolean): number | null {
  return k === null || share ? k : (TONES[Math.min(count, TONES.length) - 1]?.[k] ?? k);
}

/** An element with text and attributes. */
export function made<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = "",
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The element of a page with this id, which is there. */
export function at<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** Calls at most once in so many milliseconds, the last one never lost. */
export function atMostEvery(milliseconds: number, run: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  let since = -Infinity;
  let timer = 0;
  const go = async (): Promise<void> => {
    timer = 0;
    running = true;
    since = performance.now();
    try {
      await run();
    } finally {
      running = false;
      if (again) {
        again = false;
        call();
      }
    }
  };
  const call = (): void => {
    if (running) again = true;
    else if (!timer) timer = window.setTimeout(() => void go(), Math.max(0, since + milliseconds - performance.now()));
  };
  return call;
}
