// node run.mjs LOADER MODULE DESCRIPTION CASES: prints what the engine finds for the cases.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { found, plain } from "./cases.mjs";

const [loader, module, description, cases] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, "utf-8"));
const { loadEngine } = await import(pathToFileURL(loader).href);
process.stdout.write(plain(found(await loadEngine(readFileSync(module), read(description)), read(cases))));
