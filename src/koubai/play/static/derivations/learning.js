// The perceptron's rule on one example: inference, decision, loss, and the update if it is misclassified.
import { named } from "./book.js";
import { say } from "./sections.js";
import { evaluate, number, symbol } from "./tree.js";
import { asGiven, exactly, minus, notationOf, tidy, times, total } from "./values.js";
import { PlainWriter } from "./writer.js";

/** @typedef {import("./tree.js").Formula} Formula */
/** @typedef {import("./values.js").Value} Value */

const SHOWN = 12, LISTED = 6; // as in koubai.explain.learning_rule.wide
const PLAIN = new PlainWriter({ digits: 4, fractions: true });
const ZERO = exactly(0), signed = (/** @type {number} */ y) => ["n", exactly(y), true];

/**
 * @param {any} record
 * @param {string[]} names of the features, the bias as one of them
 * @param {number[]} weights
 * @param {number[]} given the features
 * @param {number} y +1 or -1
 * @param {number} learningRate
 * @returns {import("./sections.js").Derivation}
 */
export function learned({ rules, steps }, names, weights, given, y, learningRate) {
  const w = weights.map(asGiven), x = given.map(asGiven), rate = asGiven(learningRate), isWide = names.length > SHOWN;
  const scoreOf = (/** @type {Value[]} */ by) => tidy(total(by.map((each, j) => times(each, x[j]))));
  const score = scoreOf(w), answer = score.valueOf() > 0 ? 1 : -1, isRight = answer === y;
  const after = isRight ? w : w.map((each, j) => tidy(total([each, times(times(rate, exactly(y)), x[j])])));
  const numbers = /** @type {Map<string, Formula>} */ (new Map([["η", number(rate)], ["y₁", signed(y)], ["f(x₁)", number(score)], ["x₁", column(x)], ["w⁽⁰⁾", column(w)]]));
  w.forEach((each, j) => numbers.set(PLAIN.write(symbol("w", [j + 1], 0)), number(each)));
  x.forEach((each, j) => numbers.set(PLAIN.write(symbol("x", [1, j + 1])), number(each)));
  const eta = symbol("η"), wBefore = bold("w", 0), wAfter = bold("w", 1), { f, y: decision, L, w: update, total: whole } = steps;
  const make = (/** @type {any} */ { heading, subject, law }, /** @type {any[]} */ id, /** @type {Formula} */ symbols, /** @type {Formula} */ result, /** @type {any[][]} */ uses = [], /** @type {any[]} */ notes = []) =>
    ({ step: { id, heading, subject, law, symbols, result, uses, notes } });
  const put = (/** @type {any} */ { symbols }) => filled(symbols, numbers);
  const wholeOf = (/** @type {Formula} */ notation, /** @type {Value[]} */ values) =>
    isWide ? [say("explain.text.weights_by_name", { w: notation }), ...byName(names, values)] : [{ chain: [notation, column(values)] }];

  const terms = x.map((_, j) => j).filter((j) => !isWide || x[j].valueOf() !== 0).map((j) => filled(named(f.symbols[2][0], { $j: j + 1 }), numbers));
  const [sum, rest] = largestTerms(terms), nonzero = terms.length < x.length ? [say("explain.note.nonzero")] : [];
  const said = [...(score.valueOf() === 0 ? [say("explain.note.zero_score")] : []), say(isRight ? "explain.note.right" : "explain.note.wrong", { y: signed(y) })];
  const loss = put(L), example = [
    make(f, ["f", 1], sum, number(score), [], [...nonzero, ...rest]), make(decision, ["y", 1], put(decision), signed(answer), [["f", 1]], said),
    make(L, ["L", 1], loss, number(evaluate(loss)), [["f", 1]]),
  ];
  const changes = isRight ? [] : isWide
    ? [{ chain: [wAfter, ["+", wBefore, ["*", eta, symbol("y", [1]), bold("x", null, [1])]]] }, ...changed(names, w, after)]
    : [make(update, ["w", 1], put(update), column(after), [["y", 1]])];

  const verdict = say(isRight ? "explain.column.right" : "explain.column.wrong"), features = isWide ? [] : x.map(number);
  const changedCell = isRight ? say("explain.column.unchanged") : isWide ? say("explain.column.changed", { count: after.filter((each, j) => each.valueOf() !== w[j].valueOf()).length }) : ["matrix", after.map(number)];
  const table = {
    columns: [say("explain.column.example"), ...(isWide ? [] : names), symbol("y"), f.law[1], say("explain.column.prediction"), say("explain.column.weights")],
    rows: [["1", ...features, signed(y), number(score), verdict, changedCell]], marked: isRight ? [] : [0],
  };
  numbers.set("f(x₁)", number(scoreOf(after)));
  const lost = put(whole), mistakes = (scoreOf(after).valueOf() > 0 ? 1 : -1) === y ? 0 : 1;
  return {
    title: say("explain.title.perceptron", { count: 1, sweeps: 1 }),
    sections: [
      { title: say("explain.section.rules"), blocks: [...rules, { chain: [eta, number(rate)] }, ...wholeOf(wBefore, w)] },
      { title: say("explain.section.walk"), blocks: [say("explain.text.perceptron_table"), table] },
      { title: say("explain.section.example", { t: 1, name: "1", sweep: 1 }), blocks: [...example, ...changes] },
      {
        title: say("explain.section.result"),
        blocks: [...wholeOf(wAfter, after), make(whole, ["L"], lost, number(evaluate(lost)), isRight || isWide ? [] : [["w", 1]]), say(mistakes ? "explain.text.unsettled" : "explain.text.settled", { count: mistakes })],
      },
    ],
    asked: "", notation: notationOf([...x, rate, ...w]),
  };
}

