// Tables without a server: the examples as they were prepared, and the user's own if their columns are numbers.
import { DATA, deriveKey, permutation } from "./randomness.js";
import { Problem } from "../experiment/problem.js";
import { csvOf } from "./csv.js";

const MOST_ROWS = 20000, MOST_FEATURES = 200, FEW = 20;
const SPLIT = 99; // stream of the rows that are held out

export class OwnTables {
  constructor() {
    this.tables = /** @type {Map<string, {columns: string[], cells: string[][]}>} */ (new Map());
  }

  /**
   * Read a file; return its id and columns, or a sentence.
   * @param {File} file
   */
  async take(file) {
    const table = csvOf(textOf(await file.arrayBuffer(), file.name));
    if (table.columns.length < 2 || !table.cells.length) throw new Problem("csv_empty", { name: file.name });
    if (table.cells.length > MOST_ROWS) throw new Problem("csv_rows", { most: MOST_ROWS, got: table.cells.length });
    const id = `own${this.tables.size + 1}`;
    this.tables.set(id, table);
    return { id, columns: table.columns, rows: table.cells.length };
  }

  /**
   * The rows that settings ask for.
   * @param {any} settings
   * @param {(name: string) => Promise<any>} example the prepared table of that name
   */
  async rows(settings, example) {
    if (settings.dataset !== "table") return resplit(await example(settings.dataset), settings);
    const table = this.tables.get(settings.table);
    if (!table) throw new Problem("no_table");
    return preparedRows(table, settings);
  }
}

/**
 * A file's text; whatever is not UTF-8 is refused, since letters that are guessed would be wrong without a word.
 * @param {ArrayBuffer} content
 * @param {string} name
 */
function textOf(content, name) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    if (!text.includes("\0")) return text;
  } catch {
    // what it is instead is not known
  }
  throw new Problem("csv_text", { name });
}

/**
 * Numeric columns standardised over the training rows, and a target of numbers or of classes.
 * @param {{columns: string[], cells: string[][]}} table
 * @param {any} settings
 */
export function preparedRows({ columns, cells }, settings) {
  const at = columns.indexOf(settings.target);
  if (at < 0) throw new Problem("no_target", { target: settings.target });
  const chosen = columns.map((name, index) => ({ name, index })).filter(({ name, index }) => index !== at && (!settings.columns || settings.columns.includes(name)));
  if (!chosen.length || chosen.length > MOST_FEATURES) throw new Problem("csv_columns", { most: MOST_FEATURES, got: chosen.length });
  const kept = cells.filter((row) => row[at] !== "");
  const raw = new Float64Array(kept.length * chosen.length);
  kept.forEach((row, i) => chosen.forEach(({ name, index }, j) => {
    const value = Number(row[index]);
    if (row[index] === "" || !Number.isFinite(value)) throw new Problem("csv_cell", { column: name, row: i + 1, got: row[index] });
    raw[i * chosen.length + j] = value;
  }));
  const labels = kept.map((row) => row[at]), numbers = labels.map(Number), kinds = [...new Set(labels)];
  const isNumeric = numbers.every(Number.isFinite) && kinds.length > FEW;
  const classes = isNumeric ? [] : kinds.sort((a, b) => (Number.isFinite(Number(a)) && Number.isFinite(Number(b)) ? Number(a) - Number(b) : a < b ? -1 : 1));
  if (!isNumeric && classes.length < 2) throw new Problem("csv_target", { target: settings.target });
  const test = splitOf(kept.length, settings);
  const { inputs, center, scale } = standardised(raw, chosen.length, test);
  const original = { center, scale, target_center: 0, target_scale: 1 };
  let targets = Float64Array.from(isNumeric ? numbers : labels.map((label) => classes.indexOf(label)));
  if (isNumeric) {
    const own = standardised(targets, 1, test);
    [targets, original.target_center, original.target_scale] = [own.inputs, own.center[0], own.scale[0]];
  }
  return { inputs, targets, test, task: isNumeric ? "regression" : "classification", classes, names: chosen.map(({ name }) => name), original };
}

/**
 * Which rows are held out.
 * @param {number} n
 * @param {any} settings
 */
function splitOf(n, { train_ratio, data_seed }) {
  const order = permutation(deriveKey(data_seed, DATA, SPLIT), n), test = new Array(n).fill(false);
  for (const row of order.slice(Math.max(1, Math.round(n * train_ratio)))) test[row] = true;
  return test;
}

/**
 * Columns with mean 0 and deviation 1 over the training rows.
 * @param {Float64Array} table
 * @param {number} d
 * @param {boolean[]} test
 */
function standardised(table, d, test) {
  const center = new Array(d).fill(0), scale = new Array(d).fill(0), count = test.filter((held) => !held).length;
  const each = (/** @type {(value: number, column: number) => void} */ work) => test.forEach((held, row) => {
    if (!held) for (let j = 0; j < d; j++) work(table[row * d + j], j);
  });
  each((value, j) => (center[j] += value / count));
  each((value, j) => (scale[j] += (value - center[j]) ** 2 / count));
  for (let j = 0; j < d; j++) scale[j] = Math.sqrt(scale[j]) || 1;
  return { inputs: table.map((value, at) => (value - center[at % d]) / scale[at % d]), center, scale };
}

/**
 * An example table on other training rows. It was prepared over those of its usual split: which rows learn changes, what the
 * numbers are does not, so that the model file's preparation stays true.
 * @param {any} rows
 * @param {any} settings
 */
function resplit(rows, settings) {
  if (rows.pixels) return rows; // images are divided when they are ordered
  const usual = rows.usual;
  if (!usual || (usual.train_ratio === settings.train_ratio && usual.data_seed === settings.data_seed)) return rows;
  return { ...rows, test: splitOf(rows.test.length, settings) };
}
