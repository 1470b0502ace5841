import "./frame.css";
import "./pages.css";
import "./board.css";
import "./briefings.css";
import "./care.css";
import "./rosters.css";
import "./drills.css";
import "./venues.css";
import "./checkpoints.css";
import { startClocks } from "./clocks";
import { startCombos } from "./combo";
import { startForms } from "./forms";
import { startKeys } from "./keys";
import { startLive } from "./live";
import { startReading } from "./read";

startClocks();
startCombos();
startForms();
startKeys();
startLive();
startReading();

// The library that draws charts is fetched only where there is one, also where one comes later with a part of a page.
const charts = (): void => {
  if (document.querySelector("[data-chart]")) void import("./charts").then((module) => module.drawCharts());
};
charts();
document.addEventListener("htmx:afterSwap", charts);
