/* The leadership map. Plain ES5 so that a browser of 2018 runs it. Nothing of the data is ever
   put into markup: texts are written with textContent only. */
function geoplanStart(map) {
  "use strict";
  var data = JSON.parse(document.getElementById("geoplan-data").textContent);
  /* from dark to light, so that the first three phases differ in a grey print and for every eye */
  var COLOURS = ["#123f86", "#bf4800", "#2bb08a", "#8c4a86", "#b98a00", "#56b4e9"];
  var GREY = "#8b95a0";
  var TONES = ["#f6f8fa", "#edf0f4", "#e3e8ee", "#dbe1e9"];
  var last = data.steps.length - 1;
  var state = { step: last, language: data.language, site: -1, route: -1, timer: null };
  var shown = { routes: true, existing: true, coverage: true, roads: true, water: true, tiles: true,
    core: true, district: true, municipal: true, township: true };
  var sites = data.sites, routes = data.routes;
  var still = window.matchMedia && window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* ---- small things ------------------------------------------------------------------------ */
  function id(name) { return document.getElementById(name); }
  function say(pair) { return pair[state.language]; }
  function word(key) { return say(data.words[key]); }
  /* tables carry some texts as "中文 / English" in one string: show the reader's half */
  function half(text) {
    var at = text.indexOf(" / "), cjk = /[\u3400-\u9fff]/;
    if (at < 0 || !cjk.test(text.slice(0, at)) || cjk.test(text.slice(at + 3))) { return text; }
    return state.language === 0 ? text.slice(0, at) : text.slice(at + 3);
  }
  function colour(phase) { return phase > 0 ? COLOURS[(phase - 1) % COLOURS.length] : GREY; }
  function make(tag, text, name) {
    var node = document.createElement(tag);
    if (text !== undefined && text !== null) { node.textContent = text; }
    if (name) { node.className = name; }
    return node;
  }
  function clear(node) { while (node.firstChild) { node.removeChild(node.firstChild); } return node; }
  function decode(flat) {
    var out = [], x = 0, y = 0, i;
    for (i = 0; i < flat.length; i += 2) {
      x += flat[i]; y += flat[i + 1];
      out.push([y / data.units, x / data.units]);
    }
    return out;
  }
  function grouped(value, digits) {
    var parts = value.toFixed(digits).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return parts.join(".");
  }
  function km(metres) { return metres === null ? "-" : grouped(metres / 1000, 2) + " " + word("km"); }
  function cash(cents) {
    return state.language === 0 ? grouped(cents / 1e6, 2) + " 万元" : "CNY " + grouped(cents / 100, 0);
  }
  function stepName(step) { return say(data.steps[step].name); }
  function phaseName(phase) { return phase > 0 && phase <= last ? stepName(phase) : word("unserved"); }

  /* the municipal units crowd in the middle of the city: a view of their own */
  var heart = null;
  function findHeart() {
    var units = [];
    sites.level.forEach(function (level, i) { if (level === "municipal" && sites.at[i].length) { units.push([sites.at[i][1] / data.units, sites.at[i][0] / data.units]); } });
    if (units.length > 1) { heart = L.latLngBounds(units); }
  }

  /* ---- base of the map --------------------------------------------------------------------- */
  function pane(name, z) {
    var node = map.createPane(name);
    node.style.zIndex = z;
    node.style.pointerEvents = "none";
    return L.canvas({ pane: name, padding: 0.3 });
  }
  var groundCanvas = pane("ground", 250), casingCanvas = pane("casing", 350);
  var mainCanvas = L.canvas({ padding: 0.3, tolerance: 4 });
  var layers = {};
  var districtShapes = [];
  function quiet(options) {
    options.interactive = false;
    options.renderer = options.renderer || groundCanvas;
    options.pane = options.pane || "ground";
    return options;
  }
  var box = L.latLngBounds(
    [data.bounds[1] / data.units, data.bounds[0] / data.units],
    [data.bounds[3] / data.units, data.bounds[2] / data.units]);

  function drawBase() {
    var i, district, shape;
    if (data.tile) { layers.tiles = L.tileLayer(data.tile, { maxZoom: 18 }).addTo(map); }
    layers.coverage = L.layerGroup().addTo(map);
    for (i = 0; i < data.districts.length; i++) {
      district = data.districts[i];
      shape = L.polygon(district.rings.map(decode), quiet({ stroke: false, fillColor: "#fff", fillOpacity: 1 }));
      districtShapes.push(shape);
      layers.coverage.addLayer(shape);
    }
    layers.water = L.layerGroup().addTo(map);
    if (data.water.length) {
      layers.water.addLayer(L.polygon(data.water.map(decode), quiet({ stroke: false, fillColor: "#b9dcee", fillOpacity: 0.75 })));
    }
    layers.roads = L.layerGroup().addTo(map);
    if (data.roads.length) {
      layers.roads.addLayer(L.polyline(data.roads.map(decode), quiet({ color: "#c9d1d9", weight: 0.8 })));
    }
    for (i = 0; i < data.districts.length; i++) {
      L.polygon(data.districts[i].rings.map(decode), quiet({ fill: false, color: "#aab3bd", weight: 1.1 })).addTo(map);
    }
    layers.existing = L.layerGroup().addTo(map);
    if (data.existing.length) {
      layers.existing.addLayer(L.polyline(data.existing.map(decode), quiet({ color: "#66727f", weight: 1.3, opacity: 0.8 })));
    }
  }

  var labels = [];
  function drawLabels() {
    data.districts.forEach(function (district, i) {
      if (!district.label.length) { return; }
      var at = [district.label[1] / data.units, district.label[0] / data.units];
      var tip = L.tooltip({ permanent: true, direction: "center", className: "district-label", opacity: 1 });
      tip.setLatLng(at).setContent(make("span", district.name));
      labels.push({ tip: tip, shape: districtShapes[i], width: 15 * district.name.length + 6 });
    });
  }
  function placeLabels() {
    labels.forEach(function (label) {
      var bounds = label.shape.getBounds();
      var a = map.latLngToLayerPoint(bounds.getNorthWest()), b = map.latLngToLayerPoint(bounds.getSouthEast());
      var room = b.x - a.x > label.width * 1.25 && b.y - a.y > 34;
      if (room) { label.tip.addTo(map); } else { map.removeLayer(label.tip); }
    });
  }

  /* ---- routes ------------------------------------------------------------------------------ */
  var DASHES = { pull: "9 5", light: "2 5" };
  var routeLayers = [], byPhase = [], casings = [], halo = null, dependents = [];
  function zoomScale() {
    var z = map.getZoom();
    return z < 9 ? 0.75 : z < 10.5 ? 0.9 : z < 12 ? 1.1 : z < 14 ? 1.4 : 1.8;
  }
  function routeStyle(i) {
    var now = routes.phase[i] === state.step, lit = routes.method[i] === "light";
    return { color: colour(routes.phase[i]), weight: (now ? 3.6 : 2.1) * (lit ? 0.75 : 1) * zoomScale(),
      opacity: now ? 1 : 0.8, dashArray: DASHES[routes.method[i]] || null };
  }
  function drawRoutes() {
    var i, k, lines = [];
    for (k = 0; k <= last; k++) { byPhase.push(L.featureGroup()); lines.push([]); }
    for (i = 0; i < routes.edge_id.length; i++) {
      var line = routes.line[i].map(decode), phase = routes.phase[i];
      var layer = L.polyline(line, { renderer: mainCanvas, lineCap: "butt", bubblingMouseEvents: false });
      layer.index = i;
      routeLayers.push(layer);
      if (phase > 0 && phase <= last) {
        byPhase[phase].addLayer(layer);
        if (routes.method[i] !== "light") { Array.prototype.push.apply(lines[phase], line); }
      }
      dependents.push([]);
    }
    for (k = 0; k <= last; k++) {
      casings.push(L.polyline(lines[k], quiet({ renderer: casingCanvas, pane: "casing", color: "#fff", weight: 7, opacity: 0.9 })));
      byPhase[k].on("click", function (event) { openRoute(event.layer.index); });
      byPhase[k].on("mouseover", function (event) { tip(event.latlng, routeTitle(event.layer.index), say(data.methods[routes.method[event.layer.index]] || ["", ""])); });
      byPhase[k].on("mouseout", untip);
    }
    data.paths.forEach(function (path) {
      for (i = 2; i < path.length; i++) {
        if (dependents[path[i]].indexOf(path[0]) < 0) { dependents[path[i]].push(path[0]); }
      }
    });
  }

  /* ---- sites ------------------------------------------------------------------------------- */
  /* Levels differ by shape as well: core a diamond, hubs squares, the others circles. */
  var Mark = L.CircleMarker.extend({
    _updatePath: function () {
      var canvas = this._renderer, r = this._radius, p = this._point, c;
      if (this.options.sides !== 4) { canvas._updateCircle(this); return; }
      if (!canvas._drawing || this._empty()) { return; }
      c = canvas._ctx;
      c.beginPath();
      if (this.options.turned) {
        c.moveTo(p.x, p.y - r * 1.3); c.lineTo(p.x + r * 1.3, p.y); c.lineTo(p.x, p.y + r * 1.3); c.lineTo(p.x - r * 1.3, p.y);
      } else {
        c.rect(p.x - r, p.y - r, 2 * r, 2 * r);
      }
      c.closePath();
      canvas._fillStroke(c, this);
    }
  });
  var RADIUS = { core: 9, district: 6.2, township: 3.7, municipal: 2.3 };
  var marks = [], groups = {};
  var ORDER = ["municipal", "township", "district", "core"];
  function inService(i) { return sites.phase[i] > 0 && sites.phase[i] <= state.step; }
  function siteStyle(i) {
    var level = sites.level[i], on = inService(i), now = on && sites.phase[i] === state.step;
    var radius = (RADIUS[level] || 3) * Math.max(0.8, zoomScale()) * (map.getZoom() < 10 && level === "municipal" ? 0.6 : 1);
    return { radius: radius * (now ? 1.15 : on ? 1 : 0.85), fillColor: level === "core" ? "#1d2733" : on ? colour(sites.phase[i]) : "#fff",
      fillOpacity: 1, color: on || level === "core" ? "#fff" : GREY, weight: on ? (level === "municipal" ? 0.6 : 1.3) : 1, opacity: 1 };
  }
  function drawSites() {
    ORDER.forEach(function (level) { groups[level] = L.featureGroup(); });
    sites.site_id.forEach(function (_, i) {
      var mark = null, level = groups[sites.level[i]] ? sites.level[i] : "township";
      if (sites.at[i].length) {
        mark = new Mark([sites.at[i][1] / data.units, sites.at[i][0] / data.units], { renderer: mainCanvas, bubblingMouseEvents: false,
          sides: level === "core" || level === "district" ? 4 : 0, turned: level === "core" });
        mark.index = i;
        mark.setStyle(siteStyle(i));
        groups[level].addLayer(mark);
      }
      marks.push(mark);
    });
    ORDER.forEach(function (level) {
      groups[level].on("click", function (event) { openSite(event.layer.index, false); });
      groups[level].on("mouseover", function (event) {
        var i = event.layer.index;
        tip(event.layer.getLatLng(), sites.name[i], phaseName(sites.phase[i]));
      });
      groups[level].on("mouseout", untip);
    });
  }

  var hover = L.tooltip({ className: "tip", direction: "top", offset: [0, -6], opacity: 1 });
  function tip(at, first, second) {
    var node = make("div", first);
    node.appendChild(make("small", second));
    hover.setLatLng(at).setContent(node).addTo(map);
  }
  function untip() { map.removeLayer(hover); }

  /* ---- the city centre enlarged ------------------------------------------------------------ */
  var INSETS = [460, 380, 310, 250];
  var inset = null, insetRoutes = [], insetMarks = [], insetSize = 0, insetFrame = null, wholeZoom = 0;
  function drawInset() {
    if (!heart) { return; }
    var fixed = { zoomControl: false, attributionControl: false, dragging: false, keyboard: false, scrollWheelZoom: false,
      doubleClickZoom: false, boxZoom: false, touchZoom: false, tap: false, zoomSnap: 0, preferCanvas: true,
      zoomAnimation: false, fadeAnimation: false, center: heart.getCenter(), zoom: 10 };
    inset = L.map("inset-map", fixed);
    var area = heart.pad(0.3), k, i;
    data.districts.forEach(function (district) {
      L.polygon(district.rings.map(decode), { interactive: false, color: "#cbd2d9", weight: 1, fillColor: "#fff", fillOpacity: 1 }).addTo(inset);
    });
    L.polyline(data.existing.map(decode), { interactive: false, color: "#66727f", weight: 1, opacity: 0.8 }).addTo(inset);
    for (k = 1; k <= last; k++) {
      ["", "9 5", "2 5"].forEach(function (dash) {
        var lines = [];
        for (i = 0; i < routes.edge_id.length; i++) {
          if (routes.phase[i] === k && (DASHES[routes.method[i]] || "") === dash && area.intersects(routeLayers[i].getBounds())) {
            Array.prototype.push.apply(lines, routes.line[i].map(decode));
          }
        }
        var layer = L.polyline(lines, { interactive: false, color: colour(k), dashArray: dash || null, lineCap: "butt" });
        layer.phase = k;
        layer.thin = dash === "2 5";
        insetRoutes.push(layer);
      });
    }
    ORDER.forEach(function (level) {
      groups[level].eachLayer(function (mark) {
        if (!area.contains(mark.getLatLng())) { return; }
        var copy = new Mark(mark.getLatLng(), { interactive: false, sides: mark.options.sides, turned: mark.options.turned });
        copy.index = mark.index;
        insetMarks.push(copy);
      });
    });
    insetFrame = L.rectangle(heart, quiet({ renderer: casingCanvas, pane: "casing", color: "#33404d", weight: 1.2, fill: false }));
    id("inset").addEventListener("click", function () { id("centre").click(); });
  }
  function sizeInset(size) {
    if (!inset) { return; }
    insetSize = size;
    id("inset").style.width = size + "px";
    id("inset").style.height = Math.round(size * 0.9) + "px";
    id("inset").hidden = true;
    showInset();
  }
  function showInset() {
    if (!inset) { return; }
    var wanted = insetSize > 0 && map.getZoom() < wholeZoom + 1.6, fresh = wanted && id("inset").hidden;
    id("inset").hidden = !wanted;
    toggle(insetFrame, wanted);
    /* a hidden map has no size: it is fitted when it comes up */
    if (fresh) { inset.invalidateSize({ animate: false, pan: false }); inset.fitBounds(heart, { animate: false, padding: [4, 4] }); }
  }
  function updateInset() {
    if (!inset || id("inset").hidden) { return; }
    insetRoutes.forEach(function (layer) {
      var now = layer.phase === state.step, wanted = shown.routes && layer.phase <= state.step;
      layer.setStyle({ weight: (now ? 3 : 1.9) * (layer.thin ? 0.7 : 1), opacity: now ? 1 : 0.8 });
      if (wanted !== inset.hasLayer(layer)) { if (wanted) { inset.addLayer(layer); } else { inset.removeLayer(layer); } }
    });
    insetMarks.forEach(function (copy) {
      var style = siteStyle(copy.index), level = sites.level[copy.index];
      style.radius = { core: 8, district: 5.5, township: 3, municipal: 1.7 }[level] || 2;
      if (shown[level] === false) { inset.removeLayer(copy); return; }
      copy.setRadius(style.radius);
      copy.setStyle(style);
      if (inset.hasLayer(copy)) { copy.bringToFront(); } else { inset.addLayer(copy); }
    });
  }

  /* ---- what is on the map at a step -------------------------------------------------------- */
  function toggle(layer, wanted) {
    if (layer && wanted !== map.hasLayer(layer)) { if (wanted) { map.addLayer(layer); } else { map.removeLayer(layer); } return wanted; }
    return false;
  }
  function draw() {
    var k, i, count = 0, served = 0;
    ["existing", "roads", "water", "tiles"].forEach(function (name) { toggle(layers[name], shown[name]); });
    for (i = 0; i < routeLayers.length; i++) {
      if (routes.phase[i] <= state.step) { routeLayers[i].setStyle(routeStyle(i)); }
    }
    for (k = 1; k <= last; k++) {
      toggle(byPhase[k], shown.routes && k <= state.step);
      toggle(casings[k], shown.routes && k === state.step);
      if (map.hasLayer(byPhase[k])) { count += byPhase[k].getLayers().length; }
    }
    casings.forEach(function (casing) { casing.setStyle({ weight: 3.6 * zoomScale() + 3.4 }); });
    for (i = 0; i < marks.length; i++) {
      if (!marks[i]) { continue; }
      if (inService(i)) { served += 1; }
      var style = siteStyle(i);
      marks[i].setRadius(style.radius);
      marks[i].setStyle(style);
    }
    ORDER.forEach(function (level) { toggle(groups[level], shown[level]); if (map.hasLayer(groups[level])) { groups[level].bringToFront(); } });
    districtShapes.forEach(function (shape, d) {
      var district = data.districts[d], part = district.total ? district.served[state.step] / district.total : 0;
      var tone = shown.coverage && part > 0 ? TONES[Math.min(3, Math.ceil(part * 4) - 1)] : "#fff";
      shape.setStyle({ fillColor: tone, fillOpacity: data.tile && shown.tiles ? (part > 0 && shown.coverage ? 0.45 : 0) : 1 });
    });
    drawHalo(); showInset(); updateInset();
    document.body.setAttribute("data-step", state.step);
    document.body.setAttribute("data-visible-routes", count);
    document.body.setAttribute("data-served-sites", served);
  }
  function drawHalo() {
    var lines = [];
    if (halo) { map.removeLayer(halo); halo = null; }
    if (state.route >= 0) { lines = routes.line[state.route].map(decode); }
    if (state.site >= 0) {
      data.paths.forEach(function (path) {
        if (path[0] === state.site) { path.slice(2).forEach(function (r) { Array.prototype.push.apply(lines, routes.line[r].map(decode)); }); }
      });
    }
    var ring = state.site >= 0 && marks[state.site];
    if (!lines.length && !ring) { return; }
    halo = L.layerGroup();
    if (lines.length) {
      halo.addLayer(L.polyline(lines, quiet({ renderer: casingCanvas, pane: "casing", color: "#1d2733", weight: 3.6 * zoomScale() + 4, opacity: 0.9 })));
    }
    if (ring) {
      halo.addLayer(L.circleMarker(ring.getLatLng(), quiet({ renderer: casingCanvas, pane: "casing", color: "#1d2733", weight: 3, fill: false, radius: ring.getRadius() + 7 })));
    }
    map.addLayer(halo);
  }

  /* ---- figures ----------------------------------------------------------------------------- */
  function row(table, label, value, of, part) {
    var tr = make("tr"), th = make("th", label), bar, fill;
    th.setAttribute("scope", "row");
    tr.appendChild(th);
    tr.appendChild(make("td", value, "value"));
    if (of !== undefined) {
      tr.appendChild(make("td", "/ " + of, "of"));
      bar = make("div", null, "bar"); fill = make("i");
      fill.style.width = 100 * part + "%";
      bar.appendChild(fill);
      var cell = make("td", null, "gauge");
      cell.appendChild(bar);
      tr.appendChild(cell);
    }
    table.appendChild(tr);
  }
  function writeFigures() {
    var step = data.steps[state.step], table;
    document.documentElement.style.setProperty("--now", state.step ? colour(state.step) : GREY);
    id("weight").textContent = say(step.weight);
    id("sites").textContent = say(step.sites);
    id("weight-fill").style.width = 100 * step.weight_part + "%";
    id("weight-tick").style.left = 100 * step.bound_part + "%";
    id("weight-tick").hidden = state.step === 0;
    id("bound-line").textContent = state.step === 0 ? word("today_long") : step.complete ? word("weight_all") : word("weight_bound").replace("{}", say(step.bound));
    table = clear(id("reach"));
    step.reach.forEach(function (item) { row(table, word(item.key), say(item.value), say(item.of), item.part); });
    table = clear(id("money"));
    row(table, word("spent"), say(step.spent));
    row(table, word("released"), say(step.released));
    id("money-fill").style.width = 100 * step.spent_part + "%";
    table = clear(id("plant"));
    step.plant.forEach(function (item) { row(table, word(item.key), say(item.value)); });
  }
  function writeNotes() {
    var node = clear(id("proof")), lost = [], details, list;
    data.proof.forEach(function (text) { node.appendChild(make("p", say(text))); });
    node = clear(id("notes"));
    data.notes.forEach(function (note) {
      if (note.length === 1) { node.appendChild(make("p", say(note[0]))); return; }
      var more = make("details");
      more.appendChild(make("summary", say(note[0])));
      more.appendChild(make("div", say(note[1])));
      node.appendChild(more);
    });
    sites.at.forEach(function (at, i) { if (!at.length) { lost.push(i); } });
    if (lost.length) {
      details = make("details"); list = make("ul");
      details.id = "unplaced";
      details.appendChild(make("summary", lost.length + " " + word("unplaced")));
      lost.forEach(function (i) { list.appendChild(make("li", sites.name[i] + " · " + sites.district_name[i] + " · " + sites.site_id[i])); });
      details.appendChild(list);
      node.appendChild(details);
    }
  }

  /* ---- legend and layers ------------------------------------------------------------------- */
  function swatch(draw) {
    var ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
    svg.setAttribute("width", 30); svg.setAttribute("height", 14); svg.setAttribute("aria-hidden", "true");
    draw(function (tag, attributes) {
      var node = document.createElementNS(ns, tag), key;
      for (key in attributes) { if (attributes.hasOwnProperty(key)) { node.setAttribute(key, attributes[key]); } }
      svg.appendChild(node);
    });
    return svg;
  }
  function stroke(tint, width, dash) {
    return function (add) { add("line", { x1: 1, y1: 7, x2: 29, y2: 7, stroke: tint, "stroke-width": width, "stroke-dasharray": dash || "none" }); };
  }
  function legendRow(parent, picture, text, key) {
    var node = make(key ? "label" : "div", null, "row"), input;
    if (key) {
      input = make("input");
      input.type = "checkbox";
      input.checked = shown[key];
      input.setAttribute("data-layer", key);
      input.addEventListener("change", function () { shown[key] = input.checked; draw(); });
      node.appendChild(input);
    }
    node.appendChild(swatch(picture));
    node.appendChild(make("span", text));
    parent.appendChild(node);
  }
  function writeLegend() {
    var node = clear(id("legend-phases")), k;
    for (k = 1; k <= last; k++) { legendRow(node, stroke(colour(k), 4), stepName(k)); }
    legendRow(node, function (add) { add("circle", { cx: 15, cy: 7, r: 4, fill: "#fff", stroke: GREY }); }, word("waiting"));
    node = clear(id("legend-methods"));
    legendRow(node, stroke("#33404d", 3), word("dug"));
    legendRow(node, stroke("#33404d", 3, "9 5"), word("pulled"));
    legendRow(node, stroke("#33404d", 2.5, "2 4"), word("lit"));
    node = clear(id("legend-layers"));
    legendRow(node, stroke("#33404d", 3), word("routes"), "routes");
    legendRow(node, stroke("#66727f", 1.5), word(data.reconstructed ? "existing_made" : "existing"), "existing");
    legendRow(node, function (add) { add("path", { d: "M15 0L22 7L15 14L8 7Z", fill: "#1d2733" }); }, word("core"), "core");
    legendRow(node, function (add) { add("rect", { x: 10, y: 2, width: 10, height: 10, fill: "#33404d" }); }, word("hubs"), "district");
    legendRow(node, function (add) { add("circle", { cx: 15, cy: 7, r: 4, fill: "#33404d" }); }, word("townships"), "township");
    legendRow(node, function (add) { add("circle", { cx: 15, cy: 7, r: 2.2, fill: "#33404d" }); }, word("municipal"), "municipal");
    legendRow(node, function (add) {
      TONES.forEach(function (tint, i) { add("rect", { x: 1 + 7 * i, y: 2, width: 7, height: 10, fill: tint, stroke: "#b9c2cc", "stroke-width": 0.5 }); });
    }, word("coverage"), "coverage");
    if (data.roads.length) { legendRow(node, stroke("#c9d0d7", 1.5), word("roads"), "roads"); }
    if (data.water.length) { legendRow(node, function (add) { add("rect", { x: 5, y: 2, width: 20, height: 10, fill: "#b9dcee" }); }, word("water"), "water"); }
    if (data.tile) { legendRow(node, function (add) { add("rect", { x: 5, y: 2, width: 20, height: 10, fill: "#e3e0d8" }); }, word("tiles"), "tiles"); }
  }

  /* ---- card of a site or a route ----------------------------------------------------------- */
  function fact(list, label, value) {
    if (value === "" || value === null || value === undefined) { return; }
    var div = make("div"), dd = make("dd");
    div.appendChild(make("dt", label));
    if (value.nodeType) { dd.appendChild(value); } else { dd.textContent = value; }
    div.appendChild(dd);
    list.appendChild(div);
  }
  function siteLink(i) {
    var button = make("button", sites.name[i]);
    button.type = "button";
    button.addEventListener("click", function () { openSite(i, true); });
    return button;
  }
  function writeCard() {
    var card = id("card"), list = clear(id("card-rows")), why = id("card-why"), i = state.site, text;
    card.hidden = i < 0 && state.route < 0;
    if (card.hidden) { return; }
    if (i >= 0) {
      id("card-kind").textContent = say(data.levels[sites.level[i]] || ["", ""]) + " · " + sites.district_name[i];
      id("card-title").textContent = sites.name[i];
      text = state.language === 0 ? sites.why_zh[i] : sites.why_en[i];
      fact(list, word("code"), sites.site_id[i]);
      fact(list, word("in_phase"), phaseName(sites.phase[i]));
      var home = sites.site_id.indexOf(sites.home_id[i]);
      if (home >= 0 && home !== i) { fact(list, word("home"), siteLink(home)); }
      fact(list, word("ways"), sites.ways_required[i] > 1 ? String(sites.ways_required[i]) : "");
      fact(list, word("path_length"), sites.path_length_m[i] === null ? "" : km(sites.path_length_m[i]));
      fact(list, word("loss"), sites.loss_db[i] === null ? "" : sites.loss_db[i].toFixed(3) + " dB");
      fact(list, word("optic"), sites.optic[i] || (sites.loss_db[i] === null ? "" : word("no_optic")));
      fact(list, word("cost_share"), sites.phase[i] > 0 ? cash(sites.cost_share_cents[i]) : "");
      fact(list, word("village_count"), sites.villages[i] ? String(sites.villages[i]) : "");
      fact(list, word("weight_of"), grouped(sites.weight[i], 0) + (sites.weight_reason[i] ? " (" + half(sites.weight_reason[i]) + ")" : ""));
      fact(list, word("quality"), data.qualities[sites.position_quality[i]] ? say(data.qualities[sites.position_quality[i]]) : sites.position_quality[i]);
      fact(list, word("note"), half(sites.note[i]));
    } else {
      i = state.route;
      id("card-kind").textContent = phaseName(routes.phase[i]);
      id("card-title").textContent = routeTitle(i);
      text = "";
      fact(list, word("method"), data.methods[routes.method[i]] ? say(data.methods[routes.method[i]]) : routes.method[i]);
      fact(list, word("length"), km(routes.length_m[i]));
      fact(list, word("cables"), routes.cables[i] ? routes.cables[i] + " " + word("core_unit") : word("none"));
      fact(list, word("cores"), grouped(routes.cores_used[i], 0));
      fact(list, word("cost"), cash(routes.cost_cents[i]));
      fact(list, word("uses"), routes.existing_id[i]);
      fact(list, word("depends"), String(routes.sites_served[i]));
      var names = make("span");
      dependents[i].slice(0, 12).forEach(function (s) { names.appendChild(siteLink(s)); });
      if (dependents[i].length > 12) { names.appendChild(document.createTextNode(" …")); }
      fact(list, "", dependents[i].length ? names : "");
    }
    why.hidden = !text;
    why.textContent = text;
    if (text) { why.insertBefore(make("strong", word("why") + (state.language === 0 ? "：" : ": ")), why.firstChild); }
  }
  function routeTitle(i) { return word("stretch") + " " + routes.edge_id[i]; }
  function openSite(i, fly) {
    state.site = i; state.route = -1;
    untip();
    writeCard(); drawHalo(); link();
    if (fly && marks[i]) {
      var zoom = Math.max(map.getZoom(), 12.5);
      if (still) { map.setView(marks[i].getLatLng(), zoom, { animate: false }); } else { map.flyTo(marks[i].getLatLng(), zoom, { duration: 0.8 }); }
    }
  }
  function openRoute(i) { state.route = i; state.site = -1; untip(); writeCard(); drawHalo(); link(); }
  function closeCard() { state.site = state.route = -1; writeCard(); drawHalo(); link(); }

  /* ---- search ------------------------------------------------------------------------------ */
  var hits = [], active = -1;
  function search(text) {
    var wanted = text.trim().toLowerCase(), starts = [], inside = [];
    if (!wanted) { return []; }
    sites.site_id.forEach(function (code, i) {
      var name = sites.name[i].toLowerCase(), a = name.indexOf(wanted), b = code.toLowerCase().indexOf(wanted);
      if (a === 0 || b === 0) { starts.push(i); } else if (a > 0 || b > 0) { inside.push(i); }
    });
    return starts.concat(inside).slice(0, 30);
  }
  function writeHits() {
    var list = clear(id("hits")), query = id("query");
    hits.forEach(function (i, n) {
      var item = make("li", sites.name[i]);
      item.id = "hit-" + n;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", n === active ? "true" : "false");
      item.appendChild(make("small", say(data.levels[sites.level[i]] || ["", ""]) + " · " + sites.district_name[i] + " · " + sites.site_id[i]));
      item.addEventListener("mousedown", function (event) { event.preventDefault(); choose(n); });
      list.appendChild(item);
    });
    if (!hits.length && query.value.trim()) {
      var none = make("li", word("search_none"), "empty");
      none.setAttribute("role", "option"); none.setAttribute("aria-disabled", "true"); none.setAttribute("aria-selected", "false");
      list.appendChild(none);
    }
    list.hidden = !list.firstChild;
    query.setAttribute("aria-expanded", list.hidden ? "false" : "true");
    if (active >= 0) {
      query.setAttribute("aria-activedescendant", "hit-" + active);
      list.children[active].scrollIntoView({ block: "nearest" });
    } else { query.removeAttribute("aria-activedescendant"); }
  }
  function closeHits() { hits = []; active = -1; clear(id("hits")); id("hits").hidden = true; id("query").setAttribute("aria-expanded", "false"); id("query").removeAttribute("aria-activedescendant"); }
  function choose(n) {
    var i = hits[n];
    if (i === undefined) { return; }
    id("query").value = sites.name[i];
    closeHits();
    openSite(i, true);
  }
  function bindSearch() {
    var query = id("query");
    query.addEventListener("input", function () { hits = search(query.value); active = -1; writeHits(); });
    query.addEventListener("blur", closeHits);
    query.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!hits.length) { hits = search(query.value); }
        if (hits.length) { active = event.key === "ArrowDown" ? (active + 1) % hits.length : (active <= 0 ? hits.length : active) - 1; }
        writeHits();
      } else if (event.key === "Enter") { choose(active < 0 ? 0 : active);
      } else if (event.key === "Escape" && query.value) { query.value = ""; closeHits(); event.stopPropagation(); }
    });
  }

  /* ---- steps, language, links -------------------------------------------------------------- */
  function writeTabs() {
    var tabs = clear(id("tabs")), k, slider = id("slider");
    data.steps.forEach(function (_, step) {
      var button = make("button", stepName(step));
      button.type = "button";
      button.title = stepName(step);
      button.style.borderBottomColor = colour(step);
      button.addEventListener("click", function () { stop(); setStep(step); });
      tabs.appendChild(button);
    });
    slider.max = last;
    /* thumb centres under the middle of the tabs: n tabs, n - 1 gaps */
    slider.style.width = "calc(" + 100 * last / (last + 1) + "% + 16px)";
    for (k = 0; k <= last; k++) { tabs.children[k].setAttribute("aria-pressed", k === state.step ? "true" : "false"); }
  }
  function setStep(step) {
    state.step = Math.max(0, Math.min(last, step));
    var tabs = id("tabs").children, k;
    for (k = 0; k < tabs.length; k++) { tabs[k].setAttribute("aria-pressed", k === state.step ? "true" : "false"); }
    id("slider").value = state.step;
    id("slider").setAttribute("aria-valuetext", stepName(state.step));
    writeFigures(); draw(); link();
    var record = data.steps[state.step];
    id("said").textContent = stepName(state.step) + ": " + word("sites") + " " + say(record.sites) + ", " + word("weight") + " " + say(record.weight) + ", " + word("spent") + " " + say(record.spent);
  }
  function stop() {
    if (state.timer) { clearInterval(state.timer); state.timer = null; }
    id("play").setAttribute("aria-pressed", "false");
    id("play-text").textContent = word("play");
    id("play").title = word("play");
  }
  function play() {
    if (state.timer) { stop(); return; }
    if (state.step === last) { setStep(0); }
    state.timer = setInterval(function () {
      setStep(state.step + 1);
      if (state.step === last) { stop(); }
    }, 1800);
    id("play").setAttribute("aria-pressed", "true");
    id("play-text").textContent = word("pause");
    id("play").title = word("pause");
  }
  function writeSources() {
    id("credit").textContent = data.attributions.length ? word("source") + (language === 0 ? "：" : ": ") + data.attributions.map(half).join(" · ") : "";
    id("version").textContent = "geoplan " + data.version;
  }
  function setLanguage(language) {
    state.language = language;
    document.documentElement.lang = language === 0 ? "zh-CN" : "en";
    document.title = say(data.title);
    var nodes = document.querySelectorAll("[data-t]"), i;
    for (i = 0; i < nodes.length; i++) { nodes[i].textContent = word(nodes[i].getAttribute("data-t")); }
    nodes = document.querySelectorAll("[data-label]");
    for (i = 0; i < nodes.length; i++) { nodes[i].setAttribute("aria-label", word(nodes[i].getAttribute("data-label"))); }
    map.getContainer().setAttribute("aria-label", word("map"));
    id("query").setAttribute("placeholder", word("search"));
    id("language").setAttribute("lang", language === 0 ? "en" : "zh-CN");
    id("title").textContent = say(data.title);
    id("mark").textContent = say(data.classification);
    id("mark").hidden = !say(data.classification);
    writeSources();
    writeTabs(); writeLegend(); writeNotes(); writeCard(); stop();
    setStep(state.step);
    /* the line of sources may have become higher or lower */
    map.invalidateSize({ animate: false, pan: false });
  }
  var quietLink = false;
  function link() {
    var parts = ["phase=" + state.step];
    if (state.site >= 0) { parts.push("site=" + encodeURIComponent(sites.site_id[state.site])); }
    if (state.route >= 0) { parts.push("route=" + routes.edge_id[state.route]); }
    parts.push("lang=" + (state.language === 0 ? "zh" : "en"));
    if (quietLink) { return; }
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
  function follow(wanted) {
    quietLink = true;
    if (/^\d+$/.test(wanted.phase || "")) { state.step = Math.min(last, parseInt(wanted.phase, 10)); }
    setLanguage(wanted.lang === "en" ? 1 : wanted.lang === "zh" ? 0 : state.language);
    var site = wanted.site === undefined ? -1 : sites.site_id.indexOf(wanted.site);
    var route = wanted.route === undefined ? -1 : routes.edge_id.indexOf(parseInt(wanted.route, 10));
    if (site >= 0) {
      openSite(site, false);
      if (marks[site]) { map.setView(marks[site].getLatLng(), 12.5, { animate: false }); }
    } else if (route >= 0) { openRoute(route); map.fitBounds(routeLayers[route].getBounds(), { maxZoom: 14, animate: false }); }
    quietLink = false;
    link();
  }

  /* ---- the sheet of paper ------------------------------------------------------------------ */
  var before = null;
  function toPaper() {
    if (before) { return; }
    before = { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() };
    document.body.classList.add("printing");
    id("panel").scrollTop = 0;
    map.invalidateSize({ animate: false, pan: false });
    if (before.bounds.contains(box) || map.getZoom() < 10) { whole(false); } else { map.fitBounds(before.bounds, { animate: false }); }
  }
  function toScreen() {
    if (!before) { return; }
    document.body.classList.remove("printing");
    map.invalidateSize({ animate: false, pan: false });
    map.setView(before.centre, before.zoom, { animate: false });
    before = null;
    sizeInset(room().inset); updateInset();
  }

  /* ---- start ------------------------------------------------------------------------------- */
  /* while the whole city is framed it stays so when the window changes */
  var framing = false, framed = false;
  /* beside legend and enlargement where that costs no scale, else behind them */
  function room() {
    var legend = id("legend"), beside = legend.open ? legend.offsetLeft + legend.offsetWidth + 8 : 12;
    var wide = map.getBoundsZoom(box, false, L.point(24, 24)), k;
    wholeZoom = wide;
    /* Leaflet calls a view without any room infinitely large */
    function fits(width, loss) {
      return map.getSize().x > beside + width + 100 && map.getBoundsZoom(box, false, L.point(beside + width, 24)) > wide - loss;
    }
    for (k = 0; k < INSETS.length; k++) {
      if (heart && fits(INSETS[k] + 28, 0.1)) { return { left: beside, inset: INSETS[k] }; }
    }
    return { left: fits(12, 0.3) ? beside : 12, inset: 0 };
  }
  function whole(animate) {
    var free = room();
    framing = true;
    map.fitBounds(box, { paddingTopLeft: [free.left, 12], paddingBottomRight: [free.inset ? free.inset + 28 : 12, 12], animate: animate && !still });
    framing = false;
    framed = true;
    sizeInset(free.inset);
    updateInset();
  }
  document.body.classList.add("ready");
  /* what stands around the map first, so that the first view is the final one */
  writeLegend(); writeSources();
  id("legend").firstElementChild.textContent = word("legend");
  if (window.innerHeight < 620 || window.innerWidth < 760) { id("legend").open = false; }
  findHeart();
  map.invalidateSize({ animate: false, pan: false });
  whole(false);
  L.control.zoom({ position: "bottomright", zoomInTitle: "+", zoomOutTitle: "−" }).addTo(map);
  L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
  drawBase(); drawLabels(); drawRoutes(); drawSites(); drawInset(); bindSearch();
  sizeInset(room().inset);
  id("slider").addEventListener("input", function () { stop(); setStep(parseInt(id("slider").value, 10)); });
  id("play").addEventListener("click", play);
  id("language").addEventListener("click", function () { setLanguage(1 - state.language); });
  id("reset").addEventListener("click", function () { closeCard(); whole(true); });
  id("centre").hidden = !heart;
  id("centre").addEventListener("click", function () { closeCard(); map.fitBounds(heart, { padding: [12, 12], animate: !still }); });
  id("print").addEventListener("click", function () { window.print(); });
  id("card-close").addEventListener("click", function () { closeCard(); id("query").focus(); });
  id("full").hidden = !document.fullscreenEnabled;
  id("full").addEventListener("click", function () {
    if (document.fullscreenElement) { document.exitFullscreen(); } else { document.documentElement.requestFullscreen(); }
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape" && !id("card").hidden) { closeCard(); } });
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", toScreen);
  window.addEventListener("hashchange", function () { follow(readLink()); });
  map.on("zoomend", function () { placeLabels(); draw(); });
  map.on("movestart", function () { if (!framing) { framed = false; } });
  map.on("resize", function () {
    if (before) { return; }
    if (framed) { whole(false); } else { sizeInset(room().inset); updateInset(); }
  });
  map.on("click", closeCard);
  follow(readLink());
  placeLabels();

  /* for tests and for the console; the page itself doesn't use it */
  window.geoplanMap = {
    map: map, setStep: setStep, setLanguage: setLanguage, openSite: openSite, openRoute: openRoute,
    visible: function () {
      return { step: state.step, routes: Number(document.body.getAttribute("data-visible-routes")), sites: Number(document.body.getAttribute("data-served-sites")) };
    }
  };
  document.body.setAttribute("data-ready", "true");
}
