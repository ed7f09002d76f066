// Binary frames: length of the header, header as JSON, then blocks of numbers.

const KINDS = { f4: Float32Array, u1: Uint8Array };

/**
 * @param {ArrayBuffer} buffer
 * @returns {import("./types.js").Frame}
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  /** @type {Record<string, any>} */
  const blocks = {};
  for (const { name, dtype, shape, offset } of header.blocks) {
    const size = shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    blocks[name] = { data: new KINDS[/** @type {"f4" | "u1"} */ (dtype)](buffer, start + offset, size), shape };
  }
  return { header, blocks };
}
