/* ---- what is chosen ---------------------------------------------------------------------- */
function choose(chosen) {
  state.chosen = chosen;
  writePicked(); drawChosen(); link();
}
function show(chosen) {
  var pane = panes[chosen.pane];
  if (chosen.kind === "route") { maps[chosen.pane].fitBounds(pane.routes[chosen.row].getBounds(), { maxZoom: 13, animate: false }); return; }
  if (pane.sites[chosen.row]) { maps[chosen.pane].setView(pane.sites[chosen.row].getLatLng(), Math.max(maps[0].getZoom(), 12), { animate: false }); }
}
function writePicked() {
  var node = clear(id("picked")), chosen = state.chosen, plan, parts = [];
  if (!chosen) { node.textContent = word("picked") + colon() + word("none"); return; }
  plan = data.plans[chosen.pane];
  if (chosen.kind === "route") {
    node.textContent = LETTERS[chosen.pane] + " · " + word("stretch") + " " + plan.routes.edge_id[chosen.row] + " · " + methodName(plan.routes.method[chosen.row]) +
      " · " + phaseIn(chosen.pane, plan.routes.phase[chosen.row]) + " · " + km(plan.routes.length_m[chosen.row]) + " · " + cash(plan.routes.cost_cents[chosen.row]);
    return;
  }
  node.appendChild(make("strong", plan.sites.name[chosen.row]));
  data.plans.forEach(function (other, p) {
    var row = rowIn(p), why;
    if (row < 0) { parts.push(LETTERS[p] + colon() + "-"); return; }
    why = state.language === 0 ? other.sites.why_zh[row] : other.sites.why_en[row];
    parts.push(LETTERS[p] + colon() + phaseIn(p, other.sites.phase[row]) + (why ? bracketed(why) : ""));
  });
  node.appendChild(document.createTextNode(" · " + parts.join(" · ")));
}

/* ---- controls ---------------------------------------------------------------------------- */
function writeTabs() {
  var tabs = clear(id("tabs")), step;
  function add(step) {
    var button = make("button", stepName(step));
    button.type = "button";
    button.style.borderBottomColor = colour(step);
    button.addEventListener("click", function () { setStep(step); });
    tabs.appendChild(button);
  }
  for (step = 0; step <= last; step++) { add(step); }
  id("slider").max = last;
}
function writeKey() {
  var key = clear(id("key"));
  function add(text, tint, width) {
    var ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), line = document.createElementNS(ns, "line"), item = make("li");
    svg.setAttribute("width", 26); svg.setAttribute("height", 10); svg.setAttribute("aria-hidden", "true");
    [["x1", 1], ["y1", 5], ["x2", 25], ["y2", 5], ["stroke", tint], ["stroke-width", width]].forEach(function (pair) { line.setAttribute(pair[0], pair[1]); });
    svg.appendChild(line); item.appendChild(svg); item.appendChild(make("span", text));
    key.appendChild(item);
  }
  if (!state.marked) { return; }
  add(word("only_here"), "#33404d", 4);
  add(word("other"), "#33404d", 2.2);
  add(word("same"), SAME, 1.4);
}
function setStep(step) {
  var tabs = id("tabs").children, k;
  state.step = Math.max(0, Math.min(last, step));
  for (k = 0; k < tabs.length; k++) { tabs[k].setAttribute("aria-pressed", k === state.step ? "true" : "false"); }
  id("slider").value = state.step;
  id("slider").setAttribute("aria-valuetext", stepName(state.step));
  id("said").textContent = word("step_said") + colon() + stepName(state.step);
  draw(); writeFigures(); link();
}
function draw() { panes.forEach(function (_, p) { drawPane(p); }); drawChosen(); }
function setOther(other) {
  state.other = Math.max(1, Math.min(data.plans.length - 1, other));
  id("against").value = String(state.other);
  writeDifferences(); draw(); link();
}
function setLanguage(language) {
  var nodes, i;
  state.language = language;
  document.documentElement.lang = language === 0 ? "zh-CN" : "en";
  document.title = say(data.title);
  nodes = document.querySelectorAll("[data-t]");
  for (i = 0; i < nodes.length; i++) { nodes[i].textContent = word(nodes[i].getAttribute("data-t")); }
  nodes = document.querySelectorAll("[data-label]");
  for (i = 0; i < nodes.length; i++) { nodes[i].setAttribute("aria-label", word(nodes[i].getAttribute("data-label"))); }
  id("language").setAttribute("lang", language === 0 ? "en" : "zh-CN");
  id("title").textContent = say(data.title);
  id("mark").textContent = say(data.classification);
  id("mark").hidden = !say(data.classification);
  id("credit").textContent = data.attributions.length ? word("source") + colon() + data.attributions.map(half).join(" · ") : "";
  id("version").textContent = "geoplan " + data.version;
  panes.forEach(function (pane, p) {
    clear(pane.heading).appendChild(make("b", LETTERS[p]));
    pane.heading.appendChild(document.createTextNode(planName(p)));
    pane.cost.textContent = word("cost") + " " + say(data.plans[p].cost);
    pane.map.getContainer().setAttribute("aria-label", word("map") + " " + LETTERS[p]);
    nodes = pane.map.getContainer().querySelectorAll(".leaflet-control-zoom a");
    for (i = 0; i < nodes.length; i++) { nodes[i].setAttribute("aria-label", LETTERS[p] + " " + word(i ? "zoom_out" : "zoom_in")); }
  });
  var against = clear(id("against"));
  data.plans.forEach(function (_, p) {
    var option = make("option", LETTERS[p] + " · " + planName(p));
    option.value = String(p);
    if (p > 0) { against.appendChild(option); }
  });
  writeTabs(); writeKey(); writePicked(); setOther(state.other); setStep(state.step);
}

