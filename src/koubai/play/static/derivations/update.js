// One update of one weight: its gradient for every row, their mean, the penalty, and the optimizer's rule.
import { named, spelled } from "./book.js";
import { picture } from "./diagram.js";
import { BREADTH, givenNumbers, say, sectionsOf } from "./sections.js";
import { equation, evaluate, number, symbol, walk } from "./tree.js";
import { asGiven, exactly, notationOf, tidy } from "./values.js";
import { PlainWriter } from "./writer.js";

/** @typedef {import("./book.js").Book} Book */
/** @typedef {import("./book.js").Step} Step */
/** @typedef {import("./tree.js").Formula} Formula */
/** @typedef {import("./values.js").Value} Value */
/**
 * How it is trained: the optimizer, the strengths of the penalty, α, the number of this update, and the slots before it.
 * @typedef {{optimizer: string, l1: number, l2: number, rate: number, time: number, slots: Float64Array}} Rule
 */

const TABLE_ROWS = 40, PLAIN = new PlainWriter({ digits: 4, fractions: true });

/**
 * @param {Book[]} books of the rows
 * @param {Rule} rule
 * @param {[number, number, number]} where layer, node and source, 0 for the bias
 * @returns {import("./sections.js").Derivation}
 */
export function updateOf(books, rule, where) {
  const steps = stepsOf(books, rule, where), asked = steps[steps.length - 1], several = books.length > 1;
  const gradients = books.map((book) => Math.abs(book.value("grad", ...where).valueOf())), telling = gradients.indexOf(Math.max(...gradients));
  const book = books[Math.max(0, telling)], before = book.needed([["grad", ...where]], book.isSmall ? Infinity : BREADTH);
  const question = say("explain.text.asked", { equation: equation(asked.subject, asked.result) });
  const one = several ? [say("explain.text.one_row", { row: telling + 1 })] : [];
  const known = knownBefore(steps), { name } = book.records.rules[rule.optimizer];
  const own = { title: say("explain.section.update", { rule: name }), blocks: [say("explain.text.known"), ...known.map(([, notation, value]) => ({ chain: [notation, value] })), ...steps.map((step) => ({ step }))] };
  return {
    title: say("explain.title.update", { quantity: symbol("w", [where[1], where[2]], where[0]), rule: name }),
    sections: [
      { title: say("explain.section.network"), blocks: [question, { diagram: picture(book, before, asked, true) }, ...one] },
      ...sectionsOf(before), ...(several ? [batch(books, where)] : []), own,
    ],
    asked: spelled(asked.id), notation: notationOf([...givenNumbers(book), ...known.map(([, , [, value]]) => value)]),
  };
}

/**
 * The steps from the rows' gradients to the weight's new value.
 * @param {Book[]} books
 * @param {Rule} rule
 * @param {[number, number, number]} where
 * @returns {Step[]}
 */
