// What a form says, with the little markup that XLSForms allow: it becomes elements, never HTML from the form.

import type { MarkdownNode, TextRange } from "@getodk/xforms-engine";
import { made } from "../map-data";
import { addressOf } from "./page";

type Said = TextRange<"label"> | TextRange<"hint"> | TextRange<"item-label">;

const ALLOWED = new Set(["a", "br", "em", "li", "ol", "p", "strong", "u", "ul"]);

function written(node: MarkdownNode): Node {
  if (node.role === "child") return document.createTextNode(node.value);
  if (node.role === "html") return document.createTextNode(node.unsafeHtml.replace(/<[^>]*>/g, ""));
  if (node.role === "line-break") return document.createElement("br");
  const element = document.createElement(ALLOWED.has(node.elementName) ? node.elementName : "span");
  const url = "url" in node ? String(node.url) : "";
  if (/^https?:/.test(url)) {
    element.setAttribute("href", url);
    element.setAttribute("target", "_blank");
    element.setAttribute("rel", "noopener noreferrer");
  }
  element.append(...node.children.map(written));
  return element;
}

/** Writes a text into an element where it differs from what stands there, with its picture. */
export function say(place: HTMLElement, text: Said | null): void {
  const plain = text?.asString.trim() ?? "";
  const picture = text?.imageSource ? addressOf(text.imageSource) : "";
  if (place.dataset.said === plain + picture) return;
  place.dataset.said = plain + picture;
  place.replaceChildren(...(text && plain ? text.formatted.map(written) : []));
  if (picture) place.append(made("img", "", { src: picture, alt: "", class: "said-picture" }));
}
