// Checks of plain values, read from their descriptions in the catalogue: koubai.play.checks refuses the same.
import { Problem } from "../experiment/problem.js";

/** @typedef {{check: string, [part: string]: any}} Described */

/**
 * @param {unknown} value
 * @returns {string} a short representation, however long or deep
 */
export function shown(value) {
  const words = JSON.stringify(value) ?? String(value);
  return words.length > 60 ? `${words.slice(0, 60)}…` : words;
}

/**
 * @param {string} key
 * @param {string} name
 * @param {unknown} value
 * @param {object} [more]
 */
const refused = (key, name, value, more = {}) => new Problem(key, { name, got: shown(value), ...more });

/** @type {Record<string, (value: any, name: string, part: any) => any>} */
const CHECKS = {
  anything: (value) => value,
  number(value, name, { low, high }) {
    if (typeof value !== "number" || !(value >= low && value <= high)) throw refused("number", name, value, { low, high });
    return value;
  },
  count(value, name, { low, high }) {
    if (typeof value !== "number" || !(value >= low && value <= high) || !Number.isInteger(value)) throw refused("count", name, value, { low, high });
    return value;
  },
  maybe: (value, name, { inner }) => (value === null ? null : checked(inner, value, name)),
  oneof(value, name, { allowed }) {
    if (!allowed.includes(value)) throw refused("one_of", name, value, { allowed: allowed.join(", ") });
    return value;
  },
  text(value, name, { longest }) {
    if (value === null) return null;
    if (typeof value !== "string" || value.length > longest || /[\ud800-\udfff]/u.test(value)) throw refused("text", name, value, { longest });
    return value;
  },
  flag(value, name) {
    if (typeof value !== "boolean") throw refused("flag", name, value);
    return value;
  },
  many(value, name, { each, most, least }) {
    if (!Array.isArray(value) || value.length < least || value.length > most) throw refused("many", name, value, { least, most });
    return value.map((one, index) => checked(each, one, `${name}[${index}]`));
  },
  point(value, name) {
    const whole = Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
    if (!whole || Math.abs(value[0]) > 6 || Math.abs(value[1]) > 6 || !Number.isInteger(value[2]) || value[2] < 0 || value[2] > 9) throw refused("point", name, value);
    return value;
  },
  pair: (value, name) => (value === "pca" ? value : CHECKS.many(value, name, { each: { check: "count", low: 0, high: 9999 }, most: 2, least: 2 })),
};

/**
 * @param {Described} check
 * @param {unknown} value
 * @param {string} name
 */
export const checked = (check, value, name) => CHECKS[check.check](value, name, check);

/**
 * Return settings with some of them changed, or throw.
 * @param {any} catalogue
 * @param {any} settings
 * @param {any} part names and values
 */
export function changed(catalogue, settings, part) {
  if (typeof part !== "object" || part === null || Array.isArray(part)) throw refused("settings", "settings", part);
  const found = { ...settings };
  for (const [name, value] of Object.entries(part)) {
    const check = Object.hasOwn(catalogue.checks, name) ? catalogue.checks[name] : null;
    if (!check) throw new Problem("no_setting", { got: shown(name) });
    const wide = name === "hidden" ? { ...check, each: { ...check.each, high: Math.max(check.each.high, ...settings.hidden) } } : check; // a program may give more
    found[name] = checked(wide, value, name);
  }
  const depth = found.hidden.length, last = found.activations[found.activations.length - 1] ?? "tanh";
  found.activations = Array.from({ length: depth }, (_, k) => found.activations[k] ?? last);
  found.dropout = Array.from({ length: depth }, (_, k) => found.dropout[k] ?? 0);
  const size = found.kernel_sizes[found.kernel_sizes.length - 1] ?? 3;
  found.kernel_sizes = found.filters.map((/** @type {number} */ _, /** @type {number} */ k) => found.kernel_sizes[k] ?? size);
  return found;
}

/**
 * Return a message's parts, checked, with the defaults of those that are missing.
 * @param {any} catalogue
 * @param {{type: string, [part: string]: unknown}} message
 */
export function parsed(catalogue, { type, ...given }) {
  const allowed = Object.hasOwn(catalogue.messages, type) ? catalogue.messages[type] : null;
  if (!allowed) throw new Problem("no_message", { got: shown(type) });
  const found = /** @type {Record<string, any>} */ ({});
  for (const [name, [check, usual]] of Object.entries(allowed)) found[name] = name in given ? checked(check, given[name], name) : usual;
  return found;
}
