// Formulas in MathML, as Python's explanations write it.
import { Writer, areReadTogether } from "./writer.js";

/** @typedef {import("./tree.js").Formula} Formula */

const OPEN = '<mo form="prefix" stretchy="false" lspace="0" rspace="0">(</mo>', CLOSE = '<mo form="postfix" stretchy="false" lspace="0" rspace="0">)</mo>';
const ACCENTS = /** @type {Record<string, string>} */ ({ hat: "^", tilde: "~" }), BARS = /** @type {Record<string, string>} */ ({ abs: "|", norm: "‖" });

/** @param {string} text */
export const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** @param {string} sign @param {string} form */
const operator = (sign, form) => `<mo form="${form}">${escaped(sign)}</mo>`;

/** @param {string} name @returns {string} */
function index(name) {
  if (/^\d+$/.test(name)) return `<mn>${name}</mn>`;
  for (const sign of "+−-") {
    const at = name.indexOf(sign);
    if (at > 0 && at < name.length - 1) return `<mrow>${index(name.slice(0, at))}<mo>${sign.replace("-", "−")}</mo>${index(name.slice(at + 1))}</mrow>`;
  }
  return `<mi>${escaped(name)}</mi>`;
}

export class MathMLWriter extends Writer {
  opening = OPEN;
  closing = CLOSE;

  /** @override @param {string[]} pieces */
  join(pieces) {
    return pieces.length === 1 ? pieces[0] : `<mrow>${pieces.join("")}</mrow>`;
  }

  /** @override @param {import("./values.js").Written} written */
  digits({ mantissa, denominator, exponent }) {
    const number = `<mn>${mantissa}</mn>`;
    if (denominator) return `<mfrac>${number}<mn>${denominator}</mn></mfrac>`;
    if (exponent === null) return number;
    return `<mrow>${number}<mo>×</mo><msup><mn>10</mn><mrow>${exponent < 0 ? operator("−", "prefix") : ""}<mn>${Math.abs(exponent)}</mn></mrow></msup></mrow>`;
  }

  /** @override @param {string} sign @param {boolean} [isUnary] */
  sign(sign, isUnary = false) {
    return operator(sign, isUnary ? "prefix" : "infix");
  }

  /** @override @param {boolean} isVisible */
  times(isVisible) {
    return isVisible ? "<mo>×</mo>" : "<mo>&#x2062;</mo>";
  }

  /** @override @param {string} written */
  fence(written) {
    return /<mfrac|<mtable|<munder/.test(written) ? `<mrow><mo>(</mo>${written}<mo>)</mo></mrow>` : `<mrow>${OPEN}${written}${CLOSE}</mrow>`;
  }

  /** @override @param {Formula} formula */
  symbol([, letter, lower = [], layer = null, accent = "", isBold = false, isPrimed = false]) {
    let base = isBold ? `<mi mathvariant="normal" class="vector">${letter}</mi>` : `<mi>${letter}</mi>`;
    if (accent) base = `<mover accent="true">${base}<mo>${ACCENTS[accent]}</mo></mover>`;
    const names = lower.map(String), below = names.map(index).join(areReadTogether(names) ? "" : "<mo>,</mo>");
    return this.#scripts(base, below && `<mrow>${below}</mrow>`, layer, isPrimed);
  }

  /** @override @param {string} of @param {string} by */
  partial(of, by) {
    return `<mfrac><mrow><mo>∂</mo>${of}</mrow><mrow><mo>∂</mo>${by}</mrow></mfrac>`;
  }

  /** @override @param {Formula} formula @param {string[]} given */
  apply([, name, , isPrimed, layer = null], given) {
    return `<mrow>${this.#scripts(`<mi>${escaped(name)}</mi>`, "", layer, isPrimed)}<mo>&#x2061;</mo>${this.fence(given.join("<mo>,</mo>"))}</mrow>`;
  }

  /** @override @param {string} name @param {string} body */
  bigSum(name, body) {
    return `<mrow><munder><mo>∑</mo>${index(name)}</munder>${body}</mrow>`;
  }

  /** @override @param {string} above @param {string} below */
  quotient(above, below) {
    return `<mfrac>${above}${below}</mfrac>`;
  }

  /** @override @param {string} base @param {string} exponent */
  power(base, exponent) {
    return `<msup>${base}${exponent}</msup>`;
  }

  /** @override @param {string} name @param {string[]} given */
  function(name, given) {
    if (name === "sqrt") return `<msqrt>${given[0]}</msqrt>`;
    if (name in BARS) return `<mrow><mo>${BARS[name]}</mo>${given[0]}<mo>${BARS[name]}</mo></mrow>`;
    return `<mrow><mi>${name}</mi><mo>&#x2061;</mo>${this.fence(given.join("<mo>,</mo>"))}</mrow>`;
  }

  /** @override @param {string} inside */
  transpose(inside) {
    return `<msup>${inside}<mi mathvariant="normal">⊤</mi></msup>`;
  }

  /** @override @param {[string, string][]} branches */
  cases(branches) {
    const rows = branches.map(([value, when]) => `<mtr><mtd>${value}</mtd><mtd><mrow>${OPEN}${when}${CLOSE}</mrow></mtd></mtr>`);
    return `<mrow><mo>{</mo><mtable class="cases">${rows.join("")}</mtable></mrow>`;
  }

  /** @override @param {string} value @param {string} when */
  chosen(value, when) {
    return `<mrow>${value}<mspace width="0.8em"/>${OPEN}${when}${CLOSE}</mrow>`;
  }

  /** @override @param {string[][]} rows */
  matrix(rows) {
    const body = rows.map((row) => `<mtr>${row.map((entry) => `<mtd>${entry}</mtd>`).join("")}</mtr>`).join("");
    return `<mrow><mo class="bracket">[</mo><mtable class="matrix">${body}</mtable><mo class="bracket">]</mo></mrow>`;
  }

  /** @param {string} base @param {string} below @param {string | number | null} layer @param {boolean} isPrimed */
  #scripts(base, below, layer, isPrimed) {
    const raised = layer === null ? "" : `${OPEN}${index(String(layer))}${CLOSE}`;
    const above = raised || isPrimed ? `<mrow>${raised}${isPrimed ? "<mo>′</mo>" : ""}</mrow>` : "";
    if (below && above) return `<msubsup>${base}${below}${above}</msubsup>`;
    if (below) return `<msub>${base}${below}</msub>`;
    return above ? `<msup>${base}${above}</msup>` : base;
  }
}
