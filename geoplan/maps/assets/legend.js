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
    input.addEventListener("change", function () { shown[key] = input.checked; draw(); link(); });
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
  }, word("coverage") + " 25 / 50 / 75 / 100 %", "coverage");
  if (data.roads.length) { legendRow(node, stroke("#c9d0d7", 1.5), word("roads"), "roads"); }
  if (data.water.length) { legendRow(node, function (add) { add("rect", { x: 5, y: 2, width: 20, height: 10, fill: "#b9dcee" }); }, word("water"), "water"); }
  if (data.tile) { legendRow(node, function (add) { add("rect", { x: 5, y: 2, width: 20, height: 10, fill: "#e3e0d8" }); }, word("tiles"), "tiles"); }
}