/* ---- links that reopen a view ------------------------------------------------------------ */
var quietLink = true;
function link() {
  var chosen = state.chosen, middle = maps[0].getCenter();
  if (quietLink || before) { return; }
  var parts = ["phase=" + state.step, "against=" + state.other, "marked=" + (state.marked ? 1 : 0), "lang=" + (state.language === 0 ? "zh" : "en"),
    "view=" + middle.lat.toFixed(4) + "," + middle.lng.toFixed(4) + "," + maps[0].getZoom()];
  if (chosen && chosen.kind === "site") { parts.push("site=" + encodeURIComponent(data.plans[chosen.pane].sites.site_id[chosen.row])); }
  try { window.history.replaceState(null, "", "#" + parts.join("&")); } catch (error) { quietLink = true; }
}
function readLink() {
  var wanted = {};
  window.location.hash.replace(/^#/, "").split("&").forEach(function (part) {
    var at = part.indexOf("=");
    if (at > 0) { try { wanted[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1)); } catch (error) { wanted[part.slice(0, at)] = ""; } }
  });
  return wanted;
}
function reopen(wanted) {
  var place = /^(-?[\d.]+),(-?[\d.]+),([\d.]+)$/.exec(wanted.view || ""), row;
  quietLink = true;
  if (/^\d+$/.test(wanted.phase || "")) { state.step = Math.min(last, parseInt(wanted.phase, 10)); }
  if (/^\d+$/.test(wanted.against || "")) { state.other = Math.max(1, Math.min(data.plans.length - 1, parseInt(wanted.against, 10))); }
  if (wanted.marked === "0" || wanted.marked === "1") { state.marked = wanted.marked === "1"; }
  id("highlight").checked = state.marked;
  if (place) { maps[0].setView([parseFloat(place[1]), parseFloat(place[2])], parseFloat(place[3]), { animate: false }); }
  row = wanted.site === undefined ? -1 : data.plans[0].sites.site_id.indexOf(wanted.site);
  state.chosen = row >= 0 ? { kind: "site", pane: 0, row: row } : null;
  setLanguage(wanted.lang === "en" ? 1 : wanted.lang === "zh" ? 0 : state.language);
  quietLink = false;
  link();
}

/* ---- start ------------------------------------------------------------------------------- */
document.body.classList.add("ready");
maps.forEach(function (_, p) { addPane(p); follow(p); });
maps.forEach(function (map) { map.invalidateSize({ animate: false, pan: false }); });
whole();
id("against-box").hidden = data.plans.length < 3;
id("slider").addEventListener("input", function () { setStep(parseInt(id("slider").value, 10)); });
id("highlight").addEventListener("change", function () { state.marked = id("highlight").checked; writeKey(); draw(); link(); });
id("against").addEventListener("change", function () { setOther(parseInt(id("against").value, 10)); });
id("language").addEventListener("click", function () { setLanguage(1 - state.language); });
id("reset").addEventListener("click", function () { choose(null); whole(); });
id("print").addEventListener("click", function () { window.print(); });
document.addEventListener("keydown", function (event) { if (event.key === "Escape" && state.chosen) { choose(null); } });
window.addEventListener("hashchange", function () { reopen(readLink()); });
maps[0].on("moveend", link);
reopen(readLink());

/* for tests and for the console; the page itself doesn't use it */
window.geoplanMap = { maps: maps, setStep: setStep, setLanguage: setLanguage, setOther: setOther, choose: choose, data: data, state: state };
document.body.setAttribute("data-ready", "true");
