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
  framing = framed = true;
  map.fitBounds(box, { paddingTopLeft: [free.left, 12], paddingBottomRight: [free.inset ? free.inset + 28 : 12, 12], animate: animate && !still });
  framing = false;
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
drawBase(); drawLabels(); drawRoutes(); drawSites(); drawInset(); bindSearch(); bindMeasure(); bindHover();
sizeInset(room().inset);
id("slider").addEventListener("input", function () { stop(); setStep(parseInt(id("slider").value, 10)); });
id("play").addEventListener("click", play);
id("language").addEventListener("click", function () { setLanguage(1 - state.language); });
id("reset").addEventListener("click", function () { closeCard(); whole(true); });
id("centre").hidden = !heart;
id("centre").addEventListener("click", function () { closeCard(); map.fitBounds(heart, { padding: [12, 12], animate: !still }); });
map.getContainer().setAttribute("role", "region");
unsmoothed(map);
id("print").addEventListener("click", function () { window.print(); });
id("card-close").addEventListener("click", function () { closeCard(); id("query").focus(); });
/* Safari of those years, iPads among them, knows full screen under its own name only */
var root = document.documentElement, enter = root.requestFullscreen || root.webkitRequestFullscreen;
var leave = document.exitFullscreen || document.webkitExitFullscreen;
id("full").hidden = !enter || !(document.fullscreenEnabled || document.webkitFullscreenEnabled);
id("full").addEventListener("click", function () {
  if (document.fullscreenElement || document.webkitFullscreenElement) { leave.call(document); } else { enter.call(root); }
});
document.addEventListener("keydown", function (event) {
  if (event.key !== "Escape") { return; }
  if (measuring) { setMeasuring(false); id("measure").focus(); } else if (!id("card").hidden) {
    var within = id("card").contains(document.activeElement);
    closeCard();
    if (within) { id("query").focus(); }
  }
});
window.addEventListener("beforeprint", toPaper);
window.addEventListener("afterprint", toScreen);
window.addEventListener("hashchange", function () { follow(readLink()); });
map.on("zoomend", function () { placeLabels(); draw(); });
map.on("movestart", function () { if (!framing) { framed = false; } });
map.on("resize", function () {
  if (before) { return; }
  if (framed) { whole(false); } else { sizeInset(room().inset); updateInset(); }
});
map.on("click", function (event) {
  if (measuring) { addMeasured(event.latlng); return; }
  var route = routeAt(event.latlng), district = id("card").hidden ? districtAt(event.latlng) : -1;
  if (route >= 0) { openRoute(route, false); return; }
  if (district >= 0) { openDistrict(district, false); } else { closeCard(); }
});
/* a browser takes its time over the address: not while the map is being moved */
var linking = 0;
map.on("movestart", function () { clearTimeout(linking); });
map.on("moveend", function () { clearTimeout(linking); linking = setTimeout(link, 250); });
follow(readLink());
placeLabels();

/* for tests and for the console; the page itself doesn't use it */
window.geoplanMap = {
  map: map, lines: linesLayer, marks: mainCanvas, setStep: setStep, setLanguage: setLanguage, openSite: openSite, openRoute: openRoute, openDistrict: openDistrict,
  measure: { add: addMeasured, metres: measuredMetres, between: metresBetween }, data: data,
  waiting: function () { return waiting.length > 0; },
  visible: function () {
    return { step: state.step, routes: Number(document.body.getAttribute("data-visible-routes")), sites: Number(document.body.getAttribute("data-served-sites")) };
  }
};
document.body.setAttribute("data-ready", "true");
