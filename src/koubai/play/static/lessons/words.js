// A lesson's own words, which are in the lesson and not in the catalogue.

/** @param {any} words a text, or one per language @param {string} lang */
export const said = (words, lang) => (words && typeof words === "object" ? words[lang] ?? words.en ?? "" : words ?? "");
