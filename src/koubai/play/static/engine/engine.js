// The compiled engine in the browser: predictions, gradients, training, populations. The same kernels as where Python runs.
//
//   const engine = await loadEngine(bytes, description);       // engine-wasm32-….wasm, and the JSON beside it
//   const network = engine.network({ layers: [{ kind: "dense", n_in: 2, n_out: 1 }], loss: "half_squared_error" });
//   const state = { theta: new Float32Array(network.nParameters) };
//   const losses = engine.train({ network, optimizer: "adam" }, state, { inputs, targets }, rates);
import { Kernels } from "./kernels.js";
import { EngineError, counting } from "./memory.js";
import { Network, numbersOf } from "./network.js";
import { dataRecord, factorsRecord, netRecord, nRowsOf, precisionOf, predictionRoom, roomRecord, sharesArray, teamRecord } from "./records.js";

/** @typedef {import("./types.js").Description} Description */
/** @typedef {import("./types.js").Inputs} Inputs */
/** @typedef {import("./types.js").Named} Named */
/** @typedef {import("./types.js").Numbers} Numbers */
/** @typedef {import("./types.js").Patience} Patience */
/** @typedef {import("./types.js").Penalty} Penalty */
/** @typedef {import("./types.js").Plan} Plan */
/** @typedef {import("./types.js").Population} Population */
/** @typedef {import("./types.js").Rows} Rows */
/** @typedef {import("./types.js").Shares} Shares */
/** @typedef {import("./types.js").State} State */

export { EngineError };

/**
 * @param {BufferSource} module the module's bytes
 * @param {Description} description what lies beside it, as plain data
 */
export async function loadEngine(module, description) {
  return new Engine(await Kernels.load(module, description));
}

export class Engine {
  /** @param {Kernels} kernels */
  constructor(kernels) {
    this.kernels = kernels;
    this.description = kernels.description;
  }

  /**
   * Return the layout of a network.
   * @param {import("./types.js").NetworkSpec} spec as model files hold it
   */
  network(spec) {
    return new Network(spec, this.description);
  }

  /**
   * Return the outputs of all rows, one behind another.
   * @param {Network} network
   * @param {Numbers} theta
   * @param {Inputs} inputs
   * @returns {Numbers}
   */
  predict(network, theta, inputs) {
    const arena = this.#begin(), kind = precisionOf(network, theta, 1), n = nRowsOf(network, inputs);
    const net = netRecord(arena, network, kind), data = dataRecord(arena, network, kind, { inputs, targets: null });
    const { places, order, work } = predictionRoom(arena, network, kind, n), out = arena.array(kind, [n * network.nOutputs]);
    const { dense, data: some, indices, starts } = data, { shape, numbers, lists } = net;
    const lent = arena.array(kind, [theta.length], theta);
    this.kernels.call("predict_rows", { shape, numbers, lists, places, order, theta: lent, dense, data: some, indices, starts, work, out, first: 0, stop: n });
    return /** @type {Numbers} */ (out.values.slice());
  }

  /**
   * Return the weighted mean loss over all rows, plus the penalty, and its gradient.
   * @param {Network} network
   * @param {Numbers} theta
   * @param {Rows} rows
   * @param {Penalty} [penalty]
   * @returns {{ loss: number, gradient: Numbers }}
   */
  gradient(network, theta, rows, penalty = {}) {
    const arena = this.#begin(), kind = precisionOf(network, theta, 1), n = nRowsOf(network, rows.inputs);
    const data = dataRecord(arena, network, kind, rows), gradients = arena.array(kind, [1, theta.length]);
    const total = rows.weights ? Array.from(rows.weights).reduce((sum, weight) => sum + weight, 0) : n;
    let loss = this.kernels.call("mean_gradient", {
      net: netRecord(arena, network, kind), theta: arena.array(kind, [theta.length], theta), data,
      rows: arena.array("i8", [n], counting(n)), total,
      room: roomRecord(arena, network, kind, n), team: teamRecord(arena), gradients,
    });
    const gradient = /** @type {Numbers} */ (gradients.values.slice());
    const scale = penalty.per_row ? 1 / total : 1, l1 = (penalty.l1 ?? 0) * scale, l2 = (penalty.l2 ?? 0) * scale;
    for (const { start, stop } of l1 || l2 ? network.blocks.filter(({ penalized }) => penalized) : []) {
      for (let i = start; i < stop; i++) {
        loss += l1 * Math.abs(theta[i]) + 0.5 * l2 * theta[i] * theta[i];
        gradient[i] += l1 * Math.sign(theta[i]) + l2 * theta[i];
      }
    }
    return { loss, gradient };
  }

  /**
   * Train whole epochs; θ, the slots and the counts of the state change. Return the loss of each epoch that ran.
   * @param {Plan} plan
   * @param {State} state
   * @param {Rows} rows
   * @param {Numbers} rates of every update, epoch behind epoch
   * @param {Patience} [patience] changes too
   * @param {Shares} [shares]
   * @returns {Float64Array}
   */
  train(plan, state, rows, rates, patience, shares) {
    const { optimizers } = this.description, { name } = named(plan.optimizer);
    const slots = state.slots ??= new (constructorOf(state.theta))((optimizers[name]?.n_slots ?? 0) * state.theta.length);
    const population = { thetas: state.theta, optimizers: [plan.optimizer], seeds: [plan.seed ?? 0] };
    const { losses, epochs, patiences } = this.#train(plan, population, slots, rows, rates, state, patience, shares);
    state.step = (state.step ?? 0) + epochs[0] * stepsOf(plan, rows);
    state.epoch = (state.epoch ?? 0) + epochs[0];
    if (patience) [patience.best, patience.count] = [patiences[2], patiences[3]];
    return losses.slice(0, epochs[0]);
  }

