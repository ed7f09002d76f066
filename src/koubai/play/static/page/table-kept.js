// The dropped table that a page works on, known again after a reload; its rows stay where they were read.

const NAME = "koubai.table", PARTS = ["dataset", "table", "target", "columns", "axes"];

/** @param {import("../types.js").State} state whose table is in use */
export function keep_table({ table, settings }) {
  if (!table || settings?.dataset !== "table" || settings.table !== table.id) return;
  const chosen = Object.fromEntries(PARTS.map((name) => [name, settings[name]]));
  try {
    sessionStorage.setItem(NAME, JSON.stringify({ table, chosen }));
  } catch {
    // A browser without storage forgets the table when the page is loaded again.
  }
}

/** @returns {{table: any, chosen: Record<string, any>} | null} */
export function kept_table() {
  try {
    return JSON.parse(sessionStorage.getItem(NAME) ?? "null");
  } catch {
    return null;
  }
}
