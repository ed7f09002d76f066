// The network of a derivation as a picture, with the way to the asked number lit.
import { escaped } from "./mathml.js";
import { partOf } from "./book.js";
import { walk } from "./tree.js";
import { PlainWriter, lowered, raised } from "./writer.js";

/** @typedef {import("./book.js").Book} Book */
/** @typedef {import("./book.js").Step} Step */
/** @typedef {import("./values.js").Value} Value */
/** @typedef {{layer: number, index: number, value: Value, delta: Value | null, bias: Value | null, light: string}} Node */
/** @typedef {{layer: number, target: number, source: number, weight: Value, light: string}} Edge */
/** @typedef {{sizes: number[], columns: Node[][], edges: Edge[], caption: any[]}} Diagram */

const ACROSS = 165, DOWN = 96, RADIUS = 28, MARGIN = 62, FEW = 4, MOST_LABELS = 12, WIDEST = 9;
const LIGHTS = ["", "lit", "direct", "asked"];

/**
 * @param {Book} book
 * @param {Step[]} steps
 * @param {Step} asked
 * @param {boolean} withDeltas
 * @returns {Diagram}
 */
export function picture(book, steps, asked, withDeltas) {
  const isForward = (/** @type {Step} */ step) => ["forward", "loss"].includes(partOf(step)), rest = steps.filter((step) => !isForward(step));
  const lights = /** @type {Map<string, string>} */ (new Map());
  for (const place of mentioned(steps.filter(isForward))) lights.set(place, "lit");
  for (const place of mentioned(rest.length ? rest : steps.slice(-2))) lights.set(place, "direct");
  const [, layer, i, j] = asked.id;
  if (j) for (const place of [`${layer},${i}`, `${layer - 1},${j}`]) lights.set(place, "direct");
  if (i) lights.set(j ? `${layer},${i},${j}` : `${layer},${i}`, "asked");
  const columns = book.net.sizes.map((size, at) => {
    const own = [...lights.keys()].map((place) => place.split(",").map(Number)).filter((place) => place.length === 2 && place[0] === at);
    const strength = (/** @type {number[]} */ place) => LIGHTS.indexOf(lights.get(place.join(",")) ?? "");
    const important = own.sort((a, b) => strength(b) - strength(a) || a[1] - b[1]).map(([, node]) => node);
    return drawn(size, important).map((index) => ({
      layer: at, index, value: book.value("z", at, index), delta: withDeltas && at ? book.value("delta", at, index) : null,
      bias: at ? book.w(at, index, 0) : null, light: lights.get(`${at},${index}`) ?? "",
    }));
  });
  const edges = columns.slice(1).flatMap((heads, before) => heads.flatMap(({ layer: at, index: target }) => columns[before].map(({ index: source }) => (
    { layer: at, target, source, weight: book.w(at, target, source), light: lights.get(`${at},${target},${source}`) ?? "" }))));
  return { sizes: book.net.sizes, columns, edges, caption: asked.subject };
}

/** Nodes "layer,i" and weights "layer,i,j" whose numbers stand in steps. @param {Step[]} steps @returns {Set<string>} */
function mentioned(steps) {
  const found = /** @type {Set<string>} */ (new Set());
  for (const { subject, symbols } of steps)
    for (const part of [subject, ...walk(symbols)]) {
      const [kind, base, lower = [], layer = 0] = part[0] === "q" ? part[1] : part;
      if (kind !== "s" || !lower.every(Number.isInteger)) continue;
      if (base === "w" && lower[1]) found.add(`${layer},${lower}`);
      else if (["u", "z", "δ", "x"].includes(base) && lower.length === 1) found.add(`${layer ?? 0},${lower}`);
    }
  return found;
}

/** Nodes of a layer that are drawn: of a large one the important, the first and the last. @param {number} size @param {number[]} important */
function drawn(size, important) {
  if (size <= WIDEST) return Array.from({ length: size }, (_, k) => k + 1);
  return [...new Set([...important.slice(0, WIDEST - 3), 1, important.includes(2) ? 3 : 2, size])].sort((a, b) => a - b);
}

/**
 * @param {Diagram} diagram
 * @param {import("./values.js").Notation} notation
 * @param {(key: string, values: any) => string} words
 */
