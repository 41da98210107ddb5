/* ---- canvases that follow the map -------------------------------------------------------- */
/* What a move of the map leaves to draw is done a piece per frame, marks first, then lines, then
   the ground: all of it in one frame would be seen as a jolt. Until then the pictures that stand
   move with the map. */
function onPaper() { return document.body.classList.contains("printing"); }
var MARKS_TURN = 0, LINES_TURN = 1, GROUND_TURN = 2;
var waiting = [], turning = 0;
/* work is called once per frame until it returns true; it takes the place of its owner's earlier work */
function inTurn(owner, turn, work) {
  giveUp(owner);
  waiting.push({ owner: owner, turn: turn, work: work });
  waiting.sort(function (a, b) { return a.turn - b.turn; });
  if (!turning) { turning = L.Util.requestAnimFrame(nextTurn); }
}
function giveUp(owner) { waiting = waiting.filter(function (job) { return job.owner !== owner; }); }
function nextTurn() {
  var job = waiting[0];
  turning = 0;
  if (job && job.work()) { waiting = waiting.filter(function (other) { return other !== job; }); }
  if (waiting.length && !turning) { turning = L.Util.requestAnimFrame(nextTurn); }
}
var TurnCanvas = L.Canvas.extend({
  getEvents: function () {
    var events = L.Canvas.prototype.getEvents.call(this);
    events.moveend = this._moved;
    return events;
  },
  _moved: function () {
    var self = this, zoomed = this._zoom !== this._map.getZoom();
    /* marks of another zoom may be styled before their turn: they are drawn where they belong now */
    if (onPaper() || (zoomed && this.options.turn === MARKS_TURN)) { giveUp(this); this._update(); return; }
    inTurn(this, this.options.turn, function () { return !self._map || self._piece(); });
  },
  _piece: function () { this._update(); return true; },
  _destroyContainer: function () { giveUp(this); L.Canvas.prototype._destroyContainer.call(this); }
});
/* Thousands of marks are drawn on a spare canvas over several frames, and put in their place when
   all are there. */
var MARKS_A_PIECE = 1200;
var MarksCanvas = TurnCanvas.extend({
  _moved: function () { this._pen = null; TurnCanvas.prototype._moved.call(this); },
  _update: function () { this._pen = null; L.Canvas.prototype._update.call(this); },
  /* whatever is drawn in between makes the spare picture stale */
  _draw: function () { this._stale = true; L.Canvas.prototype._draw.call(this); },
  _piece: function () {
    var count = 0, own = this._ctx, bounds = this._bounds, pen;
    if (!this._pen) {
      if (this._redrawRequest || Object.keys(this._layers).length <= MARKS_A_PIECE) { this._update(); return true; }
      this._stale = false;
      this._pen = this._spare();
    }
    pen = this._pen;
    if (this._stale || this._redrawRequest) { this._update(); return true; }
    /* marks outside of the bounds draw nothing */
    this._ctx = pen.context; this._bounds = pen.bounds; this._drawing = true;
    for (; pen.order && count < MARKS_A_PIECE; pen.order = pen.order.next) { pen.order.layer._updatePath(); count += 1; }
    this._ctx = own; this._bounds = bounds; this._drawing = false;
    if (pen.order) { return false; }
    this._takeOver(pen);
    return true;
  },
  _spare: function () {
    var size = this._map.getSize(), padding = this.options.padding, ratio = L.Browser.retina ? 2 : 1, canvas = make("canvas"), context;
    var from = this._map.containerPointToLayerPoint(size.multiplyBy(-padding)).round(), whole = size.multiplyBy(1 + 2 * padding).round();
    canvas.width = ratio * whole.x; canvas.height = ratio * whole.y;
    context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.translate(-from.x, -from.y);
    return { canvas: canvas, context: context, bounds: L.bounds(from, from.add(whole)), order: this._drawFirst };
  },
  _takeOver: function (pen) {
    var context;
    /* Leaflet's own update, with the ready picture instead of drawing */
    this._postponeUpdatePaths = true;
    L.Canvas.prototype._update.call(this);
    this._postponeUpdatePaths = false;
    this._pen = null;
    context = this._ctx;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(pen.canvas, 0, 0);
    context.restore();
  }
});
