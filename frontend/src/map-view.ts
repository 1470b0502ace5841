// The drawing of areas: outlines of a scope, coloured by class, with labels, points and gaps. The city's own
// outlines are the map; nothing comes from outside.

import { Map as GlMap, setWorkerUrl } from "maplibre-gl";
import type { ExpressionSpecification, GeoJSONSource, LngLatBoundsLike, MapMouseEvent } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";

setWorkerUrl(workerUrl);

/** code, name, level, parent's code, lon, lat, kind of outline */
export type Place = [string, string, string, string, number | null, number | null, string];
export interface Outlines {
  places: Place[];
  shapes: Record<string, GeoJSON.Polygon | GeoJSON.MultiPolygon>;
}
/** number, kind, severity, overdue, area code, lon, lat */
export type OpenPoint = [string, number, number, boolean, string, number | null, number | null];
export interface Shown {
  level: string;
  area: string;
  /** The class of colour and the label of every place shown. */
  classes: Map<string, number | null>;
  labels: Map<string, string>;
}
/** What the pointer is over: a place by its code, or one matter. */
export interface Pointed {
  code?: string;
  matter?: { number: string; kind: number };
}
export interface Hands {
  pick?: (code: string) => void;
  point?: (what: Pointed | null, x: number, y: number) => void;
  matter?: (number: string) => void;
}

export const CLASSES = 6;
const OVERS = { overs: ["+", ["case", ["get", "over"], 1, 0]] };
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const FONT = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];

/** A colour of the page, which knows light and dark. */
function colour(element: HTMLElement, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim() || "#888888";
}

function feature(geometry: GeoJSON.Geometry, properties: Record<string, unknown>): GeoJSON.Feature {
  return { type: "Feature", geometry, properties };
}

function collection(features: GeoJSON.Feature[]): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features };
}

function* pairs(coordinates: unknown): Generator<[number, number]> {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === "number") yield coordinates as [number, number];
  else for (const part of coordinates) yield* pairs(part);
}

/** The box round coordinates, null where there are none. */
export function box(all: Iterable<[number, number]>): [[number, number], [number, number]] | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of all) {
    west = Math.min(west, lon);
    south = Math.min(south, lat);
    east = Math.max(east, lon);
    north = Math.max(north, lat);
  }
  return west <= east ? [[west, south], [east, north]] : null;
}

export class MapView {
  private readonly map: GlMap;
  private readonly ready: Promise<void>;
  private readonly places = new Map<string, Place>();
  private outlines: Outlines = { places: [], shapes: {} };
  private shown: Shown | null = null;
  private stated: string[] = [];

