// One row's pass through the page's network: every step from its record, with the page's numbers, made once.
import { number, evaluate, symbol, walk } from "./tree.js";
import { Fraction, asGiven, exactly, tidy } from "./values.js";

/** @typedef {import("./tree.js").Formula} Formula */
/** @typedef {import("./values.js").Value} Value */
/**
 * @typedef {object} Step
 * @property {any[]} id its kind and its indices
 * @property {any[]} heading
 * @property {Formula} subject
 * @property {Formula[]} law
 * @property {Formula} symbols
 * @property {Formula} result
 * @property {any[][]} uses ids of the steps whose results stand in it
 * @property {any[][]} notes
 */
/**
 * What is trained: sizes from the inputs on, each layer's activation, the loss, and θ layer by layer, weights before biases.
 * @typedef {{sizes: number[], activations: string[], loss: string, theta: Float64Array}} Net
 */

const SMALL = 2000, DEEP = 20, WRITTEN_OUT = 20, LARGEST_TERMS = 6; // as in koubai.explain.network.book
const SAFE_EXPONENT = 500, LOST = 1e-12, TINY = 2.2250738585072014e-308;
const PART_OF = /** @type {Record<string, string>} */ ({ u: "forward", S: "forward", z: "forward", E: "loss", slope: "backward", dz: "backward", delta: "backward", grad: "gradient" });
const RANK = /** @type {Record<string, number>} */ ({ u: 0, S: 1, z: 2, E: 0, slope: 0, dz: 1, delta: 2, grad: 0 });

/** @param {any[]} id */
export const spelled = (id) => id.join(".");

/** @param {Step} step */
export const partOf = (step) => PART_OF[step.id[0]];

/** @param {Step} step */
export const rankOf = (step) => RANK[step.id[0]];

export class Book {
  /**
   * @param {any} records of all kinds
   * @param {Net} net
   * @param {ArrayLike<number>} x
   * @param {ArrayLike<number>} y
   */
  constructor(records, net, x, y) {
    this.records = records;
    this.net = net;
    this.x = x;
    this.y = y;
    this.depth = net.sizes.length - 1;
    this.isSmall = net.theta.length <= SMALL && Math.max(...net.sizes) <= WRITTEN_OUT && this.depth <= DEEP;
    this.starts = net.sizes.slice(1).reduce((found, n, k) => [...found, found[k] + (net.sizes[k] + 1) * n], [0]);
    this.steps = /** @type {Map<string, Step>} */ (new Map());
    this.numbers = /** @type {Map<string, Value>} */ (new Map());
  }

  // ------------------------------------------------------------------ numbers

  /** Where w_ij^(l) lies in θ; j = 0 is the bias. @param {number} layer @param {number} i @param {number} j */
  place(layer, i, j) {
    const { sizes } = this.net, n = sizes[layer], start = this.starts[layer - 1];
    return j ? start + (j - 1) * n + i - 1 : start + sizes[layer - 1] * n + i - 1;
  }

  /** @param {number} layer @param {number} i @param {number} j */
  w(layer, i, j) {
    return asGiven(this.net.theta[this.place(layer, i, j)]);
  }

  /** A quantity that a step computes; z of layer 0 is the input. @param {string} kind @param {number[]} indices @returns {Value} */
  value(kind, ...indices) {
    if (kind === "z" && indices[0] === 0) return asGiven(this.x[indices[1] - 1]);
    const key = `${kind}.${indices}`;
    let found = this.numbers.get(key);
    if (found === undefined) {
      const evaluated = evaluate(this.#filled(this.#record(kind, indices), indices).symbols);
      found = this.isSmall ? tidy(evaluated) : evaluated.valueOf();
      this.numbers.set(key, found);
    }
    return found;
  }

  /** The number of a quantity, by how it is written. @param {Formula} notation @returns {Value} */
  #number([kind, first, second, third]) {
    if (kind === "partial") return this.value("dz", second[3], second[2][0]);
    if (kind === "apply") return this.value("slope", second[0][3], second[0][2][0]);
    switch (first) {
      case "w":
        return this.w(third, second[0], second[1]);
      case "x":
        return this.value("z", 0, second[0]);
      case "y":
      case "p":
        return asGiven(this.y[second[0] - 1]);
      case "m":
        return this.#largest();
      case "S":
        return this.value("S", third);
    }
    return this.value(first === "δ" ? "delta" : first, third, second[0]);
  }

