/* ---- sites ------------------------------------------------------------------------------- */
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
      mark.rank = ORDER.indexOf(level);
      mark.setStyle(siteStyle(i));
      groups[level].addLayer(mark);
    }
    marks.push(mark);
  });
  ORDER.forEach(function (level) {
    groups[level].on("click", function (event) { if (measuring) { addMeasured(event.latlng); } else { openSite(event.layer.index, false); } });
  });
}
/* the mark that lies on top at a point of the picture, the one that a click opens, or -1 */
function siteAt(point) {
  var found = -1, rank = -1;
  marks.forEach(function (mark, i) {
    if (!mark || !mark._map || !mark._containsPoint(point)) { return; }
    if (mark.rank >= rank) { found = i; rank = mark.rank; }
  });
  return found;
}
var hover = L.tooltip({ className: "tip", direction: "top", offset: [0, -6], opacity: 1 });
function tip(at, first, second) {
  var node = make("div", first);
  node.appendChild(make("small", second));
  hover.setLatLng(at).setContent(node).addTo(map);
}
function untip() { map.removeLayer(hover); }
var rowOfSite = null;
function siteRow(code) {
  if (!rowOfSite) { rowOfSite = {}; sites.site_id.forEach(function (own, i) { rowOfSite["s" + own] = i; }); }
  var row = rowOfSite["s" + code];
  return row === undefined ? -1 : row;
}
