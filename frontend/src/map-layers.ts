// Layers: points over the coloured areas. What is particular to one, the server says; here they are all drawn alike.

import type { ExpressionSpecification, GeoJSONSource, Map as GlMap, PointLike } from "maplibre-gl";

/** area code, lon and lat (WGS84; null for the place of the area), tone, word, label */
export type LayerPoint = [string, number | null, number | null, number, number, string];
export interface Layer {
  /** Colours of the page, `--map-…`, the gravest last. */
  tones: string[];
  /** Each point shows its label, and none are gathered. */
  counted: boolean;
  link: string;
  words: string[];
  said: string;
  points: LayerPoint[];
}
/** One point, or several that are gathered in one. */
export interface Spot {
  gathered: boolean;
  code: string;
  text: string;
  link: string;
}

const RADIUS: ExpressionSpecification = ["step", ["coalesce", ["get", "point_count"], 1], 5, 2, 10, 20, 14, 200, 19];
// Villages lie close: their circles grow as one looks nearer, and are large enough for a number from FIRST on.
const FIRST = 11;
const GROWING: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 8, ["+", 1.5, ["get", "tone"]], 12, 9];
const GRAVEST = { tone: ["max", ["get", "tone"]] };

export class Layers {
  private readonly shown = new Map<string, Layer>();

  constructor(
    private readonly map: GlMap,
    private readonly place: (point: LayerPoint) => [number, number] | null,
    private readonly colour: (name: string) => string,
    private readonly text: { font: string[]; size: number },
  ) {}

  /** Draw a layer anew; null takes it away. */
  show(name: string, layer: Layer | null): void {
    const features: GeoJSON.Feature[] = [];
    // The number of a point says everything of it; its words need not go to the worker and back.
    for (const [number, point] of (layer?.points ?? []).entries()) {
      const coordinates = this.place(point);
      if (!coordinates) continue;
      const properties = { number, tone: point[3], ...(layer?.counted ? { label: point[5] } : {}) };
      features.push({ type: "Feature", geometry: { type: "Point", coordinates }, properties });
    }
    if (layer) {
      if (!this.map.getSource(name)) this.add(name, layer);
      this.shown.set(name, layer);
      this.paint();
    } else this.shown.delete(name);
    this.map.getSource<GeoJSONSource>(name)?.setData({ type: "FeatureCollection", features });
  }

  private add(name: string, { counted }: Layer): void {
    const { map, text } = this;
    const gathering = counted ? {} : { cluster: true, clusterRadius: 36, clusterMaxZoom: 14, clusterProperties: GRAVEST };
    map.addSource(name, { type: "geojson", data: { type: "FeatureCollection", features: [] }, ...gathering });
    // What is counted stands above the name of its area.
    const up: [number, number] = counted ? [0, -21] : [0, 0];
    const paint = { "circle-radius": counted ? GROWING : RADIUS, "circle-stroke-width": counted ? 1 : 1.5, "circle-translate": up };
    map.addLayer({ id: name, type: "circle", source: name, paint });
    map.addLayer({
      id: `${name}-text`,
      type: "symbol",
      source: name,
      ...(counted ? { minzoom: FIRST } : { filter: ["has", "point_count"] }),
      layout: {
        "text-font": text.font,
        "text-size": text.size - 1,
        "text-field": counted ? ["get", "label"] : ["to-string", ["get", "point_count"]],
        "text-overlap": counted ? "always" : "never",
        "text-ignore-placement": counted,
      },
      paint: { "text-translate": up },
    });
  }

  /** Put on the colours of the page. */
  paint(): void {
    for (const [name, { tones }] of this.shown) {
      const [first, ...graver] = tones.map((tone) => this.colour(`--map-${tone}`));
      const steps = graver.flatMap((colour, number) => [number + 1, colour]);
      const fill = (steps.length ? ["step", ["get", "tone"], first, ...steps] : first) as ExpressionSpecification;
      this.map.setPaintProperty(name, "circle-color", fill);
      this.map.setPaintProperty(name, "circle-stroke-color", this.colour("--map-halo"));
      this.map.setPaintProperty(`${name}-text`, "text-color", this.colour("--map-halo"));
    }
  }

  /** What lies uppermost under a point of the screen. */
  under(at: PointLike): Spot | null {
    const layers = [...this.shown.keys()];
    const found = layers.length ? this.map.queryRenderedFeatures(at, { layers })[0] : undefined;
    const layer = found && this.shown.get(found.layer.id);
    if (!layer) return null;
    const point = layer.points[Number(found.properties.number)];
    if (!point) return { gathered: true, code: "", text: "", link: "" };
    const [code, , , , word, label] = point;
    const link = layer.link.replace("{}", encodeURIComponent(label));
    return { gathered: false, code, text: `${layer.words[word] ?? ""} ${label}`, link };
  }
}
