// The types that panels share. Messages follow src/koubai/play/messages.py; frames hold their numbers as typed arrays.

/**
 * @typedef {Object} Layer
 * @property {number} n_in
 * @property {number} n_out
 * @property {number} weights_at Position of the weights (n_in, n_out) in θ.
 * @property {number} biases_at Position of the biases (n_out) in θ.
 * @property {string} activation
 */

/**
 * A layer of a network on images: as above, its kind, the shapes (height, width, channels) that it reads and gives, where its outputs
 * begin in a frame's `seen`, and of layers that move windows over maps their height and width, strides and padding before.
 * @typedef {Layer & {kind: string, z_at: number, from: number[], to: number[], window: number[] | null, strides: number[] | null, before: number[] | null}} MapLayer
 */

/** @typedef {{sizes: number[], n_parameters: number, layers: Layer[] | MapLayer[]}} Network */

/**
 * @typedef {Object} Frame
 * @property {any} header
 * @property {Record<string, {data: Float32Array | Uint8Array, shape: number[]}>} blocks
 */

/** @typedef {{epochs: number[], train: number[], test: number[]}} Losses */

/** @typedef {{x: number[], y: number[], label: number[], test: boolean[], axes: string[], range: number[][], images?: {shape: number[], pixels: Float32Array} | null, units?: ({center: number, scale: number} | null)[]}} Points */

/** @typedef {{kind: "node" | "link" | "row", layer: number, source: number, target: number, row?: number}} Selection */

/**
 * @typedef {Object} State
 * @property {"en" | "ja"} lang
 * @property {"light" | "dark"} theme
 * @property {any} catalogue
 * @property {any} defaults What settings are at first; the link holds the differences.
 * @property {any} settings
 * @property {Network | null} network
 * @property {string} task
 * @property {string[]} classes
 * @property {string[]} feature_names
 * @property {boolean} running
 * @property {number} epoch
 * @property {number} step
 * @property {any} timeline
 * @property {{key: string, values: Record<string, unknown>}[]} notes What was done besides what was asked for.
 * @property {Frame | null} frame
 * @property {Points | null} data
 * @property {Losses} losses
 * @property {Losses | null} future What lies ahead after going back to a past state.
 * @property {{frame: Frame, losses: Losses, data: Points | null, settings: any} | null} other The other branch's run.
 * @property {Selection | null} selection
 * @property {{layer: number, at: number} | null} cell The number of a network on images whose derivation is shown.
 * @property {{layer: number, at: number} | null} kernel The number of a kernel that is shown, by its place among the layer's weights.
 * @property {"forward" | "backward"} direction Whether maps show what layers say, or δ.
 * @property {number | null} meant The class that the image on screen should be, if somebody chose it.
 * @property {{title: string, html: string} | null} explanation
 * @property {any} question The question answered by the current explanation.
 * @property {any} starts
 * @property {string} problem
 * @property {boolean} instant
 * @property {number} instant_ms Time from the last change to its final state on screen.
 * @property {any[]} lessons
 * @property {any} lesson
 * @property {number} lesson_step
 * @property {any} table
 * @property {number} brush The class of drawn points.
 * @property {string} unit
 * @property {number} until The epoch up to which a step of that size runs.
 * @property {boolean} waiting Whether an answer is slow to arrive.
 * @property {{rows: number[], changed: boolean | null} | null} learnt The examples of the last single step, as row indices in the data.
 * @property {number} row The example that questions are about, counted from 0.
 * @property {any} hover_node
 * @property {boolean} more Whether all settings are shown, not a beginner's alone.
 * @property {any[]} kept Runs kept for comparison, whose curves are overlaid.
 * @property {Frame | null} ahead The frame at the end of the run, while an earlier state is looked at.
 * @property {Record<string, any>} progress What was done in each lesson, by its name.
 * @property {number} derivations How many were opened in this step of a lesson.
 */

/**
 * @typedef {Object} Transport
 * @property {(message: object) => void} send
 * @property {(listener: (message: any) => void) => void} onmessage
 * @property {(lang: string) => Promise<Record<string, string>>} fetch_texts
 * @property {() => Promise<any[]>} fetch_lessons
 * @property {(name: string) => Promise<any>} fetch_lesson
 * @property {(file: File) => Promise<any>} send_table
 */

/**
 * Where a playground finds what it needs: on a host, within its own file, or in a notebook.
 * @typedef {Object} Home
 * @property {() => Promise<any>} catalogue
 * @property {() => Promise<{module: BufferSource, description: any} | null>} engine
 * @property {() => Worker} worker
 * @property {(document: any) => void} [kept] learns how the run stands
 * @property {(lang: string) => Promise<Record<string, string>>} texts
 * @property {() => Promise<any[]>} lessons
 * @property {(name: string) => Promise<any>} lesson
 * @property {(file: File) => Promise<any>} table
 * @property {(settings: any) => Promise<any>} rows
 * @property {(asked: any) => Promise<{title: string, html: string}>} explain
 * @property {(document: any) => Promise<{base64: string} | null>} keep
 */

/**
 * @typedef {Object} Context
 * @property {import("./page/store.js").Store} store
 * @property {Transport} transport
 * @property {import("./page/texts.js").Texts} texts
 * @property {(message: object) => void} send
 * @property {(settings: Record<string, any>) => void} change Sends changed settings; in instant mode, requests the final state. What a lesson locks stays.
 * @property {(settings: Record<string, any>) => void} force The same, whatever a lesson locks.
 */

/** @typedef {{element: HTMLElement, update: (state: State, changed: Set<string>) => void, resized?: () => void}} Panel */

/**
 * What a module exports as `panel`: where on the page it is, which are made and shown before it, and what makes it; `made`
 * holds the panels that were made before, by the names of their modules.
 * @typedef {Object} PanelKind
 * @property {"head" | "lead" | "lesson" | "settings" | "data" | "middle" | "side" | "below" | "first" | "second"} place
 * @property {number} order
 * @property {(context: Context, made: Record<string, any>) => Panel} make
 */

export {};
