// A derivation of one asked number: what is given, and the steps in the order of the pass.
import { picture } from "./diagram.js";
import { partOf, rankOf, spelled } from "./book.js";
import { equation, number, symbol } from "./tree.js";
import { asGiven, notationOf } from "./values.js";

/** @typedef {import("./book.js").Book} Book */
/** @typedef {import("./book.js").Step} Step */
/**
 * A block is a text ["t", key, values], or one of: a step, several under one rule, a table, a chain of equal formulas, a diagram.
 * @typedef {any} Block
 * @typedef {{title: any[], blocks: Block[]}} Section
 * @typedef {{title: any[], sections: Section[], asked: string, notation: import("./values.js").Notation}} Derivation
 */

export const BREADTH = 2; // in a large network, the largest terms of a sum that are followed
const NAMED = 40, GIVEN = 2000;
const PARTS = /** @type {[string, string][]} */ ([
  ["forward", "explain.section.forward"], ["loss", "explain.section.loss"], ["backward", "explain.section.backward"], ["gradient", "explain.section.gradient"],
]);
const GROUPS = /** @type {Record<string, string>} */ ({
  u: "explain.group.u", z: "explain.group.z", slope: "explain.group.slope", dz: "explain.group.dz", delta: "explain.group.delta", grad: "explain.group.grad",
});
const OF_ONE_STEP = ["explain.note.winner", "explain.note.smaller", "explain.note.shared"];

/** @param {string} key @param {any} [values] */
export const say = (key, values = {}) => ["t", key, values];

/** Steps that stand in the order of a pass, by its parts, with their titles. @param {Step[]} steps @returns {Section[]} */
export function sectionsOf(steps) {
  const place = (/** @type {Step} */ { id: [, layer = 0, node = 0] }, /** @type {string} */ part) => [part === "forward" ? layer : -layer, node];
  return PARTS.flatMap(([part, title]) => {
    const own = steps.filter((step) => partOf(step) === part).sort((a, b) => {
      const [p, q] = [place(a, part), place(b, part)];
      return p[0] - q[0] || rankOf(a) - rankOf(b) || p[1] - q[1];
    });
    return own.length ? [{ title: say(title), blocks: grouped(own) }] : [];
  });
}

/** Several steps of one kind in one layer share their heading and their rule. @param {Step[]} steps @returns {Block[]} */
function grouped(steps) {
  const groups = /** @type {Step[][]} */ ([]);
  for (const step of steps) {
    const last = groups.at(-1)?.[0];
    if (last && last.id[0] === step.id[0] && last.id[1] === step.id[1]) groups.at(-1)?.push(step);
    else groups.push([step]);
  }
  return groups.flatMap(/** @returns {Block[]} */ (members) => {
    if (members.length === 1) return [{ step: members[0] }];
    const [{ id: [kind, layer], law }] = members, notes = new Map(members.flatMap((step) => step.notes).map((note) => [JSON.stringify(note), note]));
    return [say(GROUPS[kind], { layer }), { steps: members, law }, ...[...notes.values()].filter(([, key]) => !OF_ONE_STEP.includes(key))];
  });
}

/**
 * @param {Book} book
 * @param {any[]} id of the asked step
 * @param {{names: string[], classes: string[]}} names
 * @returns {Derivation}
 */
export function askedNumber(book, id, names) {
  const asked = book.step(...id), steps = book.needed([id], book.isSmall ? Infinity : BREADTH), isBack = ["backward", "gradient"].includes(partOf(asked));
  const given = {
    title: say("explain.section.network"),
    blocks: [
      say("explain.text.asked", { equation: equation(asked.subject, asked.result) }), { diagram: picture(book, steps, asked, isBack) }, book.records.notation,
      ...named(book, names, isBack), ...(book.isSmall ? [] : [say("explain.text.large", { breadth: BREADTH })]),
    ],
  };
  return {
    title: say("explain.title.number", { quantity: asked.subject, sizes: book.net.sizes.join("-") }), sections: [given, ...sectionsOf(steps)],
    asked: spelled(asked.id), notation: notationOf(givenNumbers(book)),
  };
}

/** @param {Book} book */
export const givenNumbers = ({ net, x, y }) => [net.theta, x, y].flatMap((each) => Array.from(each).slice(0, GIVEN).map(asGiven));

/** The names of the inputs and of several outputs. @param {Book} book @param {{names: string[], classes: string[]}} names @param {boolean} withTargets @returns {Block[]} */
function named(book, { names, classes }, withTargets) {
  const largest = (/** @type {number[]} */ sizes) => sizes.map((_, k) => k).sort((a, b) => sizes[b] - sizes[a]).slice(0, NAMED).sort((a, b) => a - b);
  const inputs = largest(Array.from(book.x, Math.abs)).map((j) => [symbol("x", [j + 1]), names[j], number(book.value("z", 0, j + 1))]);
  const blocks = /** @type {Block[]} */ ([{ columns: [symbol("x", ["j"]), say("explain.column.feature"), say("explain.column.value")], rows: inputs }]);
  const last = book.depth, n = book.net.sizes[last];
  if (n === 1 || classes.length !== n) return blocks;
  const letter = book.records.losses[book.net.loss].letter, z = Array.from({ length: n }, (_, k) => book.value("z", last, k + 1).valueOf() + (withTargets ? 2 * book.y[k] : 0));
  const columns = [symbol("z", ["k"], "L"), say("explain.column.class"), ...(withTargets ? [say("explain.column.target", { letter: symbol(letter, ["k"]) })] : [])];
  const rows = largest(z).map((k) => [symbol("z", [k + 1], last), classes[k], ...(withTargets ? [number(asGiven(book.y[k]))] : [])]);
  return [...blocks, { columns, rows }];
}
