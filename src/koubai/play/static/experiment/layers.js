// The layers that settings describe, as model files hold them: koubai.play.of_images.networks makes the same.

/** @typedef {{kind: string, activation?: any, dropout: number, input_shape?: number[], n_in?: number, n_out?: number, [field: string]: any}} LayerSpec */

/**
 * Layers from maps to maps, and the one that makes a row of the last.
 * @param {any} settings
 * @param {number[]} shape of the images
 * @param {number} pooled cells that pooling makes one of, in each direction
 * @returns {{layers: LayerSpec[], n_out: number}}
 */
export function mapLayers(settings, shape, pooled) {
  const layers = /** @type {LayerSpec[]} */ ([]);
  let [height, width, channels] = shape;
  settings.filters.forEach((/** @type {number} */ n_filters, /** @type {number} */ at) => {
    const size = settings.kernel_sizes[at];
    layers.push({
      kind: "convolution", input_shape: [height, width, channels], n_filters, kernel_size: [size, size], strides: [1, 1], padding: "same",
      activation: { name: settings.map_activation }, bias: true, dropout: 0,
    });
    channels = n_filters;
    if (settings.pooling === "none" || Math.min(height, width) < pooled) return;
    layers.push({ kind: `${settings.pooling}_pooling`, input_shape: [height, width, channels], pool_size: [pooled, pooled], strides: [pooled, pooled], padding: "valid", dropout: 0 });
    [height, width] = [Math.floor(height / pooled), Math.floor(width / pooled)];
  });
  layers.push({ kind: "flatten", input_shape: [height, width, channels], dropout: 0 });
  return { layers, n_out: height * width * channels };
}

/**
 * Dense layers of these sizes, the first being that of the inputs.
 * @param {any} settings
 * @param {number[]} sizes
 * @param {string} output activation
 * @returns {LayerSpec[]}
 */
export const denseLayers = (settings, sizes, output) => sizes.slice(1).map((n_out, index) => {
  const isLast = index === sizes.length - 2;
  return { kind: "dense", n_in: sizes[index], n_out, activation: { name: isLast ? output : settings.activations[index] }, bias: true, dropout: isLast ? 0 : settings.dropout[index] };
});

/**
 * Layers but the last as an estimator of images is given them: activations by name, the others by their fields.
 * @param {LayerSpec[]} layers
 * @returns {(string | {name: string, [field: string]: any})[]}
 */
export const asGiven = (layers) => layers.slice(0, -1).flatMap((layer) => {
  if (layer.kind === "convolution") return [{ name: "conv", filters: layer.n_filters, kernel_size: layer.kernel_size[0], strides: 1, padding: "same" }, layer.activation.name];
  if (layer.kind === "flatten") return [{ name: "flatten" }];
  if (layer.kind !== "dense") return [{ name: layer.kind === "max_pooling" ? "max_pool" : "avg_pool", pool_size: layer.pool_size[0], strides: null, padding: "valid" }];
  return [{ name: "dense", units: layer.n_out }, layer.activation.name, ...(layer.dropout ? [{ name: "dropout", rate: layer.dropout }] : [])];
});
