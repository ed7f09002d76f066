// What comes back through a network for one image: δ = ∂E/∂u of every layer's numbers, and how each bends, all of the engine.
import { withoutSmoothing } from "./ending.js";

/** @typedef {import("./experiment.js").Experiment} Experiment */

/**
 * What comes back, laid out as `seen` lays out what goes forward: `deltas` is ∂E/∂x of the pixels, then δ = ∂E/∂u of each layer's
 * numbers; `slopes` is φ'(u) of the same, 1 where there is no activation (and for softmax, which has no such number).
 *
 * The engine tells gradients of parameters only. So each layer's numbers stand as the weights of a dense layer that reads a 1: the
 * gradient of its biases is then theirs.
 * @param {Experiment} experiment
 * @param {Float64Array} theta
 * @param {Float64Array} pixels
 * @param {Float64Array[]} outputs of every layer
 * @param {number} target the class that the image should be
 */
export function cameBack(experiment, theta, pixels, outputs, target) {
  const { spec, network, width, ending, data } = experiment, targets = targetsOf(width, target, ending.signed);
  const size = data.d + outputs.reduce((sum, { length }) => sum + length, 0), deltas = new Float32Array(size), slopes = new Float32Array(size).fill(1);
  const rest = spec.layers.map((layer) => ({ ...layer, dropout: 0 }));
  deltas.set(gradientOf(experiment, pixels, undefined, rest, theta, ending.loss, targets));
  let at = data.d;
  spec.layers.forEach((layer, index) => {
    const { activation } = layer, u = activation ? netInputs(experiment, theta, index, outputs[index - 1] ?? pixels) : outputs[index];
    const after = network.blocks.find((block) => block.layer > index)?.start ?? theta.length, above = theta.subarray(after);
    deltas.set(gradientOf(experiment, u, activation, rest.slice(index + 1), above, ending.loss, targets), at);
    if (activation && activation.name !== "softmax") {
      const z = outputs[index].map((value) => value - 1); // ½ Σ (z - (z - 1))² has the slope 1 everywhere
      slopes.set(gradientOf(experiment, u, activation, [], theta.subarray(theta.length), { name: "half_squared_error" }, z), at);
    }
    at += outputs[index].length;
  });
  return { deltas, slopes };
}

/**
 * Targets as the loss expects them: of two classes the one output is that of the second.
 * @param {number} width
 * @param {number} target
 * @param {boolean} signed
 */
const targetsOf = (width, target, signed) => Float64Array.from({ length: width }, (_, at) => ((width === 1 ? target === 1 : at === target) ? 1 : signed ? -1 : 0));

/**
 * The gradient of the loss with respect to numbers u that go on as φ(u) through further layers.
 * @param {Experiment} experiment
 * @param {Float64Array} u
 * @param {any} activation
 * @param {any[]} layers
 * @param {Float64Array} theta of these
 * @param {any} loss
 * @param {Float64Array} targets
 */
function gradientOf({ engine }, u, activation, layers, theta, loss, targets) {
  const n = u.length, first = { kind: "dense", n_in: 1, n_out: n, activation: activation ?? { name: "identity" }, bias: true, dropout: 0 };
  const own = engine.network({ layers: [first, ...layers], loss: withoutSmoothing(loss) }), whole = new Float64Array(own.nParameters);
  whole.set(u);
  whole.set(theta, 2 * n);
  return engine.gradient(own, whole, { inputs: Float64Array.of(1), targets }).gradient.subarray(n, 2 * n);
}

/**
 * u of a layer's numbers.
 * @param {Experiment} experiment
 * @param {Float64Array} theta
 * @param {number} index
 * @param {Float64Array} read
 */
function netInputs({ engine, spec, network }, theta, index, read) {
  const alone = engine.network({ layers: [{ ...spec.layers[index], activation: { name: "identity" }, dropout: 0 }], loss: { name: "half_squared_error" } });
  const start = network.blocks.find((block) => block.layer === index)?.start ?? 0;
  return /** @type {Float64Array} */ (engine.predict(alone, theta.slice(start, start + alone.nParameters), read));
}
