// Tables of text: cells between commas, semicolons or tabs, quoted where they hold those themselves (RFC 4180).

/**
 * @param {string} text
 * @returns {{columns: string[], cells: string[][]}}
 */
export function csvOf(text) {
  const whole = text.replace(/^\ufeff/, ""), first = whole.slice(0, whole.search(/\r|\n|$/));
  const mark = [",", ";", "\t"].reduce((best, each) => (count(first, each) > count(first, best) ? each : best));
  const rows = /** @type {string[][]} */ ([]);
  let row = /** @type {string[]} */ ([]), cell = "", quoted = false;
  const end = () => {
    row.push(cell.trim());
    cell = "";
  };
  const next = () => {
    end();
    if (row.some((each) => each !== "")) rows.push(row);
    row = [];
  };
  for (let at = 0; at < whole.length; at++) {
    const letter = whole[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (whole[at + 1] === '"') cell += whole[at++];
      else quoted = false;
    } else if (letter === '"' && cell.trim() === "") [quoted, cell] = [true, ""];
    else if (letter === mark) end();
    else if (letter === "\n") next();
    else if (letter !== "\r") cell += letter;
  }
  if (cell !== "" || row.length) next();
  const width = Math.max(0, ...rows.slice(0, 1).map(({ length }) => length));
  const isHeaded = rows.length > 0 && rows[0].some((name) => name !== "" && !Number.isFinite(Number(name)));
  const columns = Array.from({ length: width }, (_, k) => (isHeaded && rows[0][k] ? rows[0][k] : `column_${k + 1}`));
  const names = columns.map((name, k) => (columns.indexOf(name) < k ? `${name}_${k + 1}` : name));
  const cells = rows.slice(isHeaded ? 1 : 0).map((found) => Array.from({ length: width }, (_, k) => found[k] ?? ""));
  return { columns: names, cells };
}

/** @param {string} text @param {string} mark */
const count = (text, mark) => text.split(mark).length;
