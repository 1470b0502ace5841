// The drawing of areas: outlines of a scope, coloured by class, with labels and layers of points. The city's own
// outlines are the map; from outside come at most the tiles under them, where the page names an address.

import { Map as GlMap, setWorkerUrl } from "maplibre-gl";
import type { ExpressionSpecification, GeoJSONSource, LngLatBoundsLike, MapMouseEvent } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { gcj02 } from "./gcj02";
import { Layers, type Layer, type Spot } from "./map-layers";

setWorkerUrl(workerUrl);

/** code, name, level, parent's code, lon, lat, kind of outline */
export type Place = [string, string, string, string, number | null, number | null, string];
export interface Outlines {
  places: Place[];
  shapes: Record<string, GeoJSON.Polygon | GeoJSON.MultiPolygon>;
}
export interface Shown {
  level: string;
  area: string;
  /** The class of colour and the label of every place shown. */
  classes: Map<string, number | null>;
  labels: Map<string, string>;
}
export interface Hands {
  pick?: (code: string) => void;
  /** What the pointer is over: a place by its code, or a point of a layer. */
  point?: (what: string | Spot | null, x: number, y: number) => void;
  open?: (address: string) => void;
}

export const CLASSES = 6;
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

/** Coordinates, however deep they lie, moved one by one. */
function moved(coordinates: unknown, move: (at: [number, number]) => [number, number]): unknown {
  if (!Array.isArray(coordinates)) return coordinates;
  if (typeof coordinates[0] === "number") return move(coordinates as [number, number]);
  return coordinates.map((part) => moved(part, move));
}

