import "./frame.css";
import "./pages.css";
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
