// The rows that are trained on, and the plane in which they are shown.
import { CounterRandom, DATA } from "./randomness.js";
import { MADE, make } from "./datasets.js";
import { featuresOf } from "./features.js";
import { imageRows, imagesOf, noPlane } from "./images.js";
import { testRows } from "./numbers.js";
import { planeOf } from "./plane.js";
import { Problem } from "../experiment/problem.js";

/**
 * @typedef {object} Data
 * @property {Float64Array} inputs (n, d), row behind row
 * @property {number} d features of a row
 * @property {Float64Array} targets class numbers from 0, or numbers
 * @property {boolean[]} test
 * @property {"classification" | "regression"} task
 * @property {string[]} classes
 * @property {string[]} names of the features
 * @property {import("./plane.js").Plane} plane
 * @property {any} [template] of a table's model file
 * @property {any} [recipe] how an estimator trains, where that goes beyond settings
 * @property {{center: number[], scale: number[], target_center: number, target_scale: number}} [original] the network sees (x - center) / scale
 * @property {boolean} [given] by a program, which alone can read them again
 * @property {number[]} [shape] of images: height, width, channels
 */

/**
 * Rows of a table as a service prepared them.
 * @typedef {object} Prepared
 * @property {number[] | Float64Array} inputs
 * @property {number[] | Float64Array} targets
 * @property {boolean[]} test
 * @property {"classification" | "regression"} task
 * @property {string[]} classes
 * @property {string[]} names
 * @property {any} [template]
 * @property {any} [recipe]
 * @property {boolean} [given]
 * @property {Uint8Array | Float32Array} [pixels] of a set of images, instead of all that
 * @property {Uint8Array} [labels]
 */

const SQUARE = [[-6, 6], [-6, 6]];

/** Sets that are not made in the page. @param {any} settings */
export const isTable = (settings) => !MADE.includes(settings.dataset) && settings.dataset !== "points";

/**
 * Return the data that settings ask for; a table's rows are given.
 * @param {any} settings
 * @param {any} catalogue
 * @param {Prepared | null} [prepared]
 * @returns {Data}
 */
export function load(settings, catalogue, prepared = null) {
  if (MADE.includes(settings.dataset)) {
    const { x, y, targets } = make(settings.dataset, settings.n_rows, settings.noise, settings.data_seed);
    const task = /** @type {Data["task"]} */ (catalogue.tasks[settings.dataset]);
    return onSquare(settings, x, y, targets, task, task === "classification" ? ["0", "1"] : []);
  }
  if (settings.dataset === "points") return drawn(settings);
  if (!prepared) throw new Problem("no_table");
  const images = imagesOf(catalogue, settings);
  if (images) return prepared.pixels ? imageRows(images, /** @type {any} */ (prepared), settings) : { .../** @type {any} */ (prepared), plane: noPlane(prepared.test.length) }; // another worker's rows
  const { inputs, names } = prepared;
  return onAxes({ ...prepared, inputs: Float64Array.from(inputs), targets: Float64Array.from(prepared.targets), d: names.length, plane: /** @type {any} */ (null) }, settings);
}

/**
 * Return the same rows on the axes of the settings; made and drawn points keep their own.
 * @param {Data} data
 * @param {any} settings
 * @returns {Data}
 */
export function onAxes(data, settings) {
  if (!isTable(settings) || data.shape) return data;
  return { ...data, plane: planeOf(data.inputs, data.d, data.test, data.names, settings.axes) };
}

/**
 * @param {any} settings
 * @param {Float64Array} x
 * @param {Float64Array} y
 * @param {Float64Array} targets
 * @param {Data["task"]} task
 * @param {string[]} classes
 * @returns {Data}
 */
function onSquare(settings, x, y, targets, task, classes) {
  const names = settings.features;
  return {
    inputs: featuresOf(x, y, names), d: names.length, targets, task, classes, names,
    test: testRows(x.length, settings.train_ratio),
    plane: { x, y, axes: ["x1", "x2"], extent: SQUARE, inputs: (a, b) => featuresOf(a, b, names) },
  };
}

/** @param {any} settings */
function drawn(settings) {
  const points = /** @type {number[][]} */ (settings.points), found = [...new Set(points.map(([, , which]) => which))].sort((a, b) => a - b);
  if (found.length < 2) throw new Problem("points", { count: points.length, classes: found.length });
  const order = new CounterRandom(settings.data_seed, DATA, MADE.length).permutation(points.length);
  const column = (/** @type {(point: number[]) => number} */ of) => Float64Array.from(order, (row) => of(points[row]));
  return onSquare(settings, column(([x]) => x), column(([, y]) => y), column(([, , which]) => found.indexOf(which)), "classification", found.map(String));
}
