// Sets of images: the same rows as koubai.play.of_images.sets makes, from the pixels that a service has.
import { MADE } from "./datasets.js";
import { testRows } from "./numbers.js";
import { CounterRandom, DATA } from "./randomness.js";

/**
 * What the catalogue says of a set. Of the user's own it also tells: its `title`, the classes as they were given (`labels`), how many
 * images are here (`n`) `of` how many, whether larger pixels are `darker`, what empty pixels are (`ground`, 0 or 1), how many of them usually
 * surround what is shown (`margin`), a small picture (`face`), how they were read (`asked`), and whether a program alone has them (`given`).
 * @typedef {{shape: [number, number, number], most: number, classes: string[], usual: Record<string, any>, title?: string, labels?: any, n?: number, of?: number, darker?: boolean, ground?: 0 | 1, margin?: number, face?: {height: number, width: number, shades: number[]}, asked?: any, given?: boolean}} ImageSet
 */

/** The name of the user's own images among the data sets. */
export const GIVEN = "images";

/**
 * What the catalogue says of the set that settings name; null if its rows are no images.
 * @param {any} catalogue
 * @param {any} settings
 * @returns {ImageSet | null}
 */
export const imagesOf = (catalogue, settings) => (settings && Object.hasOwn(catalogue?.images ?? {}, settings.dataset) ? catalogue.images[settings.dataset] : null);

/** Whether settings are about images of the user's own that this page does not have. @param {any} catalogue @param {any} settings */
export const lacksImages = (catalogue, settings) => settings?.dataset === GIVEN && !imagesOf(catalogue, settings);

/** The stream of the random numbers by which images are ordered; those before it are of other data. */
const STREAM = MADE.length + 1;

/**
 * So many images in random order as rows of pixels from 0 to 1, and their classes.
 * @param {ImageSet} set
 * @param {{pixels: Uint8Array | Float32Array, labels: Uint8Array}} all of the set
 * @param {any} settings
 */
export function imageRows({ shape, most, classes, given }, { pixels, labels }, settings) {
  const [height, width, channels] = shape, d = height * width * channels;
  const order = new CounterRandom(settings.data_seed, DATA, STREAM).permutation(labels.length).slice(0, settings.n_rows), n = order.length;
  const inputs = new Float64Array(n * d), targets = new Float64Array(n);
  Array.from(order).forEach((from, row) => {
    targets[row] = labels[from];
    for (let j = 0; j < d; j++) inputs[row * d + j] = pixels[from * d + j] / most;
  });
  const place = (/** @type {number} */ cell) => `${Math.floor(cell / width) + 1},${(cell % width) + 1}`;
  const names = Array.from({ length: d }, (_, at) => (channels === 1 ? `[${place(at)}]` : `[${place(Math.floor(at / channels))},${(at % channels) + 1}]`));
  return {
    inputs, targets, d, task: /** @type {const} */ ("classification"), classes, names, shape, test: testRows(n, settings.train_ratio),
    plane: noPlane(n), ...(given ? { given } : {}),
  };
}

/** What stands for the plane of so many images, which have none. @param {number} n @returns {import("./plane.js").Plane} */
export const noPlane = (n) => ({ x: new Float64Array(n), y: new Float64Array(n), axes: ["", ""], extent: [[0, 1], [0, 1]], inputs: () => new Float64Array(0) });
