// A Python program that walks the page's path: plain lines that fit the network, and below what was done here, exactly.
import { asGiven } from "../experiment/layers.js";
import { Problem } from "../experiment/problem.js";
import { MADE } from "../data/datasets.js";
import { GIVEN, imagesOf } from "../data/images.js";
import { MOST } from "../session/journal.js";

/** @typedef {import("../session/branch.js").Branch} Branch */
/** @typedef {import("../session/journal.js").Entry} Entry */

const MOST_NUMBERS = 1000; // of θ that a program lists

/** A value as Python writes it. @param {any} value @returns {string} */
export function python(value) {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}: ${python(part)}`).join(", ")}}`;
  return Number.isFinite(value) ? String(value) : `float("${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}")`;
}

/** @param {Branch} branch */
export function program(branch) {
  const { journal, experiment, moment, judged } = branch, { settings } = experiment;
  if (experiment.data.given) throw new Problem("given_program");
  if (journal.isFull) throw new Problem("full_journal", { most: MOST });
  const began = Object.fromEntries(Object.entries(journal.settings).filter(([name]) => !branch.ground.catalogue.view.includes(name) || name === "axes"));
  const own = settings.dataset === "table", pictures = settings.dataset === GIVEN, done = journal.entries();
  const plain = experiment.seesImages ? imageLines(branch, done) : own || !(MADE.includes(settings.dataset) || settings.dataset === "points") ? tableLines(branch) : plainLines(branch, done);
  const usage = own ? "\nRun it with the name of your table as its argument.\n" : pictures ? `\nRun it with the place of your images as its argument${imagesOf(branch.ground.catalogue, settings)?.asked?.labels ? ", and that of their labels" : ""}.\n` : "";
  const numbers = moment.theta.length <= MOST_NUMBERS;
  return `"""A network from koubai's playground: the same data, initial values and steps, and up to rounding the same numbers.
${usage}"""

import json${own ? "\nimport sys\nfrom pathlib import Path" : pictures ? "\nimport sys" : ""}

import numpy as np

${imports(experiment)}
from koubai.play.replay import replay

${plain.join("\n")}

# What was done on the page, step by step
settings = json.loads(r"""${escaped(began)}""")
done = json.loads(r"""${escaped(done)}""")
tables = ${pictures ? "{\"images\": GivenImages(images)}" : own ? `{settings["table"]: Path(sys.argv[1] if len(sys.argv) > 1 else "table.csv")}` : "{}"}
experiment, moment = replay(settings, done, tables)
train_loss, test_loss, accuracies = experiment.losses(moment.state.theta)
print(f"On the page's path, after epoch {moment.state.epoch}: loss {train_loss:.6g}, test loss {test_loss:.6g}")
page = ${python(numbers ? Array.from(moment.theta) : [judged.train])}  # ${numbers ? "all weights and biases" : "the loss"} on the page
here = ${numbers ? "moment.state.theta" : "[train_loss]"}
print(f"Largest difference from the page: {np.max(np.abs(np.subtract(page, here))):.2g}")
`;
}

