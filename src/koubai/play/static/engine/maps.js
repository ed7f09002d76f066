// Layers that read maps (height, width, channels): the windows that they move over them, as koubai.core.layers.windows has them.
import { EngineError } from "./memory.js";

/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").LayerKind} LayerKind */
/** @typedef {Record<string, unknown>} Spec */

/**
 * Return the sizes of a layer's map and windows by their names, and how many lines of windows are copied at a time.
 * @param {Spec} spec
 * @param {LayerKind} kind
 * @param {Description} description
 * @returns {Record<string, number>}
 */
export function mapOf(spec, kind, { sizes }) {
  const [height, width, channels] = listOf(spec, "input_shape", 3);
  if (kind.windows === null) return { height, width, channels };
  const [high, wide] = listOf(spec, kind.windows, 2), [down, across] = listOf(spec, "strides", 2, [high, wide]);
  const rows = axis(spec, 0, height, high, down), columns = axis(spec, 1, width, wide, across);
  const line = columns.count * high * wide * channels;
  return {
    height, width, channels, high, wide, down, across,
    top: rows.before, left: columns.before, out_height: rows.count, out_width: columns.count,
    lines_at_once: Math.max(1, Math.min(Math.floor(sizes.patch_numbers / line), sizes.most_lines)),
  };
}

/**
 * Return the padding before a row or column of cells, and how many windows there are.
 * @param {Spec} spec
 * @param {number} place of the padding: vertical, horizontal
 * @param {number} cells
 * @param {number} size
 * @param {number} stride
 */
function axis({ padding }, place, cells, size, stride) {
  const around = padding === "valid" ? 0 : Array.isArray(padding) ? Number(padding[place]) : NaN;
  const same = Math.max((Math.ceil(cells / stride) - 1) * stride + size - cells, 0);
  const before = padding === "same" ? Math.floor(same / 2) : around, all = padding === "same" ? same : 2 * around;
  const count = Math.floor((cells + all - size) / stride) + 1;
  if (!Number.isSafeInteger(before) || before < 0 || before >= size) {
    throw new EngineError(`engine: padding must be valid, same, or two integers >= 0 below the window's size; got ${padding}. Try same.`);
  }
  if (cells + all < size) throw new EngineError(`engine: a window must be at most the padded map's ${cells + all} cells; got ${size}. Take a smaller one.`);
  return { before, count };
}

/**
 * @param {Spec} spec
 * @param {string} field
 * @param {number} length
 * @param {number[]} [usual]
 */
function listOf(spec, field, length, usual) {
  const given = spec[field] ?? usual, list = Array.isArray(given) ? given : [];
  if (list.length !== length || !list.every((size) => Number.isSafeInteger(size) && size >= 1)) {
    throw new EngineError(`engine: ${field} must be ${length} integers >= 1; got ${given}. Try ${new Array(length).fill(3)}.`);
  }
  return /** @type {number[]} */ (list);
}
