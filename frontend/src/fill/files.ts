// Questions answered with a photo or another file. A photo is made smaller where the form or the limit asks for it,
// and shown on a canvas, because the page's policy lets it show no addresses made here.

import type { UploadNode } from "@getodk/xforms-engine";
import { made } from "../map-data";
import { idOf, type Control, type Filling } from "./question";
import { word } from "./page";

/** The longer side of a photo that was too large as it came, and of the preview. */
const LARGE = 2560;
const PREVIEW = 320;

/** A picture drawn so that no side is longer than so many pixels. */
function drawn(picture: ImageBitmap, longest: number): HTMLCanvasElement {
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = made("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The photo as it is sent: as it came where it is small enough, otherwise drawn anew as JPEG. */
async function fitting(file: File, picture: ImageBitmap, longest: number | null, mostBytes: number): Promise<File> {
  const within = !longest || Math.max(picture.width, picture.height) <= longest;
  if (within && file.size <= mostBytes) return file;
  const canvas = drawn(picture, longest ?? LARGE);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  return blob ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
}

/** A size as people read it. */
const sized = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

export function upload(node: UploadNode, filling: Filling): Control {
  const { accept, type } = node.nodeOptions.media;
  const image = type === "image";
  const element = made("div", "", { class: "upload" });
  const input = made("input", "", { type: "file", class: "visually-hidden", id: idOf(node), accept });
  // The browser's own button speaks the browser's language; this one speaks the page's.
  const press = made("label", word(image ? "choose_photo" : "choose_file"), { class: "btn", for: input.id });
  const shown = made("div", "", { class: "upload-shown" });
  const drop = made("button", word("remove_file"), { type: "button", class: "btn btn-sm" });
  if ((node.appearances as unknown as Record<string, boolean>).new) input.setAttribute("capture", "environment");
  element.append(input, press, drop, shown);
  let broken = "";
  let turn = 0;

  const take = async (file: File): Promise<void> => {
    const mine = ++turn;
    const picture = image ? await createImageBitmap(file).catch(() => null) : null;
    const sent = picture ? await fitting(file, picture, node.maxPixels, filling.mostBytes) : file;
    // Somebody may have chosen another meanwhile.
    if (mine !== turn) return;
    broken = image && !picture ? word("no_picture") : "";
    if (sent.size > filling.mostBytes) broken = word("too_large", sized(filling.mostBytes));
    node.setValue(broken ? null : sent);
    shown.replaceChildren();
    if (picture && !broken) {
      const preview = drawn(picture, PREVIEW);
      preview.setAttribute("role", "img");
      preview.setAttribute("aria-label", word("preview"));
      shown.append(preview);
    }
    if (!broken) shown.append(made("span", sized(sent.size), { class: "quiet" }));
    filling.answered();
  };
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) void take(file);
  });
  drop.addEventListener("click", () => {
    turn += 1;
    broken = "";
    input.value = "";
    node.setValue(null);
    shown.replaceChildren();
    filling.answered();
    input.focus();
  });
  return {
    element,
    fields: () => [input],
    broken: () => broken,
    refresh: () => void (drop.hidden = !node.currentState.value && !broken),
  };
}