/** @param {any} value within Python's raw text */
const escaped = (value) => JSON.stringify(value).replace(/"""/g, '\\"\\"\\"');

/** @param {import("../experiment/experiment.js").Experiment} experiment */
function imports({ data, isPerceptron, settings }) {
  const kind = isPerceptron ? "Perceptron" : data.task === "classification" ? "MLPClassifier" : "MLPRegressor", made = MADE.includes(settings.dataset);
  if (settings.dataset === "table") return "from koubai import TableModel";
  if (data.shape && settings.dataset === GIVEN) return "from koubai import ConvClassifier\nfrom koubai.core.counter_random import CounterRandom\nfrom koubai.play.of_images.given import read_given\nfrom koubai.play.of_images.sets import images_of\nfrom koubai.play.runs.data import GivenImages";
  if (data.shape) return "from koubai import ConvClassifier\nfrom koubai.core.counter_random import CounterRandom\nfrom koubai.play.of_images.sets import images_of";
  if (!made && settings.dataset !== "points") return "from koubai import TableModel\nfrom koubai.play.runs.data import example_table";
  const found = [`from koubai import ${kind}`];
  if (made && !isPerceptron) found.push("from koubai.core.counter_random import CounterRandom");
  if (!made) found.push("from koubai.core.counter_random import DATA, CounterRandom");
  if (made) found.push("from koubai.play.datasets import make");
  return [...found, "from koubai.play.features import features_of"].join("\n");
}

/**
 * A table's model as koubai fits it: its own network and start, prepared in the same way.
 * @param {Branch} branch
 */
function tableLines({ experiment, moment, ground }) {
  const { settings, isPerceptron } = experiment, own = settings.dataset === "table";
  const [file, target] = own ? ['sys.argv[1] if len(sys.argv) > 1 else "table.csv"', settings.target] : [`example_table(${python(ground.catalogue.tables[settings.dataset][0])})`, ground.catalogue.tables[settings.dataset][1]];
  const network = isPerceptron ? {} : networkParameters(experiment, moment);
  const told = Object.entries({ n_members: 1, piecewise: false, ...network }).filter(([, value]) => value !== null).map(([name, value]) => `    ${name}=${python(value)},`);
  return [
    "# Such a network on the same table; it starts from random numbers of its own",
    "model = TableModel(", ...told, ")", `model.fit(${file}, ${python(target)}, test_fraction=${+(1 - settings.train_ratio).toFixed(2)})`, "print(model.evaluation_)",
  ];
}

/**
 * An estimator's parameters; those that are the usual ones are null.
 * @param {import("../experiment/experiment.js").Experiment} experiment
 * @param {import("../experiment/experiment.js").Moment} moment
 */
function networkParameters({ settings, plan, spec, data }, moment) {
  return {
    hidden_layer_sizes: settings.hidden, activation: settings.activations.length ? settings.activations : "relu", loss: lossOf(spec.loss.name, data.task === "classification"),
    optimizer: settings.optimizer, learning_rate_init: settings.learning_rate, schedule: settings.schedule === "constant" ? null : settings.schedule, batch_size: plan.batchSize,
    alpha: settings.l2 * plan.batchSize, l1: settings.l1 ? settings.l1 * plan.batchSize : null,
    dropout: settings.dropout.some((/** @type {number} */ rate) => rate > 0) ? settings.dropout : null, init: settings.init, epochs: Math.max(1, moment.epoch),
  };
}

/**
 * In what the plain lines do not follow the page's path.
 * @param {Branch} branch
 * @param {Entry[]} done
 */
function warnings({ experiment, moment }, done) {
  const lines = [];
  if (moment.cursor || done.some((entry) => entry.edit || entry.settings)) lines.push("# The settings as they are now; what was changed on the way is repeated only below");
  if (experiment.settings.schedule !== "constant") lines.push("# Here the schedule spans these epochs, on the page those until the end that was set");
  return lines;
}

/**
 * Such a network on the same images, in lines as one would write them by hand.
 * @param {Branch} branch
 * @param {Entry[]} done
 */
function imageLines(branch, done) {
  const { experiment, moment } = branch;
  const { settings, train, test, plan, spec, data } = experiment, layers = asGiven(spec.layers).map(said);
  const told = {
    layers: layers.join(", "), image_shape: data.shape, normalize: false, shifts: 0, loss: lossOf(spec.loss.name, true), optimizer: settings.optimizer, learning_rate_init: settings.learning_rate,
    schedule: settings.schedule, batch_size: plan.batchSize, alpha: settings.l2 * plan.batchSize, l1: settings.l1 * plan.batchSize, init: settings.init, epochs: Math.max(1, moment.epoch),
  };
  const own = settings.dataset === GIVEN, which = own ? "images" : python(settings.dataset);
  return [
    ...(own ? [readLine(branch)] : []), `X, y = images_of(${which}, n_rows=${settings.n_rows}, seed=${settings.data_seed})`, "y = y.astype(int)",
    `X_train, y_train, X_test, y_test = X[:${train.n}], y[:${train.n}], X[${train.n}:], y[${train.n}:]`, "",
    ...warnings(branch, done), "model = ConvClassifier(", ...Object.entries(told).map(([name, value]) => `    ${name}=${python(value)},`), `    random_state=CounterRandom(${settings.seed}),  # the page's own random numbers`, ")",
    "model.fit(X_train, y_train)", ...(test.n ? ['print(f"Accuracy on the test images: {model.score(X_test, y_test):.3f}")'] : []),
  ];
}

/** How the user's own images are read, as they were here. @param {Branch} branch */
function readLine({ experiment, ground }) {
  const { title, asked } = /** @type {import("../data/images.js").ImageSet} */ (imagesOf(ground.catalogue, experiment.settings));
  const more = Object.entries(asked ?? {}).map(([name, value]) => `, ${name}=${name === "labels" ? "sys.argv[2]" : python(value)}`).join("");
  return `images = read_given(sys.argv[1] if len(sys.argv) > 1 else ${python(title)}${more}).images`;
}

/** A layer in words, as an estimator reads them. @param {string | {name: string, [field: string]: any}} layer */
function said(layer) {
  if (typeof layer === "string") return layer;
  const { name, filters, kernel_size, padding, pool_size, units, rate } = layer, numbers = [filters, kernel_size, pool_size, units, rate].filter((value) => value !== undefined);
  return [name, ...numbers, ...(name === "conv" ? [`padding=${padding}`] : [])].join(" ");
}

/**
 * Lines as one would write them by hand.
 * @param {Branch} branch
 * @param {Entry[]} done
 */
function plainLines(branch, done) {
  const { experiment, moment } = branch, { settings, data, train } = experiment;
  const isClasses = data.task === "classification";
  const lines = [...rowLines(experiment), `X_train, y_train, X_test, y_test = X[:${train.n}], y[:${train.n}], X[${train.n}:], y[${train.n}:]`, "", ...warnings(branch, done)];
  if (experiment.isPerceptron) lines.push(`model = Perceptron(eta0=${settings.learning_rate}, max_iter=${Math.max(1, moment.epoch)}, tol=None)`);
  else {
    const told = Object.entries(networkParameters(experiment, moment)).filter(([, value]) => value !== null).map(([name, value]) => `    ${name}=${python(value)},`);
    lines.push(`model = ${isClasses ? "MLPClassifier" : "MLPRegressor"}(`, ...told, `    random_state=CounterRandom(${settings.seed}),  # the page's own random numbers`, ")");
  }
  lines.push("model.fit(X_train, y_train)");
  if (experiment.test.n) lines.push(`print(f"${isClasses ? "Accuracy" : "R²"} on the test rows: {model.score(X_test, y_test):.3f}")`);
  return lines;
}

/** @param {import("../experiment/experiment.js").Experiment} experiment */
function rowLines({ settings, data }) {
  const features = python(settings.features);
  if (settings.dataset === "points")
    return [
      `drawn = np.array(${python(settings.points)})`,
      `drawn = drawn[CounterRandom(${settings.data_seed}, DATA, ${MADE.length}).permutation(len(drawn))]`,
      `X, y = features_of(drawn[:, :2], ${features}), drawn[:, 2].astype(int)`,
    ];
  return [
    `made = make(${python(settings.dataset)}, n_rows=${settings.n_rows}, noise=${settings.noise}, seed=${settings.data_seed})`,
    `X = features_of(made.points, ${features})`,
    `y = ${data.task === "classification" ? "made.targets.astype(int)" : "made.targets"}`,
  ];
}

/** @param {string} name @param {boolean} isClasses */
const lossOf = (name, isClasses) => (isClasses && ["cross_entropy", "binary_cross_entropy"].includes(name) ? "log_loss" : name);
