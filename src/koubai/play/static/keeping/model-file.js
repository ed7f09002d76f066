// The running network as a model file: an estimator, or for an example table the whole model with its preparation.
import { asGiven } from "../experiment/layers.js";
import { imagesOf } from "../data/images.js";
import { areFinite } from "../data/numbers.js";
import { Problem } from "../experiment/problem.js";
import { container, float64, int64 } from "./container.js";

/** @typedef {import("../session/branch.js").Branch} Branch */

/** @param {Branch} branch */
export function modelFile(branch) {
  const { catalogue } = branch.ground, { experiment, moment } = branch, { template } = experiment.data;
  if (!areFinite(moment.theta)) throw new Problem("not_finite");
  const { kind, record, tensors } = experiment.isPerceptron ? perceptron(branch) : experiment.seesImages ? imageEstimator(branch) : estimator(branch);
  if (!template) return container(kind, catalogue.koubai_version, record, tensors);
  if (experiment.isPerceptron) throw new Problem("perceptron_table");
  const inside = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`estimator.${name}`, tensor]));
  const own = Object.fromEntries(Object.entries(template.tensors).map(([name, { dtype, shape, data }]) =>
    [name, { dtype, shape, bytes: Uint8Array.from(atob(/** @type {string} */ (data)), (letter) => letter.charCodeAt(0)) }]));
  return container("TableModel", catalogue.koubai_version, { ...template.record, estimator: record }, { ...own, ...inside }, template.format_version);
}

/** Labels in the form of a file. @param {string[]} classes */
const labelled = (classes) => ({ dtype: `<U${Math.max(1, ...classes.map((name) => [...name].length))}`, values: classes.slice().sort(byCode) });

/** By code points, as NumPy sorts. @param {string} a @param {string} b */
function byCode(a, b) {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return (x[i].codePointAt(0) ?? 0) - (y[i].codePointAt(0) ?? 0);
  return x.length - y.length;
}

/** @param {Branch} branch */
function estimator(branch) {
  const { experiment, moment, judged } = branch, { settings, data, plan, spec } = experiment;
  const kind = data.task === "classification" ? "MLPClassifier" : "MLPRegressor", { record } = branch.ground.catalogue.model_templates[kind];
  const rows = plan.penalty.per_row ? 1 : plan.batchSize; // an estimator's penalty is divided by the rows of a batch
  const parameters = {
    ...record.parameters, hidden_layer_sizes: { tuple: settings.hidden }, activation: settings.activations.length ? settings.activations : "relu", optimizer: settings.optimizer,
    learning_rate_init: settings.learning_rate, schedule: settings.schedule, alpha: settings.l2 * rows, l1: settings.l1 * rows, batch_size: plan.batchSize,
    dropout: settings.dropout.length ? settings.dropout : 0, init: settings.init, loss: lossName(spec.loss.name, kind), random_state: settings.seed, epochs: null,
  };
  const layers = spec.layers, { theta, extra } = onGiven(branch, order(data));
  if (extra) {
    Object.assign(parameters, { hidden_layer_sizes: { tuple: [...settings.hidden, 1] }, activation: layers.map(({ activation }) => activation.name), dropout: layers.map(({ dropout }) => dropout) });
  }
  const found = {
    ...record, parameters, network: { layers: extra ? [...layers, extra] : layers, loss: spec.loss },
    fitted: {
      ...record.fitted, n_features_in_: data.d, feature_names_in_: { array: { dtype: "object", values: data.names } }, n_iter_: Math.max(1, moment.epoch), t_: moment.steps,
      loss_: judged.train, best_loss_: { float: "inf" }, _no_improvement_count: 0,
    },
    stopped: "",
  };
  if (data.template) delete /** @type {any} */ (found.fitted).feature_names_in_; // the preparation has them
  if (kind === "MLPClassifier") found.labels = { classes: labelled(data.classes), kind: data.classes.length > 2 ? "multiclass" : "binary", sparse: false };
  return { kind, record: found, tensors: tensorsOf(theta, settings.learning_rate, judged.train) };
}

/**
 * A network on images: its pixels are those of the set, of which the network sees shares.
 * @param {Branch} branch
 */
function imageEstimator({ ground: { catalogue }, experiment, moment, judged }) {
  const { settings, data, plan, spec } = experiment, kind = "ConvClassifier", { record } = catalogue.model_templates[kind], images = /** @type {any} */ (imagesOf(catalogue, settings));
  const parameters = {
    ...record.parameters, layers: asGiven(spec.layers).map((layer) => (typeof layer === "string" ? layer : { image_layer: layer })), optimizer: settings.optimizer, learning_rate_init: settings.learning_rate, schedule: settings.schedule,
    alpha: settings.l2 * plan.batchSize, l1: settings.l1 * plan.batchSize, batch_size: plan.batchSize, init: settings.init, loss: lossName(spec.loss.name, "MLPClassifier"),
    random_state: settings.seed, epochs: "auto",
  };
  const found = {
    ...record, parameters, network: { layers: spec.layers, loss: spec.loss }, labels: { classes: images.labels ?? labelled(data.classes), kind: data.classes.length > 2 ? "multiclass" : "binary", sparse: false },
    fitted: {
      ...record.fitted, n_features_in_: data.d, n_iter_: Math.max(1, moment.epoch), t_: moment.steps, loss_: judged.train, best_loss_: { float: "inf" }, _no_improvement_count: 0,
      image_shape_: images.shape, pixel_mean_: new Array(images.shape[2]).fill(0), pixel_scale_: new Array(images.shape[2]).fill(images.most),
    },
    stopped: "",
  };
  return { kind, record: found, tensors: tensorsOf(moment.theta, settings.learning_rate, judged.train) };
}

