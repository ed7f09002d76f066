// The format of model files (docs/model-files.md): a JSON header with a record and a digest, then named arrays.
import { sha256 } from "./sha256.js";

/** @typedef {{dtype: string, shape: number[], bytes: Uint8Array}} Tensor of little-endian numbers; the type as the format names it */

const SIZES = /** @type {Record<string, number>} */ ({ F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1 });
const NUMPY = /** @type {Record<string, string>} */ ({ F64: "<f8", I64: "<i8", U64: "<u8", F32: "<f4", I32: "<i4", U32: "<u4", I16: "<i2", U16: "<u2", I8: "|i1", U8: "|u1", BOOL: "|b1" });

/** @param {ArrayLike<number>} values @param {number[]} [shape] @returns {Tensor} */
export function float64(values, shape = [values.length]) {
  return { dtype: "F64", shape, bytes: new Uint8Array(Float64Array.from(values).buffer) };
}

/** @param {number[]} values @param {number[]} [shape] @returns {Tensor} */
export function int64(values, shape = [values.length]) {
  return { dtype: "I64", shape, bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) };
}

/**
 * @param {string} kind
 * @param {string} version of koubai
 * @param {object} record
 * @param {Record<string, Tensor>} tensors
 * @param {number} [format]
 * @returns {Uint8Array}
 */
export function container(kind, version, record, tensors, format = 1) {
  const fields = /** @type {Record<string, string>} */ ({
    format: "koubai", format_version: String(format), kind, koubai_version: version,
    record: JSON.stringify(plain(record)).replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`),
  });
  const names = Object.keys(tensors).sort();
  const shapes = Object.fromEntries(names.map((name) => [name, [NUMPY[tensors[name].dtype], tensors[name].shape]]));
  const told = new TextEncoder().encode(pythonic([Object.fromEntries(Object.keys(fields).sort().map((name) => [name, fields[name]])), shapes]));
  fields.sha256 = sha256(joined([told, ...names.map((name) => tensors[name].bytes)]));
  const header = /** @type {Record<string, any>} */ ({ __metadata__: fields }), parts = [];
  let position = 0;
  for (const name of names.slice().sort((a, b) => SIZES[tensors[b].dtype] - SIZES[tensors[a].dtype] || (a < b ? -1 : 1))) {
    const { dtype, shape, bytes } = tensors[name];
    header[name] = { dtype, shape, data_offsets: [position, position + bytes.length] };
    position += bytes.length;
    parts.push(bytes);
  }
  let text = JSON.stringify(header);
  const long = new TextEncoder().encode(text).length;
  text += " ".repeat((8 - (long % 8)) % 8);
  const head = new TextEncoder().encode(text), length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(head.length), true);
  return joined([length, head, ...parts]);
}

/** JSON as Python writes it with its usual separators. @param {any} value @returns {string} */
function pythonic(value) {
  if (Array.isArray(value)) return `[${value.map(pythonic).join(", ")}]`;
  if (value && typeof value === "object") return `{${Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}: ${pythonic(part)}`).join(", ")}}`;
  return JSON.stringify(value);
}

/** A record in which numbers that are none are as the format has them. @param {any} value @returns {any} */
function plain(value) {
  if (typeof value === "number" && !Number.isFinite(value)) return { $float: Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf" };
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
  return value;
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
