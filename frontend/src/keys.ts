// The keyboard: one letter each, never while somebody is writing.

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")];
}

function step(by: number): void {
  const all = rows();
  const at = all.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
  all[next]?.focus();
  all[next]?.scrollIntoView({ block: "nearest" });
}

function toAction(): void {
  const next = document.querySelector("#next, form.card");
  const first = next?.querySelector<HTMLElement>("select, textarea, input:not([type=hidden]), [data-primary]");
  first?.focus();
  first?.scrollIntoView({ block: "center" });
}

/** A link, a button or a field of the page that names the key as its own. */
function itsOwner(key: string): (() => void) | undefined {
  const place = document.querySelector<HTMLElement>(`[aria-keyshortcuts="${CSS.escape(key)}"]`);
  if (!place) return undefined;
  return () => (place.matches("input") ? place.focus() : place.click());
}

/** In a row that asks for one of a few answers, the digit chooses; Enter then sends the form. */
function answer(place: number): void {
  const row = document.activeElement?.closest("[data-row]");
  const choice = row?.querySelectorAll<HTMLInputElement>("input[type=radio]")[place - 1];
  choice?.click();
  choice?.focus();
}

const KEYS: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  a: toAction,
  ...Object.fromEntries([1, 2, 3, 4].map((place) => [String(place), () => answer(place)])),
  "?": () => (document.getElementById("keys") as HTMLDialogElement | null)?.showModal(),
};

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    const place = event.target as HTMLElement;
    const writing = place.matches("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && writing) place.blur();
    // Who speaks to the machine, or whose hand slips, may have switched them off in the profile.
    if (document.documentElement.dataset.keys === "off") return;
    if (writing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const run = KEYS[event.key] ?? itsOwner(event.key);
    if (!run) return;
    event.preventDefault();
    run();
  });
}