  /** Every u of the output layer. @returns {number[]} */
  #outputs() {
    return Array.from({ length: this.net.sizes[this.depth] }, (_, k) => this.value("u", this.depth, k + 1).valueOf());
  }

  #largest() {
    return Math.max(...this.#outputs());
  }

  // ------------------------------------------------------------------ steps

  /** @param {any[]} id @returns {Step} */
  step(...id) {
    const key = spelled(id);
    let found = this.steps.get(key);
    if (!found) {
      const [kind, ...indices] = id, record = this.#record(kind, indices);
      const { fill, symbols, shown, rest } = this.#filled(record, indices, true);
      const isInput = (/** @type {any[]} */ [what, layer]) => what === "z" && layer === 0;
      const notes = record.notes.map(fill), several = shown.flatMap((j) => record.each.map((/** @type {any[]} */ each) => fill(each, { j })));
      const asked = kind === "delta" ? several.filter(([, , k]) => k === indices[1]) : []; // of softmax, whose sum holds the node itself
      found = {
        id, heading: fill(record.heading), subject: fill(record.subject), law: record.law, symbols,
        result: number(this.value(kind, ...indices)),
        uses: [...record.uses.map((/** @type {any} */ each) => fill(each)), ...(record.each.length > 1 ? asked : []), ...several].filter((each) => !isInput(each)),
        notes: rest ? [rest, ...notes] : notes,
      };
      this.steps.set(key, found);
    }
    return found;
  }

  /** @param {string} kind @param {number[]} indices @returns {any} */
  #record(kind, [layer, , source]) {
    const { layers, activations, losses, fused } = this.records, { loss } = this.net, isLast = layer === this.depth;
    const phi = this.net.activations[(kind === "E" ? this.depth : layer) - 1];
    const isFar = () => Math.max(...this.#outputs().map(Math.abs)) > SAFE_EXPONENT;
    if (kind === "E") return losses[loss].E;
    if (kind === "S" || (kind === "z" && phi === "softmax")) return layers[`${kind === "S" ? "S" : "z.softmax"}${isFar() ? ".far" : ""}`];
    if (kind === "z" || kind === "slope") return activations[phi][kind];
    if (kind === "dz" && isLast) return losses[loss].dz;
    if (kind === "grad" && !source) return layers["grad.bias"];
    if (kind !== "delta" || !isLast) return layers[kind];
    if (fused[loss]?.activation === phi) return fused[loss].delta;
    return layers[phi === "softmax" ? "delta.softmax" : loss === "half_squared_error" ? "delta.half_squared_error" : "delta.output"];
  }

  /**
   * A record's formula with indices and numbers; of a long sum, if it is to be shown, the largest terms and the rest.
   * @param {any} record
   * @param {number[]} indices
   * @param {boolean} [isShown]
   */
  #filled(record, [layer = this.depth, i = 0, j = 0], isShown = false) {
    const names = /** @type {Record<string, number>} */ ({ "$l": layer, "$l-1": layer - 1, "$l+1": layer + 1, "$i": i, "$j": j });
    const found = { shown: /** @type {number[]} */ ([]), rest: /** @type {any} */ (null) };
    const isFar = record.far && Math.abs(this.value("u", layer, i).valueOf()) > SAFE_EXPONENT;
    const symbols = this.#formula(isFar ? record.far : record.symbols, names, (head, body) => {
      const n = this.net.sizes[names[record.each[0][1]]], group = (/** @type {number} */ k) => this.#term(record, body, { ...names, "$j": k + 1 });
      const terms = Array.from({ length: n }, (_, k) => group(k));
      if (!isShown) return [...head, ...terms.flat()];
      const sizes = terms.map((each) => evaluate(each.length === 1 ? each[0] : ["+", ...each]).valueOf());
      const bySize = (/** @type {number[]} */ order) => order.sort((a, b) => Math.abs(sizes[b]) - Math.abs(sizes[a]));
      const order = bySize(sizes.map((_, k) => k)), isLong = n > WRITTEN_OUT, shown = isLong ? order.slice(0, LARGEST_TERMS) : order;
      found.shown = shown.map((k) => k + 1);
      if (!isLong) return [...head, ...terms.flat()];
      const R = symbol("R", [n - LARGEST_TERMS]), others = order.slice(LARGEST_TERMS).reduce((sum, k) => sum + sizes[k], 0);
      found.rest = ["t", "explain.note.rest", { rest: R, count: n - LARGEST_TERMS, shown: LARGEST_TERMS }];
      return [...head, ...shown.flatMap((k) => terms[k]), ["q", R, number(others)]];
    });
    const fill = (/** @type {any} */ part, more = {}) => named(part, { ...names, ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`$${name}`, value])) });
    return { symbols: record === this.records.losses[this.net.loss].dz ? whole(symbols) : symbols, fill, ...found };
  }

  /** One node's terms of a sum. @param {any} record @param {Formula[]} body @param {Record<string, number>} names @returns {Formula[]} */
  #term(record, body, names) {
    const k = names["$j"], isLoss = record === this.records.losses[this.net.loss].E;
    if (!isLoss) return body.map((each) => this.#formula(each, names));
    if (record.of_none && this.y[k - 1] === 0) {
      const none = this.#formula(record.of_none, names);
      return none[0] === "+" ? none.slice(1) : [none];
    }
    return body.map((each) => logarithms(this.#formula(each, names), (isOfOutput) => this.#logarithm(k, isOfOutput)));
  }

  /** log z_k, or log(1 - z_k), from u, where z itself has lost its digits. @param {number} k @param {boolean} isOfOutput */
  #logarithm(k, isOfOutput) {
    const u = this.#outputs(), phi = this.net.activations[this.depth - 1], own = u[k - 1], top = Math.max(...u);
    const soft = (/** @type {number} */ a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
    const together = (/** @type {number[]} */ among) => top + Math.log(among.reduce((sum, each) => sum + Math.exp(each - top), 0));
    if (phi === "sigmoid") return -soft(isOfOutput ? -own : own);
    if (phi === "softmax") return (isOfOutput ? own : together(u.filter((_, at) => at !== k - 1))) - together(u);
    if (phi === "exponential" && isOfOutput) return own;
    const z = this.value("z", this.depth, k).valueOf();
    return Math.log(Math.max(isOfOutput ? z : 1 - z, TINY));
  }

  /**
   * @param {any} part
   * @param {Record<string, number>} names
   * @param {(head: Formula[], body: Formula[]) => Formula[]} [sum]
   * @returns {Formula}
   */
  #formula(part, names, sum) {
    if (part[0] === "q") {
      const notation = named(part[1], names), isInput = notation[1] === "z" && notation[3] === 0, written = isInput ? symbol("x", notation[2]) : notation;
      return ["q", written, part[2] ? this.#formula(part[2], names) : number(this.#number(written))];
    }
    if (part[0] === "sum") {
      const terms = /** @type {NonNullable<typeof sum>} */ (sum)(part[1].map((/** @type {any} */ each) => this.#formula(each, names)), part[2]);
      return terms.length === 1 ? terms[0] : ["+", ...terms];
    }
    if (part[0] === "s" || part[0] === "n") return named(part, names);
    return part.map((/** @type {any} */ each) => (Array.isArray(each) ? this.#formula(each, names, sum) : each));
  }

  // ------------------------------------------------------------------ which steps

  /** Steps with all that they depend on, in order; of the terms of one kind follow only so many. @param {any[][]} ids @param {number} [breadth] */
  needed(ids, breadth = Infinity) {
    const found = /** @type {Map<string, Step>} */ (new Map());
    const visit = (/** @type {any[]} */ id) => {
      if (found.has(spelled(id))) return;
      const step = this.step(...id), seen = /** @type {Record<string, number>} */ ({});
      for (const used of step.uses) if ((seen[used[0]] = (seen[used[0]] ?? 0) + 1) <= breadth) visit(used);
      found.set(spelled(id), step);
    };
    ids.forEach(visit);
    return [...found.values()];
  }
}

/** Plain data with the names of indices replaced. @param {any} part @param {Record<string, number>} names @returns {any} */
export function named(part, names) {
  if (typeof part === "string") return part[0] === "$" && part in names ? names[part] : part;
  if (Array.isArray(part)) return part.map((each) => named(each, names));
  if (part === null || typeof part !== "object" || part instanceof Fraction) return part;
  return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, named(each, names)]));
}

/** Quotients whose denominator has fallen below the smallest normal number are 0. @param {Formula} formula @returns {Formula} */
function whole(formula) {
  if (formula[0] === "/" && evaluate(formula[2]).valueOf() < TINY) return number(exactly(0));
  return ["n", "s", "q"].includes(formula[0]) ? formula : formula.map((/** @type {any} */ part) => (Array.isArray(part) ? whole(part) : part));
}

/** Logarithms of what has lost its digits get their numbers from elsewhere. @param {Formula} formula @param {(isOfOutput: boolean) => number} known @returns {Formula} */
function logarithms(formula, known) {
  if (formula[0] === "f" && formula[1] === "log" && isOutput(formula[2]) && !(evaluate(formula[2]).valueOf() > LOST))
    return ["q", formula, number(known(formula[2][0] === "q"))];
  return ["n", "s", "q"].includes(formula[0]) ? formula : formula.map((/** @type {any} */ part) => (Array.isArray(part) ? logarithms(part, known) : part));
}

/** @param {Formula} formula */
const isOutput = (formula) => [...walk(formula)].some(([kind, notation]) => kind === "q" && notation[1] === "z");
