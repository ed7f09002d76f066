// The network and its output as one SVG file: lines and names stay sharp on a slide, maps are embedded bitmaps.
import { NEGATIVE, POSITIVE, css, ofPoint } from "./colours.js";
import { short } from "../page/dom.js";
import { ends } from "./network-layout.js";
import { written } from "./network-draw.js";

const SPACE = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {string} [text]
 */
function make(tag, attributes, text) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, typeof value === "number" ? String(+value.toFixed(2)) : value);
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * @param {import("../types.js").State} state
 * @param {any} network panel
 * @param {any} output panel
 * @returns {string}
 */
export function picture(state, network, output) {
  const plan = network.plan(), side = 300, top = 34;
  const width = plan.width + side + 40, height = Math.max(plan.height, side) + top + 20;
  const svg = make("svg", { xmlns: SPACE, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, sans-serif", "font-size": 13 });
  svg.append(make("rect", { width, height, fill: "#fff" }));
  const title = `epoch ${Math.floor(state.epoch)}, loss ${short(state.frame?.header.train_loss)}`;
  svg.append(make("text", { x: 10, y: 22, "font-size": 15 }, title));
  const group = make("g", { transform: `translate(0 ${top})` });
  svg.append(group);
  const theta = state.frame?.blocks.theta?.data;
  if (theta && state.network)
    state.network.layers.forEach(({ n_in, n_out, weights_at }, index) => {
      for (const from of plan.columns[index]) {
        if (!from.active || from.input >= n_in) continue;
        for (const to of plan.columns[index + 1]) {
          const weight = theta[weights_at + from.input * n_out + to.index], strength = Math.min(1, Math.abs(weight) / 3);
          const [x0, y0, x1, y1] = ends(from, to), middle = (x0 + x1) / 2;
          group.append(make("path", { d: `M${[x0, y0]}C${[middle, y0, middle, y1, x1, y1].map((v) => +v.toFixed(1))}`, fill: "none",
            stroke: css(weight < 0 ? NEGATIVE : POSITIVE), "stroke-width": 0.5 + 5 * strength, "stroke-opacity": 0.3 + 0.65 * strength }));
        }
      }
    });
  for (const node of plan.columns.flat()) {
    if (!node.active) continue;
    const x = node.x - node.size / 2, y = node.y - node.size / 2;
    group.append(make("image", { x, y, width: node.size, height: node.size, href: network.canvas.piece(node) }));
    group.append(make("rect", { x, y, width: node.size, height: node.size, fill: "none", stroke: "#333" }));
    if (node.name && node.layer === 0) group.append(make("text", { x: x - 6, y: node.y + 4, "text-anchor": "end" }, written(node.name)));
    else if (node.name) group.append(make("text", { x: x + node.size + 6, y: node.y + 4 }, node.name));
  }
  const map = make("g", { transform: `translate(${plan.width + 20} ${top})` });
  map.append(make("image", { width: side, height: side, href: output.map.toDataURL(), preserveAspectRatio: "none" }), make("rect", { width: side, height: side, fill: "none", stroke: "#333" }));
  if (state.data) {
    const { x, y, label, test, range } = state.data, scale = Math.max(1e-9, ...label.map(Math.abs));
    x.forEach((value, index) => {
      if (test[index] && !state.settings.show_test) return;
      const place = (/** @type {number} */ v, /** @type {number[]} */ r) => (v - r[0]) / (r[1] - r[0]);
      map.append(make("circle", { cx: place(value, range[0]) * side, cy: (1 - place(y[index], range[1])) * side, r: 3, fill: ofPoint(label[index], state.task, scale),
        stroke: test[index] ? "#111" : "#fff", "stroke-width": 0.8 }));
    });
  }
  svg.append(map);
  return new XMLSerializer().serializeToString(svg);
}
