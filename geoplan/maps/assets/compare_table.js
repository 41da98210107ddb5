/* ---- figures side by side ---------------------------------------------------------------- */
var MOST_ROWS = 200;
function headRow(cells) {
  var head = make("thead"), tr = make("tr");
  cells.forEach(function (text) {
    var th = make(text === "" ? "td" : "th", text);
    if (text !== "") { th.setAttribute("scope", "col"); }
    tr.appendChild(th);
  });
  head.appendChild(tr);
  return head;
}
function writeFigures() {
  var table = clear(id("table")), body = make("tbody");
  table.appendChild(headRow([""].concat(data.plans.map(function (_, p) { return LETTERS[p] + " · " + planName(p); }))));
  function line(label, values) {
    var tr = make("tr"), th = make("th", label);
    th.setAttribute("scope", "row");
    tr.appendChild(th);
    values.forEach(function (value) { tr.appendChild(make("td", value, value === values[0] ? "" : "changed")); });
    body.appendChild(tr);
  }
  line(word("cost"), data.plans.map(function (plan) { return say(plan.cost); }));
  data.plans[0].rows.forEach(function (row, r) {
    line(say(row[0]), data.plans.map(function (plan, p) { return say(plan.rows[r][1][stepOf(p)]); }));
  });
  table.appendChild(body);
  var proof = clear(id("proof"));
  data.plans.forEach(function (plan, p) { plan.proof.forEach(function (text) { proof.appendChild(make("p", LETTERS[p] + " · " + say(text))); }); });
  var notes = clear(id("notes"));
  data.notes.forEach(function (text) { notes.appendChild(make("p", say(text))); });
}

/* ---- what differs ------------------------------------------------------------------------ */
function named(key) { return word(key).replace("{a}", "A").replace("{b}", LETTERS[state.other]); }
/* the rows of a list are made when it is opened: there may be thousands */
function list(key, count, sum, head, rows) {
  var details = make("details"), summary = make("summary", named(key)), many = make("div", null, "many");
  details.id = "list-" + key;
  summary.appendChild(make("strong", sum || grouped(count, 0)));
  details.appendChild(summary);
  details.appendChild(many);
  /* a part that scrolls must be reached by keyboard */
  many.tabIndex = 0;
  many.setAttribute("role", "region");
  many.setAttribute("aria-label", named(key));
  details.addEventListener("toggle", function () {
    if (!details.open || many.firstChild) { return; }
    if (!count) { many.appendChild(make("p", word("no_difference"))); return; }
    var table = make("table"), body = make("tbody");
    table.appendChild(headRow(head));
    rows(body);
    table.appendChild(body);
    many.appendChild(table);
    if (count > MOST_ROWS) { many.appendChild(make("p", word("first_rows").replace("{}", MOST_ROWS))); }
  });
  id("lists").appendChild(details);
}
function rowOf(body, text, chosen, cells) {
  var tr = make("tr"), first = make("td", null, "name"), button = make("button", text);
  button.type = "button";
  button.title = word("show");
  button.addEventListener("click", function () { choose(chosen); show(chosen); });
  first.appendChild(button);
  tr.appendChild(first);
  cells.forEach(function (cell) { tr.appendChild(make("td", cell)); });
  body.appendChild(tr);
}
function methodName(key) { return data.methods[key] ? say(data.methods[key]) : key; }
function routeList(key, p) {
  var rows = difference()[key], routes = data.plans[p].routes, sums = difference().sums[key];
  var sum = word("routes_sum").replace("{n}", say(sums[0])).replace("{km}", say(sums[1])).replace("{money}", say(sums[2]));
  list(key, rows.length, sum, [word("stretch"), word("method"), word("in_phase"), word("length"), word("cost_of")], function (body) {
    rows.slice(0, MOST_ROWS).forEach(function (i) {
      rowOf(body, String(routes.edge_id[i]), { kind: "route", pane: p, row: i },
        [methodName(routes.method[i]), phaseIn(p, routes.phase[i]), km(routes.length_m[i]), cash(routes.cost_cents[i])]);
    });
  });
}
function pairList(key, cell) {
  var pairs = difference()[key], b = state.other, first = data.plans[0].routes, second = data.plans[b].routes;
  list(key, pairs.length, "", [word("stretch"), "A", LETTERS[b]], function (body) {
    pairs.slice(0, MOST_ROWS).forEach(function (pair) {
      rowOf(body, first.edge_id[pair[0]] + " / " + second.edge_id[pair[1]], { kind: "route", pane: 0, row: pair[0] },
        [cell(0, first, pair[0]), cell(b, second, pair[1])]);
    });
  });
}
function siteList(key) {
  var pairs = difference()[key], b = state.other, first = data.plans[0].sites, second = data.plans[b].sites;
  list(key, pairs.length, "", [word("site"), word("district"), word("phase_of").replace("{}", "A"), word("phase_of").replace("{}", LETTERS[b])], function (body) {
    pairs.slice(0, MOST_ROWS).forEach(function (pair) {
      rowOf(body, first.name[pair[0]], { kind: "site", pane: 0, row: pair[0] },
        [first.district_name[pair[0]], phaseIn(0, first.phase[pair[0]]), phaseIn(b, second.phase[pair[1]])]);
    });
  });
}
function writeDifferences() {
  clear(id("lists"));
  routeList("only_first", 0);
  routeList("only_second", state.other);
  pairList("other_method", function (p, routes, i) { return methodName(routes.method[i]); });
  pairList("other_phase", function (p, routes, i) { return phaseIn(p, routes.phase[i]); });
  siteList("earlier");
  siteList("later");
}
