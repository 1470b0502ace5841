// Fills a form, that of intake or of a person, with what the server read from the words; what a person typed stays as it is.

interface Control extends HTMLElement {
  value: string;
  name: string;
}

/** Controls that somebody has changed by hand; only the others are filled. */
const own = new WeakSet<Element>();
let filling = false;
let fill: Record<string, string> = {};

function controls(form: HTMLFormElement): Control[] {
  return [...form.querySelectorAll<Control>("input:not([type=radio]):not([type=checkbox]), select")].filter(
    (one) => one.name && one.name !== "key" && one.name !== "csrfmiddlewaretoken",
  );
}

function apply(form: HTMLFormElement): void {
  filling = true;
  for (const one of controls(form)) {
    const value = fill[one.name];
    if (own.has(one) || (value === undefined && !one.dataset.read)) continue;
    if (value === undefined && one.name === "kind") continue;
    const wanted = value ?? "";
    one.classList.toggle("was-read", wanted !== "");
    one.dataset.read = wanted;
    if (one.value === wanted) continue;
    one.value = wanted;
    one.dispatchEvent(new Event("change", { bubbles: true }));
  }
  filling = false;
}

export function startReading(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-reads]");
  if (!form) return;
  const touched = (event: Event): void => {
    const place = event.target as Control;
    if (filling || place.id === "text" || !place.name) return;
    own.add(place);
    place.classList.remove("was-read");
    // The village is a name and a code: whoever types the one has chosen both.
    if (place.name === "area_name") own.add(form.elements.namedItem("area") as Element);
  };
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  form.addEventListener("click", (event) => {
    const shorter = (event.target as HTMLElement).closest<HTMLElement>("[data-text]");
    const words = document.getElementById("text") as HTMLTextAreaElement | null;
    if (shorter && words) {
      words.value = shorter.dataset.text ?? "";
      words.dispatchEvent(new Event("input", { bubbles: true }));
      words.focus();
    }
    const chosen = (event.target as HTMLElement).closest<HTMLElement>("[data-village]");
    if (!chosen) return;
    fill = { ...fill, area: chosen.dataset.village ?? "", area_name: chosen.dataset.name ?? "" };
    apply(form);
    document.getElementById("address")?.focus();
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const place = (event as CustomEvent<{ target: HTMLElement }>).detail.target;
    if (place.id === "read") {
      fill = JSON.parse(document.getElementById("read-fill")?.textContent ?? "{}") as Record<string, string>;
    }
    if (place.id === "read" || place.id === "kind-fields") apply(form);
  });
}
