// Findings as a file: JSON, JUnit XML, Markdown.

import { visible } from "../render.js";
import { sentence } from "./findings.js";

/** @typedef {{items: Finding[], rules: BrokenRule[], where: string}} Report items: newest first; rules: all, broken or not */

/** Kinds of file: name, its ending, media type, and the function that writes it. */
export const EXPORTS = /** @type {const} */ ([
	["JSON", "json", "application/json", json],
	["JUnit XML", "xml", "application/xml", junit],
	["Markdown", "md", "text/markdown", markdown],
]);

/** @param {Report} report */
function json({ items }) {
	return `${JSON.stringify(items, null, 2)}\n`;
}

/**
 * Write text for XML 1.0, which has no form for most control characters and for lone surrogates.
 * @param {unknown} text
 */
function xml(text) {
	return visible(String(text)).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

/**
 * One test for each rule that was checked; it fails if a client broke the rule.
 * @param {Report} report
 */
function junit({ items, rules, where }) {
	const found = Map.groupBy(items, (one) => one.id);
	const suites = [...Map.groupBy(rules, (rule) => rule.service)].map(([service, of]) => {
		const cases = of.map((rule) => {
			const here = found.get(rule.id) ?? [];
			const name = `<testcase classname="homeport.${xml(service)}" name="${xml(rule.id)}"`;
			if (!here.length) return `    ${name}/>`;
			const message = xml(`${sentence(rule.text)} (${rule.level}, ${rule.reference})`);
			const lines = here.map((one) => xml(`${one.time} ${one.conn ?? "-"} ${one.peer ?? "-"}: ${one.shown}`));
			return `    ${name}>\n      <failure type="${rule.level}" message="${message}">${lines.join("\n")}</failure>\n    </testcase>`;
		});
		const failed = of.filter((rule) => found.has(rule.id)).length;
		return `  <testsuite name="${xml(service)}" tests="${of.length}" failures="${failed}">\n${cases.join("\n")}\n  </testsuite>`;
	});
	return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${xml(`Findings of ${where}`)}">\n${suites.join("\n")}\n</testsuites>\n`;
}

/**
 * Write a client's text as code in a cell of a table.
 * @param {string} text
 */
function cell(text) {
	const line = visible(text).replaceAll("|", "\\|");
	const fence = "`".repeat(Math.max(0, ...[...line.matchAll(/`+/g)].map((run) => run[0].length)) + 1);
	return line ? `${fence} ${line} ${fence}` : "";
}

/** @param {Report} report */
function markdown({ items, rules, where }) {
	const found = Map.groupBy(items, (one) => one.id);
	const rows = rules.map((rule) => {
		const here = found.get(rule.id);
		return here
			? `| ${rule.level} | ${sentence(rule.text)} (\`${rule.id}\`) | ${rule.reference} | ${here.length} | ${cell(here[0]?.shown ?? "")} | ${here[0]?.conn ?? ""} |\n`
			: "";
	});
	const head =
		"| Level | What the client did | Section | Count | Newest example | Connection |\n|---|---|---|--:|---|---|\n";
	const text = items.length ? head + rows.join("") : "No client broke a rule.\n";
	return `# Findings of ${where}\n\n${text}`;
}

/**
 * Have the browser save a text as a file.
 * @param {string} text
 * @param {string} name
 * @param {string} type
 */
export function save(text, name, type) {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type }));
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
