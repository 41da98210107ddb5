/* ---- many lines on one canvas ------------------------------------------------------------ */
/* Leaflet keeps an object per line, which takes seconds where there are a hundred thousand. This
   layer keeps coordinates in typed arrays and draws all lines in batches of one style. Large
   pictures are drawn on a second canvas in slices between frames, and shown when they are whole. */
var SLICE_MS = 6, AT_ONCE = 6000;
function lineStore(lines) {
  /* parts of all lines in world coordinates (0 to 1), as Leaflet's map sees them */
  var parts = 0, points = 0, i, j;
  for (i = 0; i < lines.length; i++) { for (j = 0; j < lines[i].length; j++) { parts += 1; points += lines[i][j].length >> 1; } }
  var store = { x: new Float64Array(points), y: new Float64Array(points), start: new Int32Array(parts + 1), line: new Int32Array(parts),
    box: new Float64Array(4 * parts), first: new Int32Array(lines.length + 1), parts: parts };
  var p = 0, k = 0, flat, n, lon, lat, sine, x, y, b;
  for (i = 0; i < lines.length; i++) {
    store.first[i] = p;
    for (j = 0; j < lines[i].length; j++) {
      flat = lines[i][j]; lon = 0; lat = 0; b = 4 * p;
      store.start[p] = k; store.line[p] = i;
      store.box[b] = store.box[b + 1] = Infinity; store.box[b + 2] = store.box[b + 3] = -Infinity;
      for (n = 0; n < flat.length; n += 2) {
        lon += flat[n]; lat += flat[n + 1];
        sine = Math.sin(lat / data.units * Math.PI / 180);
        x = lon / data.units / 360 + 0.5; y = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
        store.x[k] = x; store.y[k] = y; k += 1;
        if (x < store.box[b]) { store.box[b] = x; } if (y < store.box[b + 1]) { store.box[b + 1] = y; }
        if (x > store.box[b + 2]) { store.box[b + 2] = x; } if (y > store.box[b + 3]) { store.box[b + 3] = y; }
      }
      p += 1;
    }
  }
  store.first[lines.length] = p; store.start[p] = k;
  return store;
}
function latlngOf(x, y) {
  var turn = Math.exp(Math.PI * (1 - 2 * y));
  return L.latLng(Math.atan((turn - 1 / turn) / 2) * 180 / Math.PI, (x - 0.5) * 360);
}
function boundsOf(store, i) {
  var p, b, found = L.latLngBounds([]);
  for (p = store.first[i]; p < store.first[i + 1]; p++) {
    b = 4 * p;
    found.extend(latlngOf(store.box[b], store.box[b + 1])); found.extend(latlngOf(store.box[b + 2], store.box[b + 3]));
  }
  return found;
}
var LinesLayer = L.Renderer.extend({
  options: { padding: 0.1 },
  initialize: function (store, options) {
    L.Renderer.prototype.initialize.call(this, options);
    this._store = store; this._batches = [];
  },
  _initContainer: function () {
    this._container = make("div");
    this._front = null;
    this._canvases = [make("canvas"), make("canvas")];
    for (var k = 0; k < 2; k++) {
      this._canvases[k].style.position = "absolute"; this._canvases[k].style.visibility = "hidden";
      this._canvases[k].style.transformOrigin = "0 0";
      this._container.appendChild(this._canvases[k]);
    }
  },
  _destroyContainer: function () {
    giveUp(this);
    L.DomUtil.remove(this._container);
    delete this._container;
  },
  /* each batch: parts (row numbers of the store's parts), color, weight, opacity, dash */
  setBatches: function (batches) { this._batches = batches; if (this._map) { this._draw(true); } return this; },
  _update: function () {
    if (this._map._animatingZoom && this._bounds) { return; }
    L.Renderer.prototype._update.call(this);
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._place();
    if (onPaper()) { this._draw(true); return; }
    this._draw(false);
  },
  /* the picture that stands stays where it belongs until the new one is whole */
  _place: function () {
    var front = this._front, scale = this._map.options.crs.scale(this._map.getZoom()), origin = this._map.getPixelOrigin();
    if (!front) { return; }
    front.canvas.style.transform = "translate(" + (front.x * scale - origin.x - this._bounds.min.x) + "px," + (front.y * scale - origin.y - this._bounds.min.y) +
      "px) scale(" + scale / front.scale + ")";
  },
  /* at once when other lines are asked for; in its turn, large pictures in slices, when the map moved */
  _draw: function (now) {
    var pen = null, self = this;
    function done() { self._show(pen); pen = null; return true; }
    if (!this._map) { return; }
    if (now) { giveUp(this); pen = this._begin(); this._slice(pen, Infinity); done(); return; }
    inTurn(this, LINES_TURN, function () {
      if (!self._map) { return true; }
      pen = pen || self._begin();
      return self._slice(pen, pen.total > AT_ONCE ? SLICE_MS : Infinity) && done();
    });
  },
  _begin: function () {
    var map = this._map, size = this._bounds.getSize(), ratio = L.Browser.retina ? 2 : 1, total = 0;
    var canvas = this._front && this._front.canvas === this._canvases[0] ? this._canvases[1] : this._canvases[0], context;
    var scale = map.options.crs.scale(map.getZoom()), origin = map.getPixelOrigin().add(this._bounds.min);
    canvas.width = ratio * size.x; canvas.height = ratio * size.y;
    canvas.style.width = size.x + "px"; canvas.style.height = size.y + "px";
    context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.lineJoin = "round";
    this._batches.forEach(function (batch) { total += batch.parts.length; });
    return { canvas: canvas, context: context, total: total, scale: scale, left: origin.x, top: origin.y, width: size.x, height: size.y, batch: 0, part: 0 };
  },
  _show: function (pen) {
    var old = this._front;
    this._front = { canvas: pen.canvas, x: pen.left / pen.scale, y: pen.top / pen.scale, scale: pen.scale };
    pen.canvas.style.visibility = "visible";
    if (old) { old.canvas.style.visibility = "hidden"; }
    this._place();
    this.fire("drawn");
  },
  /* draw for some milliseconds; true when all is drawn */
  _slice: function (pen, most) {
    var began = Date.now(), context = pen.context, batch, end;
    while (pen.batch < this._batches.length) {
      batch = this._batches[pen.batch];
      context.globalAlpha = batch.opacity; context.strokeStyle = batch.color; context.lineWidth = batch.weight;
      context.setLineDash(batch.dash || []);
      while (pen.part < batch.parts.length) {
        /* short paths: the cost of stroking one grows faster than its length */
        end = Math.min(pen.part + 400, batch.parts.length);
        context.beginPath();
        for (; pen.part < end; pen.part++) { this._trace(pen, batch.parts[pen.part], batch.weight); }
        context.stroke();
        if (Date.now() - began > most) { return false; }
      }
      pen.batch += 1; pen.part = 0;
    }
    return true;
  },
  _trace: function (pen, part, weight) {
    var store = this._store, b = 4 * part, scale = pen.scale, left = pen.left, top = pen.top, end = store.start[part + 1] - 1, k = store.start[part], x, y, px, py;
    if (store.box[b] * scale - left > pen.width + weight || store.box[b + 2] * scale - left < -weight ||
        store.box[b + 1] * scale - top > pen.height + weight || store.box[b + 3] * scale - top < -weight) { return; }
    px = store.x[k] * scale - left; py = store.y[k] * scale - top;
    pen.context.moveTo(px, py);
    for (k += 1; k <= end; k++) {
      x = store.x[k] * scale - left; y = store.y[k] * scale - top;
      /* what falls within a pixel of the last point can't be seen */
      if (k < end && Math.abs(x - px) + Math.abs(y - py) < 1) { continue; }
      pen.context.lineTo(x, y);
      px = x; py = y;
    }
  },
  /* the line of the batches that lies within some pixels of a place, -1 for none; later batches lie on top */
  lineAt: function (at, pixels) {
    var store = this._store, scale = this._map.options.crs.scale(this._map.getZoom()), reach = pixels / scale, best = -1, least = reach * reach, n, m, part, b, k, distance;
    var sine = Math.sin(at.lat * Math.PI / 180), x = at.lng / 360 + 0.5, y = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
    for (n = this._batches.length - 1; n >= 0; n--) {
      if (this._batches[n].silent) { continue; }
      for (m = 0; m < this._batches[n].parts.length; m++) {
        part = this._batches[n].parts[m]; b = 4 * part;
        if (x < store.box[b] - reach || x > store.box[b + 2] + reach || y < store.box[b + 1] - reach || y > store.box[b + 3] + reach) { continue; }
        for (k = store.start[part] + 1; k < store.start[part + 1]; k++) {
          distance = squaredDistance(x, y, store.x[k - 1], store.y[k - 1], store.x[k], store.y[k]);
          if (distance < least) { least = distance; best = store.line[part]; }
        }
      }
    }
    return best;
  }
});
function squaredDistance(x, y, ax, ay, bx, by) {
  var dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy, t = length > 0 ? ((x - ax) * dx + (y - ay) * dy) / length : 0;
  t = t < 0 ? 0 : t > 1 ? 1 : t;
  ax += t * dx - x; ay += t * dy - y;
  return ax * ax + ay * ay;
}
