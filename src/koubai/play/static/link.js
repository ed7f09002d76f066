// All settings in the address: what differs from the server's first settings, one name a part.

/**
 * @param {string} hash
 * @returns {Record<string, any>}
 */
export function read(hash) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    try {
      found[name] = JSON.parse(text);
    } catch {
      found[name] = text;
    }
  }
  return found;
}

/**
 * @param {Record<string, any>} settings
 * @param {Record<string, any>} defaults
 */
export function written(settings, defaults) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (name === "table" || JSON.stringify(value) === JSON.stringify(defaults[name])) continue;
    parts.set(name, typeof value === "string" && !looksLikeJSON(value) ? value : JSON.stringify(value));
  }
  return parts.toString();
}

/** @param {string} text */
function looksLikeJSON(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
