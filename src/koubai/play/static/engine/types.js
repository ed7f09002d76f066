// The kinds of data that the engine in the browser is given and gives. For the type checker; nothing of it runs.

/** @typedef {Float32Array | Float64Array} Numbers θ, slots, rows: all of one precision, which is that of the arithmetic */

/** @typedef {"f4" | "f8" | "i4" | "i8" | "u4" | "u8" | "b1"} Kind kind and bytes of an array's numbers, as NumPy has them */

/** @typedef {{ name: string, [parameter: string]: unknown }} Named an activation, a loss or an optimizer, by name, with parameters */

/**
 * A network as model files hold it.
 * @typedef {object} NetworkSpec
 * @property {{ kind: string, [field: string]: unknown }[]} layers
 * @property {string | Named} loss
 */

/**
 * Rows of features of a table with few numbers that are not 0: those numbers, the column of each (from 0), and where each
 * row begins, with the end of the last row behind.
 * @typedef {object} Sparse
 * @property {Numbers} data
 * @property {Int32Array} indices
 * @property {ArrayLike<number>} starts
 */

/** @typedef {Numbers | Sparse} Inputs rows of features, one behind another, or sparse */

/**
 * @typedef {object} Rows
 * @property {Inputs} inputs
 * @property {Numbers} targets row behind row
 * @property {Numbers} [weights] one for each row; without them all are 1
 */

/**
 * Penalties on the weights: l1 Σ|w| + ½ l2 Σ w², divided by the batch's summed weight if `per_row`.
 * @typedef {object} Penalty
 * @property {number} [l1]
 * @property {number} [l2]
 * @property {boolean} [per_row]
 */

/**
 * What stays the same from epoch to epoch.
 * @typedef {object} Plan
 * @property {import("./network.js").Network} network
 * @property {string | Named} optimizer
 * @property {Penalty} [penalty]
 * @property {number} [batchSize] rows of an update; 32 unless it is said
 * @property {boolean} [shuffle] in each epoch; true unless it is said
 * @property {number | bigint} [seed] of shuffles and dropout masks; 0 unless it is said
 * @property {{ rates?: Record<string, number>, decays?: Record<string, number> }} [factors] on α and on weight decay, by group
 * @property {number} [clipNorm] length beyond which gradients are shortened; 0: none
 */

/**
 * What is left of weight decay and dropout, one number for each update; without them all of it.
 * @typedef {object} Shares
 * @property {Numbers} [decay]
 * @property {Numbers} [dropout]
 */

/**
 * The state of a training run, which training changes.
 * @typedef {object} State
 * @property {Numbers} theta
 * @property {Numbers} [slots] the optimizer's own numbers, (nSlots · nParameters); made when they are missing
 * @property {number} [step] updates so far
 * @property {number} [epoch] epochs so far
 */

/**
 * Ends training when for more than `limit` epochs the loss has not been below the best by `tolerance`.
 * @typedef {object} Patience
 * @property {number} tolerance
 * @property {number} limit
 * @property {number} [best]
 * @property {number} [count]
 */

/**
 * Networks of one shape: θ of all, one behind another, which training changes, and what each has of its own.
 * @typedef {object} Population
 * @property {Numbers} thetas
 * @property {(string | Named)[]} optimizers
 * @property {(number | bigint)[]} seeds
 * @property {number[]} [learningRates] factors for the rates; 1 unless they are said
 */

/** @typedef {{ code: number, parameters: Record<string, number> }} KindSpec parameters in their order, with their defaults */

/** @typedef {string[][]} Size a sum of products of a layer's fields; of a list its length counts */

/**
 * @typedef {object} LayerKind
 * @property {number} code
 * @property {Size} n_in
 * @property {Size} n_out
 * @property {boolean} has_activation
 * @property {string | null} inner the field of its inner activation
 * @property {string | null} list the field of whole numbers that kernels need besides
 * @property {boolean} map whether it reads maps: then its sizes are told by the map's numbers, too
 * @property {string | null} windows the field of the size of the windows that it moves over them
 * @property {{ name: string, group: string, penalized: boolean, is_biases: boolean, shape: Size[], needs: string | null }[]} blocks
 */

/** @typedef {{ symbol: string, entry: string, arguments: [string, string][] }} KernelFunction with the names and kinds of its words */

/**
 * What lies beside the module: koubai.engines.cpu.native.description writes it.
 * @typedef {object} Description
 * @property {KernelFunction[]} functions
 * @property {Record<string, number>} columns
 * @property {number} n_columns
 * @property {Record<string, number>} part_columns
 * @property {number} n_part_columns
 * @property {string[]} groups of parameters
 * @property {{ dropout_rate: number, parameters: number }} numbers
 * @property {number} most_parameters
 * @property {number} most_loss_parameters
 * @property {number} most_hyperparameters
 * @property {Record<string, LayerKind>} layers
 * @property {string[]} map_numbers what kernels read of a map and its windows, by name
 * @property {Record<string, KindSpec>} activations
 * @property {Record<string, KindSpec>} losses
 * @property {Record<string, KindSpec & { n_slots: number, default_learning_rate: number }>} optimizers
 * @property {{ vector_bytes: number, few: number, fewest_rows: number, fewest_maps: number, patch_numbers: number, most_lines: number, work_bytes: number, cache_bytes: number }} sizes
 */

export {};
