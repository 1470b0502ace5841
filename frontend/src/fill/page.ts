// What the server has written into the page: its words in the reader's language, so that one catalogue holds them all,
// and the addresses it works with.

import { at } from "../map-data";

const words = JSON.parse(at("fill-words").textContent) as Record<string, string>;

/** A word of the page by its name, with {} filled in, one after the other. */
export function word(name: string, ...parts: (string | number)[]): string {
  let next = 0;
  return (words[name] ?? name).replaceAll("{}", () => String(parts[next++] ?? ""));
}

export const page = at("fill");

/** The address of a file that the form names, as jr://images/gate.png. */
export function addressOf(url: URL): string {
  return (page.dataset.media ?? "").replace(/-$/, encodeURIComponent(decodeURIComponent(url.pathname.split("/").pop() ?? "")));
}