export class MapView {
  private readonly map: GlMap;
  private readonly layers: Layers;
  private readonly ready: Promise<void>;
  private readonly places = new Map<string, Place>();
  private outlines: Outlines = { places: [], shapes: {} };
  private shown: Shown | null = null;
  private stated = new Map<string, number>();

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
    const place = ([code, lon, lat]: [string, number | null, number | null, ...unknown[]]): [number, number] | null =>
      lon != null && lat != null ? this.onTiles([lon, lat]) : this.whereabouts(code);
    this.layers = new Layers(this.map, place, (name) => colour(element, name), { font: FONT, size: labelSize });
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
    map.addLayer({ id: "ground", type: "background" });
    this.underlay();
    map.addLayer({ id: "fill", type: "fill", source: "areas", filter: ["==", ["get", "level"], "-"] });
    map.addLayer({ id: "line", type: "line", source: "areas", filter: ["==", ["get", "level"], "-"] });
    map.addLayer({ id: "county", type: "line", source: "areas", filter: ["==", ["get", "level"], "county"] });
    map.addLayer({ id: "chosen", type: "line", source: "areas", filter: ["==", ["get", "code"], "-"] });
    map.addLayer({ id: "spot", type: "circle", source: "spots", filter: ["!", ["get", "drawn"]] });
    map.addLayer({
      id: "label",
      type: "symbol",
      source: "spots",
      layout: {
        "text-font": FONT,
        "text-field": ["get", "text"],
        "text-size": this.labelSize,
        // Where there is no outline the number stands below its circle.
        "text-offset": ["case", ["get", "drawn"], ["literal", [0, 0]], ["literal", [0, 1.9]]],
        "text-padding": 3,
        "text-max-width": 7,
        "symbol-sort-key": ["get", "order"],
      },
    });
    this.paint();
    this.listen();
  }

  /** Tiles under everything. When their server is away the map is what it is without them, and says so. */
  private underlay(): void {
    const { map, element } = this;
    const { tiles } = element.dataset;
    if (!tiles) return;
    map.addSource("tiles", { type: "raster", tiles: [tiles], tileSize: 256 });
    map.addLayer({ id: "tiles", type: "raster", source: "tiles" });
    const away = element.parentElement?.querySelector<HTMLElement>("[data-tiles-away]");
    map.on("error", (event) => {
      if ((event as { sourceId?: string }).sourceId !== "tiles") console.error(event.error);
      else if (away) away.hidden = false;
    });
    map.on("sourcedata", (event) => {
      if (away && event.sourceId === "tiles" && event.tile) away.hidden = true;
    });
  }

  /** Where a place in WGS84 lies on the tiles in use. */
  private onTiles(at: [number, number]): [number, number] {
    return this.element.dataset.gcj02 === undefined ? at : gcj02(at);
  }

  private whereabouts(code: string): [number, number] | null {
    const [, , , , lon, lat] = this.places.get(code) ?? [];
    return lon == null || lat == null ? null : [lon, lat];
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
    map.setPaintProperty("label", "text-color", colour(element, "--map-text"));
    map.setPaintProperty("label", "text-halo-color", colour(element, "--map-halo"));
    map.setPaintProperty("label", "text-halo-width", 1.6);
    if (map.getLayer("tiles")) {
      map.setPaintProperty("tiles", "raster-brightness-max", Number(colour(element, "--map-tiles")));
      map.setPaintProperty("tiles", "raster-saturation", -0.5);
      map.setPaintProperty("fill", "fill-opacity", 0.6);
    }
    this.layers.paint();
  }

  private listen(): void {
    const { map, hands } = this;
    if (!hands.pick) return;
    const under = (event: MapMouseEvent, layers: string[]): string | undefined =>
      map.queryRenderedFeatures(event.point, { layers })[0]?.properties.code as string | undefined;
    map.on("click", (event) => {
      const spot = this.layers.under(event.point);
      if (spot?.gathered) map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 });
      else if (spot?.link) hands.open?.(spot.link);
      else {
        const code = under(event, ["spot", "fill"]);
        if (code && this.shown?.classes.has(code)) hands.pick?.(code);
      }
    });
    const look = (event: MapMouseEvent): void => {
      const spot = this.layers.under(event.point);
      const code = spot ? undefined : under(event, ["spot", "fill"]);
      const known = code !== undefined && this.shown?.classes.has(code) ? code : null;
      map.getCanvas().style.cursor = known || spot?.gathered || spot?.link ? "pointer" : "";
      hands.point?.(spot?.gathered ? null : (spot ?? known), event.point.x, event.point.y);
    };
    // A pointer moves more often than a picture is drawn, and while the map moves nobody reads what lies under it.
    let last: MapMouseEvent | null = null;
    map.on("mousemove", (event) => {
      if (!last) requestAnimationFrame(() => (last && !map.isMoving() ? look(last) : undefined, (last = null)));
      last = event;
    });
    map.on("mouseout", () => hands.point?.(null, 0, 0));
  }

  /** Take the outlines of a scope; what was shown before is gone. */
  async load(outlines: Outlines): Promise<void> {
    await this.ready;
    this.outlines = this.element.dataset.gcj02 === undefined ? outlines : this.ontoTiles(outlines);
    const { places, shapes } = this.outlines;
    this.places.clear();
    for (const place of places) this.places.set(place[0], place);
    const drawn = places.filter(([code]) => shapes[code]);
    const features = drawn.map(([code, , level]) => feature(shapes[code]!, { code, level }));
    (this.map.getSource("areas") as GeoJSONSource).setData(collection(features));
    this.stated.clear();
    this.shown = null;
  }

  private ontoTiles({ places, shapes }: Outlines): Outlines {
    const move = (at: [number, number]): [number, number] => this.onTiles(at);
    const all = Object.entries(shapes).map(([code, shape]) => [code, { ...shape, coordinates: moved(shape.coordinates, move) }]);
    return {
      places: places.map(([code, name, level, parent, lon, lat, kind]) =>
        [code, name, level, parent, ...(lon == null || lat == null ? [lon, lat] : move([lon, lat])), kind] as Place),
      shapes: Object.fromEntries(all) as Outlines["shapes"],
    };
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
    for (const code of this.stated.keys()) {
      if (!shown.classes.has(code)) map.removeFeatureState({ source: "areas", id: code });
    }
    const stated = new Map([...shown.classes].map(([code, k]) => [code, k ?? -1]));
    let changed = stated.size !== this.stated.size;
    for (const [code, k] of stated) {
      if (this.stated.get(code) === k && this.shown?.labels.get(code) === shown.labels.get(code)) continue;
      map.setFeatureState({ source: "areas", id: code }, { k });
      changed = true;
    }
    // Numbers are looked at every moment and seldom change; labels are laid out again only when they do.
    if (changed) (map.getSource("spots") as GeoJSONSource).setData(collection(this.spots(shown)));
    this.stated = stated;
    this.shown = shown;
  }

  private spots(shown: Shown): GeoJSON.Feature[] {
    const found: GeoJSON.Feature[] = [];
    for (const [code, k] of shown.classes) {
      const coordinates = this.whereabouts(code);
      if (!coordinates) continue;
      const text = shown.labels.has(code) ? `${this.places.get(code)![1]}\n${shown.labels.get(code)}` : "";
      const drawn = code in this.outlines.shapes;
      found.push(feature({ type: "Point", coordinates }, { code, text, k: k ?? -1, drawn, order: -(k ?? -1) }));
    }
    return found;
  }

  /** Draw a layer of points anew; null takes it away. */
  async layer(name: string, layer: Layer | null): Promise<void> {
    await this.ready;
    this.layers.show(name, layer);
  }

  /** Bring an area, or where it has no outline the places below it, into view. */
  async fit(code: string, below: Iterable<string>): Promise<void> {
    await this.ready;
    const shape = this.outlines.shapes[code];
    const { outlines } = this;
    const whereabouts = (one: string): [number, number] | null => this.whereabouts(one);
    function* around(): Generator<[number, number]> {
      if (shape) yield* pairs(shape.coordinates);
      else
        for (const one of [code, ...below]) {
          const at = whereabouts(one);
          if (outlines.shapes[one]) yield* pairs(outlines.shapes[one].coordinates);
          else if (at) yield at;
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
