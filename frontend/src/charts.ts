// The charts of a bulletin. The numbers stand in the page as a table beside each, so a reader without the picture
// misses nothing; this file is fetched only by pages that have one.

import { LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type ECharts, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

interface Chart {
  days: string[];
  series: { name: string; values: (number | null)[] }[];
}

// Colours and marks that stay apart for the colour-blind (Okabe and Ito), a shade lighter in the dark.
const COLOURS = {
  light: ["#0072b2", "#c04d00", "#00795a", "#a64d86", "#2a7fa8", "#333333"],
  dark: ["#56b4e9", "#f0a04b", "#3fcf9f", "#e8a3cb", "#9fd4f2", "#dddddd"],
};
const MARKS = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];
const drawn = new Map<HTMLElement, ECharts>();

function isDark(): boolean {
  const chosen = document.documentElement.dataset.bsTheme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function draw(place: HTMLElement): void {
  const chart = JSON.parse(place.dataset.chart ?? "{}") as Chart;
  const style = getComputedStyle(place);
  const [ink, line] = [style.getPropertyValue("--quiet").trim(), style.getPropertyValue("--line").trim()];
  drawn.get(place)?.dispose();
  const picture = init(place);
  drawn.set(place, picture);
  picture.setOption({
    animation: false,
    color: isDark() ? COLOURS.dark : COLOURS.light,
    textStyle: { fontFamily: style.fontFamily },
    grid: { left: 8, right: 16, top: 16, bottom: 40, containLabel: true },
    legend: { bottom: 0, textStyle: { color: ink } },
    // Rich text is drawn on the canvas: a box of HTML would need inline styles, which the pages refuse.
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: {
      type: "category",
      data: chart.days,
      axisLabel: { color: ink, hideOverlap: true },
      axisLine: { lineStyle: { color: line } },
    },
    yAxis: { type: "value", min: 0, minInterval: 1, axisLabel: { color: ink }, splitLine: { lineStyle: { color: line } } },
    series: chart.series.map((series, number) => ({
      type: "line",
      name: series.name,
      data: series.values,
      symbol: MARKS[number % MARKS.length],
      symbolSize: 7,
    })),
  });
}

/** Draw every chart that has come onto the page, and keep the drawings as wide as their places. */
export function drawCharts(): void {
  document.querySelectorAll<HTMLElement>("[data-chart]").forEach((place) => {
    if (!drawn.has(place)) draw(place);
  });
}

const anew = (): void => {
  for (const [place, picture] of drawn) {
    if (place.isConnected) draw(place);
    else {
      picture.dispose();
      drawn.delete(place);
    }
  }
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", anew);
let soon = 0;
addEventListener("resize", () => {
  clearTimeout(soon);
  soon = window.setTimeout(() => drawn.forEach((picture) => picture.resize()), 100);
});
