// Numbers in tables, coloured by sign and size, with what stands between them.
import { el, short } from "../../page/dom.js";
import { copied } from "../../page/safe.js";
import { MathMLWriter } from "../../derivations/mathml.js";
import { revived } from "../../derivations/tree.js";
import { signed } from "../../drawing/colours.js";
import { largest } from "../shapes.js";
import { paint } from "../tile.js";

const ACROSS = 8; // nodes of a dense layer in a row of the table
const MOST_CELLS = 100; // of a table that can be read; more numbers are a picture
const NOTATION = { digits: 4, fractions: false };

/** Laws as formulas; those that there are. @param {any[]} laws */
export const formulas = (laws) => laws.filter(Boolean).map((law) => el("div", { class: "law" }, copied(`<math display="inline">${new MathMLWriter(NOTATION).write(revived(law))}</math>`)));

/**
 * One channel of numbers as a table under a name, or as a picture if they are many; a row of nodes in rows of a few.
 * @param {string} name
 * @param {number[]} shape height, width, channels
 * @param {ArrayLike<number>} values in C order
 * @param {number} channel
 * @param {number} [marked] a place
 */
export function figure(name, [high, wide, channels], values, channel, marked = -1) {
  const own = Array.from({ length: high * wide }, (_, at) => values[at * channels + channel]);
  const rows = high === 1 ? folded(own) : Array.from({ length: high }, (_, row) => own.slice(row * wide, (row + 1) * wide));
  const most = largest(values), made = own.length > MOST_CELLS && high > 1 ? many(name, rows, most) : table(rows, most, marked);
  return el("figure", {}, el("figcaption", {}, name), made);
}

/** A part and the sign before it, which stay together on a narrow page. @param {string} sign @param {HTMLElement} made */
export const after = (sign, made) => el("div", { class: "after" }, el("span", { class: "sign", "aria-hidden": "true" }, sign), made);

/**
 * Put numbers into tables; those of the same form stay, so that what was scrolled sideways remains so.
 * @param {HTMLElement} tables
 * @param {HTMLElement[]} parts
 * @param {string} form
 */
export function renew(tables, parts, form) {
  if (tables.dataset.form !== form) {
    tables.dataset.form = form;
    tables.replaceChildren(...parts);
    return;
  }
  const before = tables.querySelectorAll("canvas");
  parts.flatMap((part) => [...part.querySelectorAll("canvas")]).forEach((canvas, at) => before[at].replaceWith(canvas));
  const shown = tables.querySelectorAll("td");
  parts.flatMap((part) => [...part.querySelectorAll("td")]).forEach((cell, at) => {
    if (shown[at].textContent !== cell.textContent) shown[at].textContent = cell.textContent;
    if (shown[at].className !== cell.className) shown[at].className = cell.className;
    shown[at].style.cssText = cell.style.cssText;
  });
}

/**
 * @param {string} name
 * @param {number[][]} rows
 * @param {number} scale
 */
function many(name, rows, scale) {
  const canvas = el("canvas", { class: "sharp many-numbers", role: "img", "aria-label": `${name}, ${rows.length} × ${rows[0].length}` });
  paint(canvas, rows.length, rows[0].length, (row, column) => rows[row][column], scale);
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect(), place = (/** @type {number} */ share, /** @type {number} */ cells) => Math.max(0, Math.min(cells - 1, Math.floor(share * cells)));
    const [row, column] = [place((event.clientY - box.top) / box.height, rows.length), place((event.clientX - box.left) / box.width, rows[0].length)];
    canvas.title = `[${row + 1},${column + 1}]: ${short(rows[row][column])}`;
  });
  return canvas;
}

/** A number with its sign before it, as a sum goes on. @param {number} value */
export const plus = (value) => `${value < 0 ? "−" : "+"} ${short(Math.abs(value))}`;

/** @param {string} words */
export const line = (words) => el("span", { class: "line" }, words);

/** @param {number[]} values */
const folded = (values) => Array.from({ length: Math.ceil(values.length / ACROSS) }, (_, row) => values.slice(row * ACROSS, (row + 1) * ACROSS));

/**
 * @param {number[][]} rows
 * @param {number} scale
 * @param {number} marked
 */
function table(rows, scale, marked) {
  const cell = (/** @type {number} */ value, /** @type {number} */ at) => {
    const share = value / scale, pixel = signed(share), node = el("td", { class: at === marked ? "marked" : "" }, short(value, 3));
    node.style.background = `rgb(${pixel & 255}, ${(pixel >> 8) & 255}, ${(pixel >> 16) & 255})`;
    node.style.color = share > 0.55 ? "#fff" : "#1c2733";
    return node;
  };
  const wide = rows[0]?.length ?? 0;
  return el("table", { class: wide > 5 ? "numbers-grid small" : "numbers-grid" }, el("tbody", {}, ...rows.map((row, r) => el("tr", {}, ...row.map((value, c) => cell(value, r * wide + c))))));
}
