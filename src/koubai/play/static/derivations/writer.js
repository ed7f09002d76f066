// Formulas as strings: the order of parts, signs and parentheses; subclasses say how each piece looks.
import { walk } from "./tree.js";
import { write } from "./values.js";

/** @typedef {import("./tree.js").Formula} Formula */

// how tightly a written formula binds; a looser one inside a tighter one is put in parentheses
const LOOSE = 0, SUM = 1, BIG_SUM = 2, PRODUCT = 3, POWER = 4, ATOM = 5;
const LETTERS = ["s", "q", "apply", "partial"];

/** Whether a formula shows only numbers. @param {Formula} formula */
const isNumeric = (formula) => ![...walk(formula)].some(([kind]) => LETTERS.includes(kind));

/** Whether indices need no comma between them: one or two of one character each. @param {string[]} names */
export const areReadTogether = (names) => names.length <= 2 && names.every((name) => name.length === 1);

/** What of a formula is written, without the numbers behind quantities. @param {Formula} formula @returns {Iterable<Formula>} */
function* visible(formula) {
  if (formula[0] === "q") return yield formula[1];
  yield formula;
  if (formula[0] === "chosen") for (const part of formula.slice(1)) yield* visible(part);
  else for (const part of inside(formula)) yield* visible(part);
}

/** @param {Formula} formula @returns {Formula[]} */
const inside = (formula) => {
  if (formula[0] === "n" || formula[0] === "s") return [];
  if (formula[0] === "apply") return formula[2];
  return formula.slice(1).flatMap((part) => (Array.isArray(part) ? (Array.isArray(part[0]) ? part : [part]) : []));
};

export class Writer {
  opening = "(";
  closing = ")";
  flat = false; // whether a quotient is written on one line, a / b

  /** @param {import("./values.js").Notation} notation */
  constructor(notation) {
    this.notation = notation;
    this.sawRounded = false;
  }

  /** @param {Formula} formula @returns {string} */
  write(formula) {
    const [kind, first, second] = formula;
    switch (kind) {
      case "n":
        return this.#number(first, second);
      case "s":
        return this.symbol(formula);
      case "q":
        return this.write(first);
      case "partial":
        return this.partial(this.fenced(first, POWER), this.write(second));
      case "apply":
        return this.apply(formula, second.map((/** @type {Formula} */ part) => this.write(part)));
      case "bigsum":
        return this.bigSum(first, this.fenced(second, BIG_SUM));
      case "+":
        return this.join(this.#sumPieces(formula));
      case "-":
        return this.join([this.sign("−", true), this.fenced(first, BIG_SUM)]);
      case "*":
        return this.join(this.#productPieces(formula));
      case "/":
        if (this.flat) return this.quotient(this.fenced(first, PRODUCT), this.fenced(second, POWER));
        return this.quotient(this.write(first), this.write(second));
      default:
        return this.#structure(formula);
    }
  }

  /** @param {Formula} formula @returns {string} */
  #structure(formula) {
    const [kind, first, second, third] = formula;
    switch (kind) {
      case "^": {
        const isFraction = first[0] === "n" && write(first[1], this.notation).denominator, base = this.write(first);
        return this.power(isFraction || this.level(first) < ATOM || first[0] === "/" ? this.fence(base) : base, this.write(second), second);
      }
      case "f":
        return this.function(first, formula.slice(2).map((part) => this.write(part)));
      case "T":
        return this.transpose(this.fenced(first, ATOM));
      case "rel": {
        const sign = this.sign(second === "=" && this.isRounded(third) ? "≈" : second);
        return this.join([this.write(first), sign, this.write(third)]);
      }
      case "cases":
        return this.cases(formula.slice(1).map(([value, when]) => [this.write(value), this.write(when)]));
      case "chosen":
        return this.chosen(this.write(first), this.write(second));
      case "matrix":
        return this.matrix(formula.slice(1).map((row) => row.map((/** @type {Formula} */ entry) => this.write(entry))));
    }
    throw new TypeError(`${kind} cannot be written.`);
  }

  /** @param {Formula} formula @returns {number} */
  level(formula) {
    const [kind, first, second] = formula;
    switch (kind) {
      case "n": {
        const { negative, denominator, exponent } = write(first, this.notation);
        if (negative || second) return SUM;
        if (denominator) return this.flat ? PRODUCT : ATOM;
        return exponent === null ? ATOM : PRODUCT;
      }
      case "q":
      case "chosen":
        return this.level(first);
      case "partial":
      case "/":
        return this.flat ? PRODUCT : ATOM;
      case "+":
      case "-":
        return SUM;
      case "bigsum":
        return BIG_SUM;
      case "*":
        return PRODUCT;
      case "^":
      case "T":
        return POWER;
      case "rel":
        return LOOSE;
    }
    return ATOM;
  }

  /** @param {Formula} formula @param {number} least */
  fenced(formula, least) {
    const within = formula[0] === "chosen" ? formula[1] : formula, written = this.write(within);
    return this.level(within) < least ? this.fence(written) : written;
  }

  /** @param {Formula} formula a sum */
  #sumPieces(formula) {
    return formula.slice(1).map((term, index) => {
      const isMinus = term[0] === "-", within = isMinus ? term[1] : term, isBare = index === 0 && !isMinus && within[0] === "n";
      const written = isBare ? this.write(within) : this.fenced(within, BIG_SUM);
      return this.join([...(isMinus || index ? [this.sign(isMinus ? "−" : "+", index === 0)] : []), written]);
    });
  }

