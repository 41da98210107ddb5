/* The leadership map: what is shown, and the words for it. */
var map = input[0];
var TONES = ["#f0f3f6", "#e2e9ef", "#d3dee7", "#c1d1dd"];
var last = data.steps.length - 1;
var state = { step: last, language: data.language, site: -1, route: -1, district: -1, timer: null };
var shown = { routes: true, existing: true, coverage: true, roads: true, water: true, tiles: true,
  core: true, district: true, municipal: true, township: true };
var sites = data.sites, routes = data.routes;
var still = window.matchMedia && window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function stepName(step) { return say(data.steps[step].name); }
function phaseName(phase) { return phase > 0 && phase <= last ? stepName(phase) : word("unserved"); }