/**
 * θ and the history of one epoch, as files hold them.
 * @param {Float64Array} theta
 * @param {number} rate
 * @param {number} loss
 */
function tensorsOf(theta, rate, loss) {
  const history = { learning_rates: [rate], losses: [loss], seconds: [0], validation_scores: [NaN] };
  return { theta: float64(theta), ...Object.fromEntries(Object.entries(history).map(([name, values]) => [`history.${name}`, float64(values)])), "history.scored": { dtype: "U8", shape: [1], bytes: Uint8Array.of(0) } };
}

/** @param {string} name @param {string} kind */
const lossName = (name, kind) => (kind === "MLPClassifier" && ["cross_entropy", "binary_cross_entropy"].includes(name) ? "log_loss" : name);

/** The classes' places in the order of a file, which is that of their names. @param {import("../data/data.js").Data} data */
function order({ classes }) {
  return classes.slice().sort(byCode).map((name) => classes.indexOf(name));
}

/**
 * θ for the rows as they were given: standardisation folded into the first layer, and for numbers into the last; outputs in the
 * order of the classes' names.
 * @param {Branch} branch
 * @param {number[]} places of the classes
 */
function onGiven({ experiment, moment }, places) {
  const { network, sizes, data, spec } = experiment, { original } = data, theta = moment.theta.slice();
  const blocks = (/** @type {number} */ layer) => network.blocks.filter((block) => block.layer === layer);
  const last = sizes.length - 2, width = sizes[sizes.length - 1];
  if (places.some((place, at) => place !== at)) {
    const [weights, biases] = blocks(last), before = theta.slice();
    if (width === 1) for (let at = weights.start; at < biases.stop; at++) theta[at] = -before[at]; // the other class is the one that is answered
    else for (let at = weights.start; at < biases.stop; at++) theta[at] = before[at - ((at - weights.start) % width) + places[(at - weights.start) % width]];
  }
  if (!original) return { theta, extra: null };
  const [weights, biases] = blocks(0);
  for (let j = 0; j < sizes[0]; j++)
    for (let i = 0; i < sizes[1]; i++) {
      const at = weights.start + j * sizes[1] + i;
      theta[at] /= original.scale[j];
      theta[biases.start + i] -= original.center[j] * theta[at];
    }
  const { target_center: center, target_scale: scale } = original;
  if (data.task === "classification" || (center === 0 && scale === 1)) return { theta, extra: null };
  if (spec.layers[last].activation.name !== "identity") {
    const longer = new Float64Array(theta.length + 2);
    longer.set(theta);
    longer.set([scale, center], theta.length);
    return { theta: longer, extra: { kind: "dense", n_in: 1, n_out: 1, activation: { name: "identity" }, bias: true, dropout: 0 } };
  }
  const [w, b] = blocks(last);
  for (let at = w.start; at < b.stop; at++) theta[at] *= scale;
  for (let at = b.start; at < b.stop; at++) theta[at] += center;
  return { theta, extra: null };
}

/** @param {Branch} branch */
function perceptron(branch) {
  const { experiment, moment } = branch, { settings, data, train } = experiment, passes = Math.max(1, moment.epoch);
  const { record } = branch.ground.catalogue.model_templates.Perceptron, { theta } = onGiven(branch, order(data)), d = data.d;
  const isRight = Array.from({ length: train.n }, (_, row) => row).every((row) => {
    let score = moment.theta[d];
    for (let j = 0; j < d; j++) score += moment.theta[j] * train.inputs[row * d + j];
    return score > 0 === train.targets[row] > 0;
  });
  const words = branch.ground.catalogue.separability;
  const found = {
    ...record, parameters: { ...record.parameters, max_iter: passes, eta0: settings.learning_rate, random_state: settings.seed }, classes: labelled(data.classes),
    fitted: {
      ...record.fitted, n_features_in_: d, feature_names_in_: { array: { dtype: "object", values: data.names } }, n_iter_: passes, t_: 1 + moment.step, _n_passes: passes,
      separable_: isRight ? true : null, separability_: isRight ? words.yes : words.no,
    },
  };
  const tensors = { coef: float64(theta.slice(0, d), [1, d]), intercept: float64(theta.slice(d)), mistakes: int64([moment.mistakes]) };
  return { kind: "Perceptron", record: found, tensors };
}