  /** @param {Formula} formula a product */
  #productPieces(formula) {
    const factors = formula.slice(1), last = factors.length - 1;
    return factors.flatMap((factor, index) => {
      const sign = index ? [this.times((isNumeric(factor) && isNumeric(factors[index - 1])) || factor[0] === "n")] : [];
      let least = index === last ? BIG_SUM : PRODUCT;
      if (this.flat && last && this.level(factor) === PRODUCT) least = POWER; // 1/2×3 could be read as 1/(2×3)
      if (factor[0] === "*") least = POWER;
      return [...sign, this.fenced(factor, least)];
    });
  }

  /** The formula in pieces between which a line may break. @param {Formula} formula @returns {string[]} */
  breakable(formula) {
    if (formula[0] === "+") return this.#sumPieces(formula);
    if (formula[0] === "-" && formula[1][0] === "+") return this.#around([this.sign("−", true)], this.#sumPieces(formula[1]));
    if (formula[0] === "*") {
      const factors = formula.slice(1), sums = factors.flatMap(([kind], index) => (kind === "+" ? [index] : []));
      if (sums.length === 1) {
        const pieces = this.#productPieces(formula); // factor, sign, factor, sign, …
        return this.#around(pieces.slice(0, 2 * sums[0]), this.#sumPieces(factors[sums[0]]), pieces.slice(2 * sums[0] + 1));
      }
    }
    return [this.write(formula)];
  }

  /** @param {string[]} before @param {string[]} pieces @param {string[]} [after] */
  #around(before, pieces, after = []) {
    const [first, ...between] = pieces, last = between.pop() ?? "";
    return [this.join([...before, this.opening, first]), ...between, this.join([...(last ? [last] : []), this.closing, ...after])];
  }

  /** Whether a number in the written formula is rounded. @param {Formula} formula */
  isRounded(formula) {
    return [...visible(formula)].some(([kind, value]) => kind === "n" && !write(value, this.notation).exact);
  }

  /** @param {import("./values.js").Value} value @param {boolean} [isSigned] */
  #number(value, isSigned) {
    const written = write(value, this.notation);
    this.sawRounded ||= !written.exact;
    const hasSign = written.negative || (isSigned && value.valueOf() > 0);
    return this.join([...(hasSign ? [this.sign(written.negative ? "−" : "+", true)] : []), this.digits(written)]);
  }

  // How each piece looks, by subclasses:

  /** @param {string[]} pieces */
  join(pieces) {
    return pieces.join("");
  }
  /** @param {import("./values.js").Written} _ @returns {string} */
  digits(_) {
    throw new TypeError();
  }
  /** @param {string} sign @param {boolean} [_isUnary] @returns {string} */
  sign(sign, _isUnary) {
    return sign;
  }
  /** @param {boolean} _isVisible @returns {string} */
  times(_isVisible) {
    return "";
  }
  /** @param {string} written @returns {string} */
  fence(written) {
    return `(${written})`;
  }
  /** @param {Formula} _ @returns {string} */
  symbol(_) {
    return "";
  }
  /** @param {string} of @param {string} by @returns {string} */
  partial(of, by) {
    return `∂${of}/∂${by}`;
  }
  /** @param {Formula} _ @param {string[]} __ @returns {string} */
  apply(_, __) {
    return "";
  }
  /** @param {string} _ @param {string} __ @returns {string} */
  bigSum(_, __) {
    return "";
  }
  /** @param {string} above @param {string} below @returns {string} */
  quotient(above, below) {
    return `${above} / ${below}`;
  }
  /** @param {string} base @param {string} exponent @param {Formula} _ @returns {string} */
  power(base, exponent, _) {
    return `${base}^(${exponent})`;
  }
  /** @param {string} name @param {string[]} given @returns {string} */
  function(name, given) {
    return `${name}(${given.join(", ")})`;
  }
  /** @param {string} inside @returns {string} */
  transpose(inside) {
    return `${inside}ᵀ`;
  }
  /** @param {[string, string][]} branches @returns {string} */
  cases(branches) {
    return `{${branches.map(([value, when]) => `${value} (${when})`).join("; ")}}`;
  }
  /** @param {string} value @param {string} when @returns {string} */
  chosen(value, when) {
    return `${value}  (${when})`;
  }
  /** @param {string[][]} rows @returns {string} */
  matrix(rows) {
    return `[${rows.map((row) => row.join(", ")).join("; ")}]`;
  }
}

const LOW = "₀₁₂₃₄₅₆₇₈₉", HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @param {string | number} text */
export const lowered = (text) => String(text).replace(/\d/g, (digit) => LOW[+digit]);

/** @param {string | number} text */
export const raised = (text) => String(text).replace(/\d/g, (digit) => HIGH[+digit]).replace(/[-−]/, "⁻");

/** One line of plain text, for what is read aloud and for pictures. */
export class PlainWriter extends Writer {
  flat = true;

  /** @override @param {import("./values.js").Written} written */
  digits({ mantissa, denominator, exponent }) {
    if (denominator) return `${mantissa}/${denominator}`;
    return exponent === null ? mantissa : `${mantissa}×10${raised(exponent)}`;
  }

  /** @override @param {string} sign @param {boolean} [isUnary] */
  sign(sign, isUnary) {
    return isUnary ? sign : ` ${sign} `;
  }

  /** @override @param {Formula} formula */
  symbol([, base, lower = [], layer = null, accent, , isPrimed]) {
    const names = lower.map(String), below = lowered(names.join(areReadTogether(names) ? "" : ","));
    return base + (accent === "hat" ? "\u0302" : accent === "tilde" ? "\u0303" : "") + below + (layer === null ? "" : `⁽${raised(layer)}⁾`) + (isPrimed ? "′" : "");
  }

  /** @override @param {Formula} formula @param {string[]} given */
  apply([, name, , isPrimed], given) {
    return `${name}${isPrimed ? "′" : ""}(${given.join(", ")})`;
  }
}