export function svg(diagram, notation, words) {
  const { columns, sizes } = diagram, tallest = Math.max(...columns.map(({ length }) => length)), last = columns.length - 1;
  const hides = sizes.some((size, layer) => size > columns[layer].length);
  const width = 2 * MARGIN + ACROSS * last, height = DOWN * tallest + (hides ? 50 : 34), writer = new PlainWriter({ ...notation, digits: 3 });
  const shown = (/** @type {Value} */ value) => escaped(writer.write(["n", value]));
  const places = new Map(columns.flatMap((column, layer) => column.map(({ index }, row) =>
    [`${layer},${index}`, [MARGIN + ACROSS * layer, 68 + DOWN * (row + (tallest - column.length) / 2)]])));
  const at = (/** @type {number} */ layer, /** @type {number} */ index) => /** @type {number[]} */ (places.get(`${layer},${index}`));
  const ordered = [...diagram.edges].sort((a, b) => LIGHTS.indexOf(a.light) - LIGHTS.indexOf(b.light));
  const lines = ordered.map(({ layer, source, target, light }) => {
    const [[x1, y1], [x2, y2]] = [at(layer - 1, source), at(layer, target)];
    return `<line class="edge ${light}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
  });
  const weights = labelled(diagram, tallest).map(({ layer, source, target, weight, light }) => {
    const [[x1, y1], [x2, y2]] = [at(layer - 1, source), at(layer, target)], along = Math.max(1 / (columns[layer].length + 1), (RADIUS + 16) / ACROSS);
    return `<text class="weight${light === "asked" ? " asked-weight" : ""}" x="${short(x1 + along * (x2 - x1))}" y="${short(y1 + along * (y2 - y1) + 4)}">${shown(weight)}</text>`;
  });
  const nodes = columns.flat().map((node) => nodeOf(node, at(node.layer, node.index), shown));
  const titles = columns.map((_, layer) => {
    const key = layer === 0 ? "explain.page.input" : layer === last ? "explain.page.output" : "explain.page.hidden";
    return `<text class="title" x="${MARGIN + ACROSS * layer}" y="14">${escaped(words(key, { layer }))}</text>`;
  });
  const gaps = columns.map((column, layer) => {
    const hidden = sizes[layer] - column.length, end = column[column.length - 1];
    if (!hidden) return "";
    const [x, y] = at(layer, end.index);
    return `<text class="title" x="${x}" y="${y + RADIUS + (end.delta === null ? 16 : 30)}">⋯ ${escaped(words("explain.page.more", { count: hidden }))}</text>`;
  });
  const caption = words("explain.page.diagram", { quantity: writer.write(diagram.caption) });
  return `<svg class="net" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(caption)}" xmlns="http://www.w3.org/2000/svg">${[...lines, ...weights, ...nodes, ...titles, ...gaps].join("")}</svg>`;
}

/** Six significant digits, as Python writes a length. @param {number} value */
const short = (value) => String(+value.toPrecision(6));

/** Edges with their numbers: all where there is room, else those that are asked for. @param {Diagram} diagram @param {number} tallest */
function labelled({ edges }, tallest) {
  if (tallest <= FEW) return edges;
  const lit = edges.filter(({ light }) => light === "direct" || light === "asked");
  return lit.length <= MOST_LABELS ? lit : edges.filter(({ light }) => light === "asked");
}

/** @param {Node} node @param {number[]} place @param {(value: Value) => string} shown */
function nodeOf({ layer, index, value, delta, bias, light }, [x, y], shown) {
  const name = `${layer ? "z" : "x"}${lowered(index)}${layer ? `⁽${raised(layer)}⁾` : ""}`;
  return [
    `<circle class="node ${light}" cx="${x}" cy="${y}" r="${RADIUS}"/>`, `<text class="name" x="${x}" y="${y - 5}">${name}</text>`,
    `<text x="${x}" y="${y + 12}">${shown(value)}</text>`, bias === null ? "" : `<text class="bias" x="${x}" y="${y - RADIUS - 5}">b ${shown(bias)}</text>`,
    delta === null ? "" : `<text class="delta" x="${x}" y="${y + RADIUS + 14}">δ ${shown(delta)}</text>`,
  ].join("");
}
