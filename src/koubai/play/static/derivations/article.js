// A derivation as HTML with MathML: the same as Python's explanations have it, without styles, which the page has.
import { svg } from "./diagram.js";
import { MathMLWriter, escaped } from "./mathml.js";
import { spelled } from "./book.js";
import { substituted } from "./tree.js";

/** @typedef {import("./tree.js").Formula} Formula */
/** @typedef {import("./book.js").Step} Step */
/** @typedef {{left: string, sign: string, pieces: string[]}} Line */

const SIDE_BY_SIDE = 4, SHORT = 3, PREFIX = "k.";

export class Article {
  /**
   * @param {import("./sections.js").Derivation} derivation
   * @param {Record<string, string>} texts
   * @param {string} lang
   */
  constructor(derivation, texts, lang) {
    this.derivation = derivation;
    this.texts = texts;
    this.lang = lang;
    this.writer = new MathMLWriter(derivation.notation);
    this.steps = /** @type {Step[]} */ (derivation.sections.flatMap(({ blocks }) => blocks.flatMap((block) => block.steps ?? (block.step ? [block.step] : []))));
  }

  html() {
    const sections = this.derivation.sections.map(({ title, blocks }) =>
      `<section><h2>${this.#words(title)}</h2>\n${blocks.map((block) => this.#block(block)).join("\n")}</section>`).join("\n");
    const title = this.#words(this.derivation.title), footer = this.#words(["t", "explain.page.rounded", { digits: this.derivation.notation.digits }]);
    return `<article class="koubai" lang="${this.lang}"><h1>${title}</h1>\n${sections}\n${this.writer.sawRounded ? `<footer><p>${footer}</p></footer>` : ""}</article>`;
  }

  /** @param {any} block */
  #block(block) {
    if (Array.isArray(block)) return `<p>${this.#words(block)}</p>`;
    if (block.step) return this.#step(block.step);
    if (block.steps) return this.#several(block);
    if (block.columns) return this.#table(block);
    if (block.chain) return `<div class="given">${this.#flowing(this.#chain(block.chain))}</div>`;
    return `<figure>${svg(block.diagram, this.derivation.notation, (key, values) => this.#plain(key, values))}</figure>`;
  }

  /** @param {Step} step */
  #step(step) {
    const lines = this.#lines(step), isAsked = spelled(step.id) === this.derivation.asked;
    const written = lines.map((line, index) => this.#line(line, index === lines.length - 1)).join("");
    const notes = step.notes.map((note) => `<p class="note">${this.#words(note)}</p>`).join("");
    return `<div class="step${isAsked ? " asked" : ""}" id="${PREFIX}${spelled(step.id)}"><h3>${this.#words(step.heading)}</h3>${this.#law(step.law)}${written}${notes}${this.#uses(step)}</div>`;
  }

  /** Links to the steps whose results this one uses. @param {Step} step */
  #uses(step) {
    const used = new Set(step.uses.map(spelled)), links = this.steps.filter(({ id }) => used.has(spelled(id)));
    return links.length ? `<p class="uses">↑ ${links.map(({ id, subject }) => `<a href="#${PREFIX}${spelled(id)}">${this.#formula(subject)}</a>`).join("")}</p>` : "";
  }

  /** @param {{steps: Step[], law: Formula[]}} table */
  #several({ steps, law }) {
    const all = steps.map((step) => this.#lines(step)), isShort = steps.length >= SIDE_BY_SIDE && all.every((lines) => lines.reduce((sum, { pieces }) => sum + pieces.length, 0) <= SHORT);
    const rows = all.map((lines, index) => `<div class="flow" id="${PREFIX}${spelled(steps[index].id)}">${this.#flowing(lines)}</div>`).join("");
    return `${this.#law(law)}<div class="${isShort ? "steps short" : "steps"}">${rows}</div>`;
  }

  /** Subject = symbols, = numbers, = result; a line that would repeat the one before is left out. @param {Step} step */
  #lines({ subject, symbols, result, law }) {
    const left = this.writer.write(subject), forms = [symbols, substituted(symbols), result];
    if (symbols[0] === "cases" && law.length) forms.shift(); // the law has just stated the cases
    const lines = /** @type {Line[]} */ ([]);
    let written = "";
    for (const formula of forms) {
      const pieces = this.writer.breakable(formula);
      if (pieces.join("") === written) continue;
      lines.push({ left: lines.length ? "" : left, sign: this.writer.isRounded(formula) ? "≈" : "=", pieces });
      written = formula[0] === "chosen" ? this.writer.write(formula[1]) : pieces.join("");
    }
    return lines;
  }

  /** @param {Formula[]} formulas @returns {Line[]} */
  #chain([first, ...rest]) {
    return rest.map((formula, index) => ({ left: index ? "" : this.writer.write(first), sign: this.writer.isRounded(formula) ? "≈" : "=", pieces: this.writer.breakable(formula) }));
  }

  /** @param {Formula[]} law */
  #law(law) {
    return law.length ? `<div class="law">${this.#flowing(this.#chain(law))}</div>` : "";
  }

  /** @param {Line} line @param {boolean} isLast */
  #line(line, isLast) {
    const right = this.#pieces(line), result = isLast && line.pieces.length === 1 ? `<span class="result">${right}</span>` : right;
    return `<div class="line"><span class="left">${line.left ? this.#math(line.left, true) : ""}</span><span class="right">${result}</span></div>`;
  }

  /** @param {Line[]} lines */
  #flowing(lines) {
    const left = lines[0]?.left ? this.#math(lines[0].left, true) : "";
    return `<span class="left">${left}</span><span class="right">${lines.map((line) => `<span class="part">${this.#pieces(line)}</span>`).join(" ")}</span>`;
  }

  /** @param {Line} line */
  #pieces({ sign, pieces: [first, ...others] }) {
    return [this.#math(`<mrow>${this.writer.sign(sign)}${first}</mrow>`, true), ...others.map((piece) => this.#math(piece, true))].join(" ");
  }

  /** @param {{columns: any[], rows: any[][], marked?: number[]}} table */
  #table({ columns, rows, marked = [] }) {
    const head = columns.map((cell) => `<th>${typeof cell === "string" ? this.#said(cell).replaceAll("_", "_<wbr>") : this.#said(cell)}</th>`).join("");
    const cell = (/** @type {any} */ each) => `<td${Array.isArray(each) && each[0] === "t" ? ' class="words"' : ""}>${this.#said(each)}</td>`;
    const body = rows.map((row, index) => `<tr${marked.includes(index) ? ' class="marked"' : ""}>${row.map(cell).join("")}</tr>`).join("");
    return `<div class="scroll"><table class="data"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
  }

  /** A text with its values filled in. @param {any[]} text @returns {string} */
  #words([, key, values = {}]) {
    return escaped(this.texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => this.#said(values[name]));
  }

  /** @param {string} key @param {Record<string, string | number>} values */
  #plain(key, values) {
    return (this.texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  }

  /** @param {any} value @returns {string} */
  #said(value) {
    if (Array.isArray(value)) return value[0] === "t" ? this.#words(value) : this.#formula(value);
    return escaped(String(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => ("\u200c\u200d".includes(letter) ? letter : `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`)));
  }

  /** @param {Formula} formula */
  #formula(formula) {
    return this.#math(this.writer.write(formula));
  }

  /** @param {string} inside @param {boolean} [isLarge] */
  #math(inside, isLarge = false) {
    return isLarge ? `<math displaystyle="true">${inside}</math>` : `<math>${inside}</math>`;
  }
}
