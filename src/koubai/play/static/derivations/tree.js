// Formulas as lists, as `koubai.play.derived` writes them: their numbers, and the same with numbers put in.
import { call, minus, over, parsed, power, times, total } from "./values.js";

/** @typedef {any[]} Formula a list whose first entry says what it is */
/** @typedef {import("./values.js").Value} Value */

/** @param {Value} value @returns {Formula} */
export const number = (value) => ["n", value];

/** @param {string} base @param {(string | number)[]} [lower] @param {string | number | null} [layer] @returns {Formula} */
export const symbol = (base, lower = [], layer = null) => ["s", base, lower, layer];

/** @param {Formula} left @param {Formula} right @returns {Formula} */
export const equation = (left, right) => ["rel", left, "=", right];

/** The formulas directly inside a formula, in reading order. @param {Formula} formula @returns {Formula[]} */
export function partsOf(formula) {
  switch (formula[0]) {
    case "n":
    case "s":
      return [];
    case "apply":
      return formula[2];
    case "bigsum":
      return [formula[2]];
    case "rel":
      return [formula[1], formula[3]];
    case "cases":
    case "matrix":
      return formula.slice(1).flat();
    case "f":
      return formula.slice(2);
    default:
      return formula.slice(1).filter(Array.isArray);
  }
}

/** A formula and all that is in it. @param {Formula} formula @returns {Formula[]} */
export const walk = (formula) => [formula, ...partsOf(formula).flatMap(walk)];

/** @param {Formula} relation */
function holds([, left, operator, right]) {
  const [a, b] = [evaluate(left).valueOf(), evaluate(right).valueOf()];
  return { "<": a < b, ">": a > b, "≤": a <= b, "≥": a >= b, "=": a === b }[/** @type {string} */ (operator)];
}

/** The branch whose condition holds. @param {Formula} cases @returns {[Formula, Formula]} */
const branchOf = (cases) => cases.slice(1).find(([, when]) => holds(when)) ?? cases[cases.length - 1];

/** @param {Formula} formula @returns {Value} */
export function evaluate(formula) {
  const [kind, first, second] = formula;
  switch (kind) {
    case "n":
      return first;
    case "q":
      return evaluate(second);
    case "+":
      return total(formula.slice(1).map(evaluate));
    case "-":
      return minus(evaluate(first));
    case "*":
      return formula.slice(1).map(evaluate).reduce(times);
    case "/":
      return over(evaluate(first), evaluate(second));
    case "^":
      return power(evaluate(first), evaluate(second));
    case "f":
      return call(first, formula.slice(2).map(evaluate));
    case "cases":
      return evaluate(branchOf(formula)[0]);
    case "chosen":
      return evaluate(first);
  }
  throw new TypeError(`${kind} is notation without a number.`);
}

/** The formula with its quantities replaced by their numbers. @param {Formula} formula @returns {Formula} */
export function substituted(formula) {
  switch (formula[0]) {
    case "n":
    case "s":
      return formula;
    case "q":
      return formula[2];
    case "cases": {
      const [value, when] = branchOf(formula);
      return ["chosen", substituted(value), substituted(when)];
    }
    case "rel":
      return ["rel", substituted(formula[1]), formula[2], substituted(formula[3])];
    case "f":
      return [...formula.slice(0, 2), ...formula.slice(2).map(substituted)];
    default:
      return [formula[0], ...formula.slice(1).map(substituted)];
  }
}

/** Numbers as they are reckoned with, in data from JSON. @param {any} part @returns {any} */
export function revived(part) {
  if (Array.isArray(part)) return part[0] === "n" && part[1] !== "$n" ? ["n", parsed(part[1]), ...part.slice(2)] : part.map(revived);
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, revived(each)]));
}
