// Questions answered with a place (WGS84): where this device is, or degrees typed in; lines and outlines point by point.

import type { AnyInputNode, GeopointInputNode } from "@getodk/xforms-engine";
import { made } from "../map-data";
import { idOf, type Control, type Filling } from "./question";
import { word } from "./page";

const PATIENCE = 30_000;
const ERRORS = ["", "place_refused", "place_unknown", "place_late"];

/** Where this device is. Rejects with a sentence for a person. */
function here(): Promise<GeolocationCoordinates> {
  return new Promise((found, failed) => {
    if (!("geolocation" in navigator)) return failed(new Error(word("place_unknown")));
    navigator.geolocation.getCurrentPosition(
      (position) => found(position.coords),
      (error) => failed(new Error(word(ERRORS[error.code] ?? "place_unknown"))),
      { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 0 },
    );
  });
}

/** A button that asks where this device is, and says so while it waits and when it fails. */
function finding(name: string, found: (at: GeolocationCoordinates) => void): { button: HTMLButtonElement; said: HTMLElement } {
  const button = made("button", word(name), { type: "button", class: "btn btn-sm" });
  const said = made("p", "", { class: "quiet", role: "status" });
  button.addEventListener("click", () => {
    button.disabled = true;
    said.textContent = word("place_asking");
    here()
      .then(
        (at) => {
          said.textContent = word("place_found", Math.round(at.accuracy));
          found(at);
        },
        (error: Error) => void (said.textContent = error.message),
      )
      .finally(() => (button.disabled = false));
  });
  return { button, said };
}

/** Degrees typed in, or NaN where they are none. */
function degrees(text: string, most: number): number {
  const clean = text.normalize("NFKC").replace("。", ".").trim();
  const number = /^[-+]?\d+(\.\d+)?$/.test(clean) ? Number(clean) : NaN;
  return Math.abs(number) <= most ? number : NaN;
}

function coordinate(name: string, id: string): { box: HTMLElement; input: HTMLInputElement } {
  const box = made("div");
  const input = made("input", "", { type: "text", inputmode: "decimal", class: "form-control", id, autocomplete: "off" });
  box.append(made("label", word(name), { class: "form-label", for: id }), input);
  return { box, input };
}

/** One place. */
function point(node: GeopointInputNode, filling: Filling): Control {
  const element = made("div", "", { class: "place" });
  const latitude = coordinate("latitude", idOf(node, "-latitude"));
  const longitude = coordinate("longitude", idOf(node, "-longitude"));
  const fields = [latitude.input, longitude.input];
  let broken = "";
  const { button, said } = finding("place_here", (at) => {
    broken = "";
    node.setValue({ latitude: at.latitude, longitude: at.longitude, altitude: at.altitude, accuracy: at.accuracy });
    filling.answered();
  });
  const clear = made("button", word("clear"), { type: "button", class: "btn btn-sm clear" });
  clear.addEventListener("click", () => {
    fields.forEach((field) => (field.value = ""));
    said.textContent = "";
    type();
    latitude.input.focus();
  });
  const pair = made("div", "", { class: "pair" });
  pair.append(latitude.box, longitude.box);
  const row = made("div", "", { class: "inline" });
  row.append(button, clear);
  element.append(row, said, pair);
  let known = "";
  const type = (): void => {
    const [north, east] = [degrees(latitude.input.value, 90), degrees(longitude.input.value, 180)];
    const empty = fields.every((field) => !field.value.trim());
    broken = empty || !(Number.isNaN(north) || Number.isNaN(east)) ? "" : word("degrees");
    node.setValue(empty || broken ? null : { latitude: north, longitude: east, altitude: null, accuracy: null });
    known = node.currentState.instanceValue;
    filling.answered();
  };
  fields.forEach((field) => field.addEventListener("input", type));
  return {
    element,
    fields: () => fields,
    broken: () => broken,
    refresh: () => {
      const now = node.currentState.instanceValue;
      clear.hidden = fields.every((field) => !field.value) && !now;
      button.hidden = node.currentState.readonly;
      if (now === known) return;
      known = now;
      const value = node.currentState.value;
      latitude.input.value = value ? value.latitude.toFixed(6) : "";
      longitude.input.value = value ? value.longitude.toFixed(6) : "";
      clear.hidden = !now;
    },
  };
}

/** A line or an outline, point by point on the way; an outline ends where it began. */
function points(node: AnyInputNode, filling: Filling): Control {
  const element = made("div", "", { class: "place" });
  const list = made("ol", "", { class: "order" });
  let taken: string[] = [];
  const closed = node.valueType === "geoshape";
  const keep = (): void => {
    const enough = taken.length >= (closed ? 3 : 2);
    node.setValue((enough ? [...taken, ...(closed ? taken.slice(0, 1) : [])].join("; ") : "") as never);
    filling.answered();
    draw();
  };
  const { button, said } = finding("point_here", (at) => {
    taken.push(`${at.latitude} ${at.longitude} ${at.altitude ?? 0} ${at.accuracy}`);
    keep();
  });
  const draw = (): void => {
    list.replaceChildren(
      ...taken.map((text, position) => {
        const [north, east] = text.split(" ").map((part) => Number(part).toFixed(6));
        const line = made("li", "");
        const drop = made("button", "×", { type: "button", class: "btn btn-sm", "aria-label": word("drop_point", position + 1) });
        drop.addEventListener("click", () => {
          taken.splice(position, 1);
          keep();
          button.focus();
        });
        line.append(made("span", `${north}, ${east}`), drop);
        return line;
      }),
    );
  };
  element.append(list, button, said);
  return {
    element,
    fields: () => [button],
    broken: () => (taken.length && !node.currentState.instanceValue ? word(closed ? "three_points" : "two_points") : ""),
    refresh: () => undefined,
  };
}

export function place(node: AnyInputNode, filling: Filling): Control {
  return node.valueType === "geopoint" ? point(node as GeopointInputNode, filling) : points(node, filling);
}
