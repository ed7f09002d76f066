// Prepared rows as they are sent: numbers as the bytes of float64 in base64, pixels as bytes or float32.

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** @param {any} rows */
export function decoded(rows) {
  if (rows.pixels) {
    const pixels = bytes(rows.pixels);
    return { pixels: rows.kind === "f4" ? new Float32Array(pixels.buffer) : pixels, labels: bytes(rows.labels) };
  }
  const numbers = (/** @type {string} */ text) => new Float64Array(bytes(text).buffer);
  return { ...rows, inputs: numbers(rows.inputs), targets: numbers(rows.targets) };
}
