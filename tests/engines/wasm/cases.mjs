// Runs cases that Python wrote, in Node or in a browser, and gives what the engine found.

const ARRAYS = { float32: Float32Array, float64: Float64Array };

/**
 * @param {any} engine
 * @param {any[]} cases
 */
export function found(engine, cases) {
  return cases.map((given) => {
    if (given.call === "kernel") return called(engine.kernels, given.entry, given.words);
    const numbers = (values) => (values ? new ARRAYS[given.dtype](values) : undefined);
    const network = engine.network(given.network);
    const theta = numbers(given.theta);
    const { starts } = given.rows;
    const inputs = starts
      ? { data: numbers(given.rows.data), indices: new Int32Array(given.rows.indices), starts }
      : numbers(given.rows.inputs);
    const rows = { inputs, targets: numbers(given.rows.targets), weights: numbers(given.rows.weights) };
    const plan = { network, ...given.plan };
    if (given.call === "predict") return { outputs: [...engine.predict(network, theta, inputs)] };
    if (given.call === "gradient") {
      const { loss, gradient } = engine.gradient(network, theta, rows, given.plan.penalty);
      return { losses: [loss], gradient: [...gradient] };
    }
    const rates = new Float64Array(given.rates);
    if (given.call === "population") {
      const { optimizers, learningRates } = given, seeds = given.seeds.map(BigInt); // which numbers of JSON cannot hold
      const losses = engine.trainPopulation(plan, { thetas: theta, seeds, optimizers, learningRates }, rows, rates, given.patience);
      return { losses: [...losses], theta: [...theta] };
    }
    const state = { theta };
    const losses = [];
    for (const epochs of given.parts) {
      losses.push(...engine.train(plan, state, rows, rates.slice(0, (rates.length / given.epochs) * epochs), given.patience, given.shares));
    }
    return { losses, theta: [...theta], slots: [...state.slots], counts: [state.step, state.epoch] };
  });
}

/**
 * Call a kernel by itself, and give its result and its arrays after it; bytes come and go as base64.
 * @param {any} kernels
 * @param {string} entry
 * @param {Record<string, any>} words by their names
 */
function called(kernels, entry, words) {
  kernels.arena.clear();
  const given = {}, lent = [];
  for (const [name, { kind, shape, bytes, number }] of Object.entries(words)) {
    let value = number === undefined ? null : Number(number);
    if (kind) {
      value = kernels.arena.array(kind, shape);
      const view = value.values;
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
      lent.push(value);
    }
    const path = name.split("."), last = path.pop();
    path.reduce((record, field) => (record[field] ??= {}), given)[last] = value;
  }
  const result = kernels.call(entry, given);
  const bytesOf = ({ values: { buffer, byteOffset, byteLength } }) => String.fromCharCode(...new Uint8Array(buffer, byteOffset, byteLength));
  return { result, arrays: lent.map((array) => btoa(bytesOf(array))) };
}

/** Numbers as JSON has them: NaN and infinity as null. */
export const plain = (results) => JSON.stringify(results);
