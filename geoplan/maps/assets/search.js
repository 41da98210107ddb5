/* ---- search ------------------------------------------------------------------------------ */
var hits = [], active = -1;
/* sites and districts by name or code, stretches by number; what begins with the text stands first */
function search(text) {
  var wanted = text.trim().toLowerCase(), starts = [], inside = [];
  if (!wanted) { return []; }
  function look(hit, name, code) {
    var a = name.toLowerCase().indexOf(wanted), b = code.toLowerCase().indexOf(wanted);
    if (a === 0 || b === 0) { starts.push(hit); } else if (a > 0 || b > 0) { inside.push(hit); }
  }
  data.districts.forEach(function (district, d) { look({ kind: "district", row: d }, district.name, district.code); });
  sites.site_id.forEach(function (code, i) { look({ kind: "site", row: i }, sites.name[i], code); });
  if (/^\d+$/.test(wanted)) {
    var route = routes.edge_id.indexOf(parseInt(wanted, 10));
    if (route >= 0) { starts.push({ kind: "route", row: route }); }
  }
  return starts.concat(inside).slice(0, 30);
}
function hitTitle(hit) {
  return hit.kind === "site" ? sites.name[hit.row] : hit.kind === "district" ? data.districts[hit.row].name : routeTitle(hit.row);
}
function hitDetail(hit) {
  var i = hit.row;
  if (hit.kind === "district") { return word("district_kind") + " · " + data.districts[i].code; }
  if (hit.kind === "route") { return phaseName(routes.phase[i]) + " · " + km(routes.length_m[i]); }
  return say(data.levels[sites.level[i]] || ["", ""]) + " · " + sites.district_name[i] + " · " + sites.site_id[i];
}
function writeHits() {
  var list = clear(id("hits")), query = id("query");
  hits.forEach(function (hit, n) {
    var item = make("li", hitTitle(hit));
    item.id = "hit-" + n;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", n === active ? "true" : "false");
    item.appendChild(make("small", hitDetail(hit)));
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
  var hit = hits[n];
  if (!hit) { return; }
  id("query").value = hitTitle(hit);
  closeHits();
  if (hit.kind === "site") { openSite(hit.row, true); } else if (hit.kind === "route") { openRoute(hit.row, true); } else { openDistrict(hit.row, true); }
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