/** @param {string} letter @param {number | null} layer @param {number[]} [lower] @returns {Formula} */
const bold = (letter, layer, lower = []) => ["s", letter, lower, layer, "", true];

/** @param {Value[]} values @returns {Formula} */
const column = (values) => ["matrix", ...values.map((each) => [number(each)])];

/** @param {any} part @param {Map<string, Formula>} numbers @returns {Formula} */
function filled(part, numbers) {
  if (part[0] === "q") return ["q", part[1], part[2] ?? /** @type {Formula} */ (numbers.get(PLAIN.write(part[1])))];
  return part[0] === "n" || part[0] === "s" ? part : part.map((/** @type {any} */ each) => (Array.isArray(each) ? filled(each, numbers) : each));
}

/** The sum of terms; of many, the largest are written and the others added up. @param {Formula[]} terms @returns {[Formula, any[][]]} */
function largestTerms(terms) {
  if (terms.length <= LISTED) return [terms.length ? (terms.length === 1 ? terms[0] : ["+", ...terms]) : number(ZERO), []];
  const order = terms.map((_, k) => k).sort((a, b) => Math.abs(evaluate(terms[b]).valueOf()) - Math.abs(evaluate(terms[a]).valueOf()));
  const shown = order.slice(0, LISTED).sort((a, b) => a - b), others = order.slice(LISTED), rest = number(tidy(total(others.map((k) => evaluate(terms[k])))));
  return [["+", ...shown.map((k) => terms[k]), rest], [say("explain.note.rest", { rest, count: others.length, shown: shown.length })]];
}

/** Of places, the largest. @param {number[]} places @param {(place: number) => number} size @param {number} count */
const largest = (places, size, count) => [...places].sort((a, b) => size(b) - size(a) || a - b).slice(0, count);

/** @param {number} count */
const others = (count) => (count > 0 ? [say("explain.text.more_rows", { count })] : []);

/** The weights that an update changed, with what was added to each. @param {string[]} names @param {Value[]} before @param {Value[]} after */
function changed(names, before, after) {
  const places = before.map((_, k) => k).filter((k) => before[k].valueOf() !== after[k].valueOf()), added = (/** @type {number} */ k) => tidy(total([after[k], minus(before[k])]));
  const shown = largest(places, (k) => Math.abs(added(k).valueOf()), LISTED).sort((a, b) => a - b);
  const columns = [say("explain.column.feature"), symbol("w", ["j"], 0), say("explain.column.added"), symbol("w", ["j"], 1)];
  return [{ columns, rows: shown.map((k) => [names[k], number(before[k]), number(added(k)), number(after[k])]) }, ...others(places.length - shown.length)];
}

/** The weights that are not 0 by the names of their features, largest first. @param {string[]} names @param {Value[]} values */
function byName(names, values) {
  const places = values.map((_, k) => k).filter((k) => values[k].valueOf() !== 0), shown = largest(places, (k) => Math.abs(values[k].valueOf()), SHOWN);
  if (!shown.length) return [say("explain.text.all_weights_zero")];
  return [{ columns: [say("explain.column.feature"), say("explain.column.weight")], rows: shown.map((k) => [names[k], number(values[k])]) }, ...others(places.length - shown.length)];
}
