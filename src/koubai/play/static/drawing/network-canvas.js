// The network's canvases. During a run only the maps change in every frame, so each column of them has a narrow canvas
// of its own: any change makes the browser composite the whole canvas. One canvas beneath holds everything else.
import { el, fineness, prepare } from "../page/dom.js";
import { drawBiases, drawLinks, drawNodes, drawValues } from "./network-draw.js";
import { square } from "./network-layout.js";
import { paintMaps } from "./node-maps.js";

/** Interval (milliseconds) between redraws of the links during training, longer for thousands of them; maps are redrawn every frame. */
const OFTEN = 66, SELDOM = 300, DENSE = 1500;

/** @typedef {{pen: CanvasRenderingContext2D, left: number, top: number}} Strip of maps, with its position in device pixels */

export class NetworkCanvas {
  /** @param {(pen: CanvasRenderingContext2D, index: number, x: number, y: number, size: number) => void} face paints an output node's values over the plane */
  constructor(face) {
    this.face = face;
    this.ground = el("canvas", { class: "picture", role: "img", label: "play.network.picture" });
    this.still = el("canvas"); // unchanged during training, as names are slow to draw
    this.columns = el("div"); // maps
    this.values = el("canvas", { "aria-hidden": "true", hidden: true }); // of a manual step, on top
    this.element = el("div", {}, this.ground, this.columns, this.values);
    this.plan = /** @type {any} */ (null);
    this.strips = /** @type {Strip[]} */ ([]);
    this.drawn = -Infinity;
  }

  /** @param {import("./network-layout.js").Layout} plan */
  arrange(plan) {
    this.plan = plan;
    const scale = fineness(), places = this.columns.children;
    while (places.length > plan.columns.length - 1) this.columns.lastElementChild.remove();
    while (places.length < plan.columns.length - 1) this.columns.append(el("canvas", { "aria-hidden": "true" }));
    this.strips = plan.columns.slice(1).map((column, index) => {
      const canvas = places[index], first = square(column[0], scale), last = square(column[column.length - 1], scale);
      canvas.width = first.side;
      canvas.height = last.top + last.side - first.top;
      Object.assign(canvas.style, { left: `${first.left / scale}px`, top: `${first.top / scale}px`, width: `${canvas.width / scale}px`, height: `${canvas.height / scale}px` });
      return { pen: canvas.getContext("2d"), left: first.left, top: first.top };
    });
  }

  /** @param {import("../types.js").State} state */
  maps(state) {
    const scale = fineness(), last = this.strips[this.strips.length - 1];
    if (!paintMaps(this.strips, this.plan, state, scale)) return;
    for (const node of this.plan.columns[this.plan.columns.length - 1]) {
      if (this.plan.joined && !node.name) continue; // the large map is its picture
      const { left, top, side } = square(node, scale);
      this.face(last.pen, node.index, left - last.left, top - last.top, side);
    }
  }

  /**
   * @param {any} state with a network and settings
   * @param {import("./network-draw.js").Look} look
   * @param {boolean} hurried for one of many frames of a run
   */
  draw(state, look, hurried) {
    const { plan } = this, now = performance.now(), flying = hurried && state.running;
    if (flying && now - this.drawn < (state.network.n_parameters > DENSE ? SELDOM : OFTEN)) return;
    this.drawn = now;
    if (!flying) drawNodes(prepare(this.still, plan.width, plan.height), plan, state, look);
    const pen = prepare(this.ground, plan.width, plan.height);
    drawLinks(pen, plan, state, look.hover || state.selection, look);
    drawBiases(pen, plan, state, look);
    pen.drawImage(this.still, 0, 0, plan.width, plan.height);
    this.values.hidden = !state.frame?.blocks.activations;
    if (!this.values.hidden) drawValues(prepare(this.values, plan.width, plan.height), plan, state, look);
  }

  /**
   * Paints the content of all canvases, for a film.
   * @param {CanvasRenderingContext2D} pen
   * @param {number} x
   * @param {number} y
   * @param {number} scale
   */
  copy(pen, x, y, scale) {
    const own = fineness(), { width, height } = this.plan;
    pen.drawImage(this.ground, x, y, width * scale, height * scale);
    for (const { pen: { canvas }, left, top } of this.strips)
      pen.drawImage(canvas, x + (left / own) * scale, y + (top / own) * scale, (canvas.width / own) * scale, (canvas.height / own) * scale);
    if (!this.values.hidden) pen.drawImage(this.values, x, y, width * scale, height * scale);
  }

  /**
   * A node's square alone, without links, for a picture.
   * @param {import("./network-layout.js").Node} node
   */
  piece(node) {
    const { left, top, side } = square(node, fineness()), strip = this.strips[node.layer - 1];
    const piece = el("canvas", { width: side, height: side });
    const from = strip ? strip.pen.canvas : this.still;
    piece.getContext("2d").drawImage(from, left - (strip?.left ?? 0), top - (strip?.top ?? 0), side, side, 0, 0, side, side);
    return piece.toDataURL();
  }
}
