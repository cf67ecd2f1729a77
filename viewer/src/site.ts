/** What every page loads: the style sheets and one small module per behaviour. */
import "./bootstrap.scss";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./site.css";
import "./pages.css";
import "./deposit.css";
import "./review.css";
import "./plate.css";
import "./mapping.css";
import "./search.css";
import "./terms.css";
import htmx from "htmx.org";
import { startKeyboard } from "./site/keyboard";
import { startPages } from "./site/pages";
import { startTheme } from "./site/theme";

// Attributes never hold code, and requests go to this site only.
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
htmx.config.includeIndicatorStyles = false;

startTheme();
startKeyboard();
startPages();

const deposit = document.getElementById("deposit");
if (deposit) void import("./site/deposit").then(({ startDeposit }) => startDeposit(deposit));

const plate = document.getElementById("plate");
if (plate) void import("./site/plate").then(({ startPlate }) => startPlate(plate));

if (document.querySelector("[data-search], [data-suggest]")) void import("./site/search").then(({ startSearch }) => startSearch());

if (document.querySelector("ul[data-tree]")) void import("./site/tree").then(({ startTrees }) => startTrees());

const mapping = document.getElementById("mapping");
if (mapping) void import("./site/mapping").then(({ startMapping }) => startMapping(mapping));