  /**
   * Train every network of a population from the start; their θ change. Return the loss of each network and epoch, network
   * behind network, NaN for epochs that a network did not run.
   * @param {Plan} plan whose optimizer and seed are the population's own
   * @param {Population} population
   * @param {Rows} rows
   * @param {Numbers} rates of every update, to be multiplied with each network's own
   * @param {Patience} [patience] each has its own
   * @param {Shares} [shares]
   * @returns {Float64Array}
   */
  trainPopulation(plan, population, rows, rates, patience, shares) {
    const { optimizers } = this.description;
    const most = Math.max(...population.optimizers.map((optimizer) => optimizers[named(optimizer).name]?.n_slots ?? 0));
    const slots = new (constructorOf(population.thetas))(most * population.thetas.length);
    return this.#train(plan, population, slots, rows, rates, {}, patience, shares).losses;
  }

  /**
   * @param {Plan} plan
   * @param {Population} population
   * @param {Numbers} slots of all networks
   * @param {Rows} rows
   * @param {Numbers} rates
   * @param {{ step?: number, epoch?: number }} begin
   * @param {Patience} [patience]
   * @param {Shares} [shares]
   */
  #train(plan, population, slots, rows, rates, begin, patience, shares = {}) {
    const { network, penalty = {}, batchSize = 32 } = plan, { thetas, optimizers, seeds } = population, count = optimizers.length;
    const arena = this.#begin(), kind = precisionOf(network, thetas, count), { description } = this;
    const n = nRowsOf(network, rows.inputs), steps = stepsOf(plan, rows), size = network.nParameters;
    if (!rates.length || rates.length % steps) {
      throw new EngineError(`engine: rates must be one for each of the ${steps} updates of every epoch; got ${rates.length}. Repeat them.`);
    }
    if (seeds.length !== count) throw new EngineError(`engine: seeds must be ${count}, one for each network; got ${seeds.length}. Add or drop some.`);
    const inexact = seeds.find((seed) => typeof seed !== "bigint" && !Number.isSafeInteger(seed));
    if (inexact !== undefined) {
      throw new EngineError(`engine: a seed must be an integer below 2^53, or a bigint; got ${inexact}. Write ${Math.round(Number(inexact)) || 0}n.`);
    }
    const epochs = rates.length / steps;
    const rules = optimizers.map((each) => numbersOf("optimizer", each, description.optimizers, description.most_hyperparameters));
    const waiting = patience ? [patience.tolerance, patience.limit, patience.best ?? Infinity, patience.count ?? 0] : [0, Infinity, Infinity, 0];
    const networks = {
      optimizers: arena.array("i8", [count], rules.map(({ code }) => code)),
      hyperparameters: arena.array("f8", [count, description.most_hyperparameters], rules.flatMap(({ parameters }) => parameters)),
      seeds: arena.array("u8", [count], seeds),
      scales: arena.array("f8", [count], population.learningRates ?? rules.map(() => 1)),
      thetas: arena.array(kind, [count, size], thetas),
      slots: arena.array(kind, [count, slots.length / (count * size), size], slots),
      patiences: arena.array("f8", [count, waiting.length], optimizers.flatMap(() => waiting)),
      losses: arena.array("f8", [count, epochs]),
      ran: arena.array("i8", [count]),
      taken: arena.array("i8", [1]),
    };
    this.kernels.call("run_networks", {
      net: netRecord(arena, network, kind),
      rule: {
        optimizer: rules[0].code,
        hyperparameters: arena.array("f8", [description.most_hyperparameters], rules[0].parameters),
        l1: penalty.l1 ?? 0, l2: penalty.l2 ?? 0, per_row: penalty.per_row ?? false, max_norm: plan.clipNorm ?? 0,
        ...factorsRecord(arena, network, plan.factors ?? {}),
      },
      epochs: {
        rates: arena.array("f8", [epochs, steps], rates), order: arena.array("i8", [n], counting(n)),
        decays: sharesArray(arena, "decay", shares.decay, epochs, steps),
        dropouts: sharesArray(arena, "dropout", shares.dropout, epochs, steps),
        batch_size: batchSize, shuffled: plan.shuffle ?? true,
        first_step: begin.step ?? 0, first_epoch: begin.epoch ?? 0, has_dropout: network.hasDropout,
      },
      networks,
      data: dataRecord(arena, network, kind, rows),
      team: teamRecord(arena),
      room: roomRecord(arena, network, kind, Math.min(batchSize, n)),
      gradients: arena.array(kind, [1, size]),
    });
    thetas.set(/** @type {Numbers} */ (networks.thetas.values));
    slots.set(/** @type {Numbers} */ (networks.slots.values));
    return {
      losses: /** @type {Float64Array} */ (networks.losses.values.slice()),
      epochs: Array.from(networks.ran.values, Number),
      patiences: Array.from(networks.patiences.values, Number),
    };
  }

  /** Take the memory back from the call before; what that returned was copied. */
  #begin() {
    this.kernels.arena.clear();
    return this.kernels.arena;
  }
}

/** @param {string | Named} given */
const named = (given) => (typeof given === "string" ? { name: given } : given);

/** @param {Numbers} numbers */
const constructorOf = (numbers) => (numbers instanceof Float32Array ? Float32Array : Float64Array);

/**
 * Return the updates of an epoch.
 * @param {Plan} plan
 * @param {Rows} rows
 */
function stepsOf({ network, batchSize = 32 }, { inputs }) {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new EngineError(`engine: batchSize must be an integer >= 1; got ${batchSize}. Try 32.`);
  }
  return Math.ceil(nRowsOf(network, inputs) / batchSize);
}
