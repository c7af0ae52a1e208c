/** `npm run bench:readme`: writes the newest record of bench/results into the README. */
import { readFileSync, writeFileSync } from "node:fs";
import { newestRecord, performanceSection, withSection } from "../dist-bench/bench/readme-table.js";

const readme = new URL("../README.md", import.meta.url);
const results = new URL("../bench/results", import.meta.url).pathname;
const section = performanceSection(newestRecord(results));
writeFileSync(readme, withSection(readFileSync(readme, "utf8"), section));
console.log(section);
