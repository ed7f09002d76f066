// Sets of images: the same rows as koubai.play.of_images.sets makes, from the pixels that a service has.
import { MADE } from "./datasets.js";
import { testRows } from "./numbers.js";
import { CounterRandom, DATA } from "./randomness.js";

/** @typedef {{shape: [number, number, number], most: number, classes: string[], usual: Record<string, any>}} ImageSet */

/**
 * What the catalogue says of the set that settings name; null if its rows are no images.
 * @param {any} catalogue
 * @param {any} settings
 * @returns {ImageSet | null}
 */
export const imagesOf = (catalogue, settings) => (settings && Object.hasOwn(catalogue?.images ?? {}, settings.dataset) ? catalogue.images[settings.dataset] : null);

/** The stream of the random numbers by which images are ordered; those before it are of other data. */
const STREAM = MADE.length + 1;

/**
 * So many images in random order as rows of pixels from 0 to 1, and their classes.
 * @param {ImageSet} set
 * @param {{pixels: Uint8Array, labels: Uint8Array}} given all images of the set
 * @param {any} settings
 */
export function imageRows({ shape, most, classes }, { pixels, labels }, settings) {
  const [height, width, channels] = shape, d = height * width * channels;
  const order = new CounterRandom(settings.data_seed, DATA, STREAM).permutation(labels.length).slice(0, settings.n_rows), n = order.length;
  const inputs = new Float64Array(n * d), targets = new Float64Array(n);
  Array.from(order).forEach((from, row) => {
    targets[row] = labels[from];
    for (let j = 0; j < d; j++) inputs[row * d + j] = pixels[from * d + j] / most;
  });
  const names = Array.from({ length: d }, (_, at) => `[${Math.floor(at / width) + 1},${(at % width) + 1}]`);
  return {
    inputs, targets, d, task: /** @type {const} */ ("classification"), classes, names, shape, test: testRows(n, settings.train_ratio),
    plane: noPlane(n),
  };
}

/** What stands for the plane of so many images, which have none. @param {number} n @returns {import("./plane.js").Plane} */
export const noPlane = (n) => ({ x: new Float64Array(n), y: new Float64Array(n), axes: ["", ""], extent: [[0, 1], [0, 1]], inputs: () => new Float64Array(0) });