  /** Throws where the browser cannot draw with WebGL. */
  constructor(
    private readonly element: HTMLElement,
    private readonly hands: Hands = {},
    private readonly labelSize = 13,
  ) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || !hands.pick;
    this.map = new GlMap({
      container: element,
      style: { version: 8, sources: {}, layers: [] },
      bounds: [[113.8, 22.5], [115.5, 23.9]],
      attributionControl: false,
      interactive: Boolean(hands.pick),
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxZoom: 16,
      fadeDuration: still ? 0 : 150,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.ready = new Promise((resolve) => this.map.once("load", () => resolve()));
    void this.ready.then(() => this.build());
    new MutationObserver(() => void this.ready.then(() => this.paint())).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["data-bs-theme"],
    });
  }

  private build(): void {
    const { map } = this;
    map.addSource("areas", { type: "geojson", data: NOTHING, promoteId: "code", tolerance: 0.2, buffer: 32 });
    map.addSource("spots", { type: "geojson", data: NOTHING });
    map.addSource("gaps", { type: "geojson", data: NOTHING });
    map.addSource("matters", {
      type: "geojson",
      data: NOTHING,
      cluster: true,
      clusterRadius: 36,
      clusterMaxZoom: 14,
      clusterProperties: OVERS,
    });
    map.addLayer({ id: "ground", type: "background" });
    map.addLayer({ id: "fill", type: "fill", source: "areas", filter: ["==", ["get", "level"], "-"] });
    map.addLayer({ id: "line", type: "line", source: "areas", filter: ["==", ["get", "level"], "-"] });
    map.addLayer({ id: "county", type: "line", source: "areas", filter: ["==", ["get", "level"], "county"] });
    map.addLayer({ id: "chosen", type: "line", source: "areas", filter: ["==", ["get", "code"], "-"] });
    map.addLayer({ id: "spot", type: "circle", source: "spots", filter: ["!", ["get", "drawn"]] });
    map.addLayer({ id: "gap", type: "circle", source: "gaps" });
    const text = { "text-font": FONT, "text-allow-overlap": false } as const;
    map.addLayer({ id: "matter", type: "circle", source: "matters" });
    map.addLayer({
      id: "matter-count",
      type: "symbol",
      source: "matters",
      filter: ["has", "point_count"],
      layout: { ...text, "text-field": ["to-string", ["get", "point_count"]], "text-size": this.labelSize - 1 },
    });
    map.addLayer({
      id: "label",
      type: "symbol",
      source: "spots",
      layout: {
        ...text,
        "text-field": ["get", "text"],
        "text-size": this.labelSize,
        // Where there is no outline the number stands below its circle.
        "text-offset": ["case", ["get", "drawn"], ["literal", [0, 0]], ["literal", [0, 1.9]]],
        "text-padding": 3,
        "text-max-width": 7,
        "symbol-sort-key": ["get", "order"],
      },
    });
    for (const layer of ["matter", "matter-count"]) map.moveLayer(layer);
    this.paint();
    this.listen();
  }

  /** Put on the colours again, after the page has changed them. */
  async repaint(): Promise<void> {
    await this.ready;
    this.paint();
  }

  /** Put on the colours of the page as it is now, light or dark. */
  private paint(): void {
    const { map, element } = this;
    const tones = Array.from({ length: CLASSES }, (_, number) => colour(element, `--k${number}`));
    const none = colour(element, "--k-none");
    const fill = (value: ExpressionSpecification): ExpressionSpecification =>
      ["match", value, ...tones.flatMap((tone, number) => [number, tone]), none] as unknown as ExpressionSpecification;
    map.setPaintProperty("ground", "background-color", colour(element, "--map-ground"));
    map.setPaintProperty("fill", "fill-color", fill(["coalesce", ["feature-state", "k"], -1]));
    map.setPaintProperty("line", "line-color", colour(element, "--map-line"));
    map.setPaintProperty("line", "line-width", ["interpolate", ["linear"], ["zoom"], 8, 0.4, 12, 1.2]);
    map.setPaintProperty("county", "line-color", colour(element, "--map-border"));
    map.setPaintProperty("county", "line-width", 1.4);
    map.setPaintProperty("chosen", "line-color", colour(element, "--map-chosen"));
    map.setPaintProperty("chosen", "line-width", 2.5);
    map.setPaintProperty("spot", "circle-color", fill(["get", "k"]));
    map.setPaintProperty("spot", "circle-radius", 9);
    map.setPaintProperty("spot", "circle-stroke-color", colour(element, "--map-border"));
    map.setPaintProperty("spot", "circle-stroke-width", 1);
    map.setPaintProperty("gap", "circle-color", "rgba(0,0,0,0)");
    map.setPaintProperty("gap", "circle-radius", ["interpolate", ["linear"], ["zoom"], 8, 3, 12, 9]);
    map.setPaintProperty("gap", "circle-stroke-color", colour(element, "--map-gap"));
    map.setPaintProperty("gap", "circle-stroke-width", 2);
    map.setPaintProperty("matter", "circle-color", [
      "case",
      ["any", ["==", ["get", "over"], true], [">", ["coalesce", ["get", "overs"], 0], 0]],
      colour(element, "--map-over"),
      colour(element, "--map-matter"),
    ]);
    const size = ["step", ["coalesce", ["get", "point_count"], 1], 5, 2, 10, 20, 14, 200, 19] as const;
    map.setPaintProperty("matter", "circle-radius", size as unknown as ExpressionSpecification);
    map.setPaintProperty("matter", "circle-stroke-color", colour(element, "--map-halo"));
    map.setPaintProperty("matter", "circle-stroke-width", 1.5);
    map.setPaintProperty("matter-count", "text-color", colour(element, "--map-halo"));
    map.setPaintProperty("label", "text-color", colour(element, "--map-text"));
    map.setPaintProperty("label", "text-halo-color", colour(element, "--map-halo"));
    map.setPaintProperty("label", "text-halo-width", 1.6);
  }

  private listen(): void {
    const { map, hands } = this;
    if (!hands.pick) return;
    const under = (event: MapMouseEvent, layers: string[]): string | undefined =>
      map.queryRenderedFeatures(event.point, { layers })[0]?.properties.code as string | undefined;
    map.on("click", (event) => {
      const matter = map.queryRenderedFeatures(event.point, { layers: ["matter"] })[0];
      if (matter?.properties.cluster_id !== undefined) {
        map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 });
      } else if (matter) hands.matter?.(String(matter.properties.number));
      else {
        const code = under(event, ["spot", "fill"]);
        if (code && this.shown?.classes.has(code)) hands.pick?.(code);
      }
    });
    map.on("mousemove", (event) => {
      const matter = map.queryRenderedFeatures(event.point, { layers: ["matter"] })[0]?.properties;
      if (matter?.number) {
        map.getCanvas().style.cursor = "pointer";
        hands.point?.({ matter: { number: String(matter.number), kind: Number(matter.kind) } }, event.point.x, event.point.y);
        return;
      }
      const code = under(event, ["spot", "fill"]);
      const known = code !== undefined && this.shown?.classes.has(code);
      map.getCanvas().style.cursor = known ? "pointer" : "";
      hands.point?.(known ? { code: code! } : null, event.point.x, event.point.y);
    });
    map.on("mouseout", () => hands.point?.(null, 0, 0));
  }

  /** Take the outlines of a scope; what was shown before is gone. */
  async load(outlines: Outlines): Promise<void> {
    await this.ready;
    this.outlines = outlines;
    this.places.clear();
    for (const place of outlines.places) this.places.set(place[0], place);
    const drawn = outlines.places.filter(([code]) => outlines.shapes[code]);
    const shapes = drawn.map(([code, , level]) => feature(outlines.shapes[code]!, { code, level }));
    (this.map.getSource("areas") as GeoJSONSource).setData(collection(shapes));
    this.stated = [];
    this.shown = null;
  }

  /** Colour and label the places of a level. */
  async show(shown: Shown): Promise<void> {
    await this.ready;
    const { map } = this;
    if (this.shown?.level !== shown.level) {
      for (const layer of ["fill", "line"]) map.setFilter(layer, ["==", ["get", "level"], shown.level]);
      map.setLayoutProperty("county", "visibility", shown.level === "county" ? "none" : "visible");
    }
    if (this.shown?.area !== shown.area) map.setFilter("chosen", ["==", ["get", "code"], shown.area]);
    for (const code of this.stated) {
      if (!shown.classes.has(code)) map.removeFeatureState({ source: "areas", id: code });
    }
    this.stated = [...shown.classes.keys()];
    for (const [code, k] of shown.classes) map.setFeatureState({ source: "areas", id: code }, { k: k ?? -1 });
    (map.getSource("spots") as GeoJSONSource).setData(collection(this.spots(shown)));
    this.shown = shown;
  }

  private spots(shown: Shown): GeoJSON.Feature[] {
    const found: GeoJSON.Feature[] = [];
    for (const [code, k] of shown.classes) {
      const [, name, , , lon, lat] = this.places.get(code) ?? [];
      if (lon == null || lat == null) continue;
      const text = shown.labels.has(code) ? `${name}\n${shown.labels.get(code)}` : "";
      const drawn = code in this.outlines.shapes;
      found.push(feature({ type: "Point", coordinates: [lon, lat] }, { code, text, k: k ?? -1, drawn, order: -(k ?? -1) }));
    }
    return found;
  }

  /** Show the open matters, each where it was seen or else at its village. */
  async matters(points: OpenPoint[]): Promise<void> {
    await this.ready;
    const found: GeoJSON.Feature[] = [];
    for (const [number, kind, , over, code, lon, lat] of points) {
      const place = this.places.get(code);
      const at = lon != null && lat != null ? [lon, lat] : [place?.[4], place?.[5]];
      if (at[0] == null || at[1] == null) continue;
      found.push(feature({ type: "Point", coordinates: at as number[] }, { number, kind, over }));
    }
    (this.map.getSource("matters") as GeoJSONSource).setData(collection(found));
  }

  /** Ring the villages where nobody is on the post. */
  async gaps(codes: string[]): Promise<void> {
    await this.ready;
    const points = codes.flatMap((code) => {
      const [, , , , lon, lat] = this.places.get(code) ?? [];
      return lon == null || lat == null ? [] : [feature({ type: "Point", coordinates: [lon, lat] }, { code })];
    });
    (this.map.getSource("gaps") as GeoJSONSource).setData(collection(points));
  }

  /** Bring an area, or where it has no outline the places below it, into view. */
  async fit(code: string, below: Iterable<string>): Promise<void> {
    await this.ready;
    const shape = this.outlines.shapes[code];
    const { outlines, places } = this;
    function* around(): Generator<[number, number]> {
      if (shape) yield* pairs(shape.coordinates);
      else
        for (const one of [code, ...below]) {
          const [, , , , lon, lat] = places.get(one) ?? [];
          if (outlines.shapes[one]) yield* pairs(outlines.shapes[one].coordinates);
          else if (lon != null && lat != null) yield [lon, lat];
        }
    }
    const bounds = box(around());
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || !this.hands.pick;
    // What lies over the map on the left, the legend, keeps clear of the area.
    const { clientWidth: width } = this.element;
    const key = this.element.parentElement?.querySelector(".map-key")?.clientWidth ?? 0;
    const padding = { top: 24, right: 24, bottom: 24, left: key < width / 3 ? key + 24 : 24 };
    if (bounds) this.map.fitBounds(bounds as LngLatBoundsLike, { padding, duration: still ? 0 : 500, maxZoom: 14 });
  }

  /** Whether any place of a level has only a sketched outline. */
  sketched(level: string): boolean {
    return this.outlines.places.some((place) => place[2] === level && place[6] === "schematic");
  }
}
