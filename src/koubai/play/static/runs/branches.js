// In what one run differs from another, said in words.
import { word } from "../panels/settings.js";

const LOOKS = new Set(["hide", "lesson", "show_test", "discretize", "axes", "pace", "stop_at"]);

/**
 * @param {any} other the settings that are told
 * @param {any} mine those that they are compared with
 * @param {import("../page/texts.js").Texts} texts
 * @returns {string[]}
 */
export function different(other, mine, texts) {
  const title = (/** @type {string} */ name) => [`play.control.${name}`, `play.hiding.${name}`].filter((each) => texts.has(each)).map((each) => texts.text(each))[0] ?? name;
  const said = (/** @type {any} */ value) => [value ?? "–"].flat().map((each) => word(texts, each)).join(", ");
  return Object.keys(other ?? {}).filter((name) => !LOOKS.has(name) && JSON.stringify(other[name]) !== JSON.stringify(mine[name])).map((name) => `${title(name)}: ${said(other[name])}`);
}