function stepsOf(books, rule, where) {
  const [layer, i, j] = where, [book] = books, { records, net } = book, own = records.rules[rule.optimizer], place = book.place(...where);
  const names = { $l: layer, $i: i, $j: j, $n: exactly(books.length) }, gradient = (/** @type {Book} */ each) => each.value("grad", ...where);
  const numbers = /** @type {Map<string, Value>} */ (new Map([["α", asGiven(rule.rate)], ["t", exactly(rule.time)], ["λ₁", asGiven(rule.l1)], ["λ₂", asGiven(rule.l2)]]));
  for (const [letter, index] of Object.entries(own.slots)) numbers.set(letter, asGiven(rule.slots[/** @type {number} */ (index) * net.theta.length + place]));
  numbers.set(PLAIN.write(symbol("w", [i, j], layer)), book.w(...where));
  const subject = ["partial", symbol("E"), symbol("w", [i, j], layer)];
  if (books.length === 1) numbers.set(PLAIN.write(subject), gradient(book));
  else books.forEach((each, row) => numbers.set(PLAIN.write(["partial", symbol("E", [row + 1]), subject[2]]), gradient(each)));
  const strengths = `${rule.l1 ? 1 : ""}${rule.l2 ? 2 : ""}`, isPenalized = j > 0 && strengths && weightsOf(book).some((weight) => weight !== 0);
  const { before } = records, ways = isPenalized ? [before[`penalty.${strengths}`], before.regularized, before["g.regularized"]] : [before.g];
  const steps = /** @type {Step[]} */ (books.length === 1 ? [book.step("grad", ...where)] : []), begun = steps.length;
  for (const record of [...(books.length > 1 ? [before.batch_mean] : []), ...ways, ...own.steps]) {
    const symbols = filled(record.symbols, /** @type {any} */ (names), numbers, books.length), result = tidy(evaluate(symbols)), about = named(record.subject, /** @type {any} */ (names));
    const mentions = (/** @type {Step} */ { subject: found }) => [...walk(symbols)].some((part) => part[0] === "q" && PLAIN.write(part[1]) === PLAIN.write(found));
    steps.push({
      id: [record.kind, ...where], heading: named(record.heading, /** @type {any} */ (names)), subject: about, law: [], symbols, result: number(result),
      uses: steps.filter(mentions).map(({ id }) => id), notes: record.notes,
    });
    numbers.set(PLAIN.write(about), result);
  }
  return steps.slice(begun);
}

/** @param {Book} book */
const weightsOf = ({ net, starts }) => net.sizes.slice(1).flatMap((n, k) => Array.from(net.theta.subarray(starts[k], starts[k] + net.sizes[k] * n)));

/** @param {any} part @param {Record<string, any>} names @param {Map<string, Value>} numbers @param {number} count @returns {Formula} */
function filled(part, names, numbers, count) {
  if (part[0] === "q") {
    const notation = named(part[1], names);
    return ["q", notation, part[2] ?? number(/** @type {Value} */ (numbers.get(PLAIN.write(notation))))];
  }
  if (part[0] === "sum") return ["+", ...Array.from({ length: count }, (_, row) => filled(part[2][0], { ...names, $r: row + 1 }, numbers, count))];
  if (part[0] === "n" || part[0] === "s") return named(part, names);
  return part.map((/** @type {any} */ each) => (Array.isArray(each) ? filled(each, names, numbers, count) : each));
}

/** What the rule does not compute itself: settings, slots and the weight. @param {Step[]} steps @returns {Formula[]} */
function knownBefore(steps) {
  const subjects = steps.map(({ subject }) => PLAIN.write(subject)), found = /** @type {Map<string, Formula>} */ (new Map());
  for (const { symbols } of steps)
    for (const part of walk(symbols)) {
      const name = part[0] === "q" && part[1][0] === "s" ? PLAIN.write(part[1]) : "";
      if (name && !subjects.includes(name) && !found.has(name)) found.set(name, part);
    }
  return [...found.values()];
}

/** The rows' gradients as a table. @param {Book[]} books @param {[number, number, number]} where @returns {import("./sections.js").Section} */
function batch(books, [layer, i, j]) {
  const z = layer > 1 ? symbol("z", [j], layer - 1) : symbol("x", [j]), w = symbol("w", [i, j], layer);
  const columns = [say("explain.column.row"), symbol("δ", [i], layer), ...(j ? [z] : []), ["partial", symbol("E"), w]];
  const rows = books.slice(0, TABLE_ROWS).map((book, row) => [
    String(row + 1), number(book.value("delta", layer, i)), ...(j ? [number(book.value("z", layer - 1, j))] : []), number(book.value("grad", layer, i, j)),
  ]);
  const more = books.length > TABLE_ROWS ? [say("explain.text.more_rows", { count: books.length - TABLE_ROWS })] : [];
  return { title: say("explain.section.batch"), blocks: [say("explain.text.batch", { count: books.length }), { columns, rows }, ...more] };
}
