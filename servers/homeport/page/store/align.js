// Two talks aligned by the client's commands, with a verdict for each step.

import { isText } from "../elements/bytes.js";
import { textOf as decoded } from "../render.js";

/** @typedef {import("./talk.js").Step} Step */
/**
 * @typedef {object} Said what one side said in one step
 * @property {"c" | "s"} side
 * @property {string} text
 * @property {string} sign what two steps must share to be the same step
 * @property {string} core the text without what differs by nature
 * @property {string[]} levels of findings about it
 * @property {string[]} rules
 * @property {string} fault that acted before it; empty if none did
 */
/** @typedef {{before: Said | null, after: Said | null, verdict: string}} Pair */

/** More steps than these are compared by their place. */
const MAX_STEPS = 1500;

/**
 * @param {Step[]} before
 * @param {Step[]} after
 * @returns {Pair[]}
 */
export function align(before, after) {
	const [a, b] = [spoken(before), spoken(after)];
	return pairs(a, b).map(([one, other]) => ({ before: one, after: other, verdict: verdictOf(one, other) }));
}

/**
 * @param {Step[]} steps
 * @returns {Said[]}
 */
function spoken(steps) {
	/** @type {Said[]} */
	const all = [];
	let fault = "";
	let command = "";
	for (const step of steps) {
		if (step.kind === "say") {
			const text = textOf(step);
			const [verb = "", argument = ""] = text.split(/[\s:]+/, 2);
			const own =
				step.side === "c"
					? `c ${verb.toUpperCase()} ${argument.toUpperCase() === "TO" || argument.toUpperCase() === "FROM" ? argument.toUpperCase() : ""}`
					: `s ${command}`;
			if (step.side === "c") command = own;
			all.push({ side: step.side, text, sign: own, core: coreOf(text), levels: [], rules: [], fault });
			fault = "";
		} else if (step.kind === "act") fault = step.event?.id ?? "";
		else if (step.kind === "finding") {
			const last = all.findLast((one) => one.side === "c");
			last?.levels.push(step.event?.level ?? "must");
			last?.rules.push(step.event?.id ?? "");
		}
	}
	return all;
}

/** @param {Step} step */
function textOf(step) {
	if (step.frame) return step.frame.text;
	const bytes = step.bytes ?? new Uint8Array();
	if (!isText(bytes)) return `${bytes.length} bytes`;
	return decoded(bytes).replaceAll("\r\n", "\n").trimEnd();
}

/** Dates, identifiers and ports differ by nature. HELO and EHLO are the same step.
 * @param {string} text
 */
const coreOf = (text) =>
	text
		.replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?/g, "DATE")
		.replace(/\b\w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, "DATE")
		.replace(/\b(?:\d+,){5}\d+\b|\(\|\|\|\d+\|\)/g, "PORT")
		.replace(/\b[cm]\d+(?:-\d+)?\b|<[^<>@\s]*\d{4,}[^<>\s]*>|\b\d{6,}\b|<(?:cl|sv)TRID>[^<]*/g, "ID");

/**
 * Pair two lists by their longest common subsequence.
 * @param {Said[]} a
 * @param {Said[]} b
 * @returns {[Said | null, Said | null][]}
 */
function pairs(a, b) {
	if (a.length > MAX_STEPS || b.length > MAX_STEPS)
		return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => [a[index] ?? null, b[index] ?? null]);
	const width = b.length + 1;
	const common = new Uint16Array((a.length + 1) * width);
	const at = (/** @type {number} */ i, /** @type {number} */ j) => common[i * width + j] ?? 0;
	const same = (/** @type {number} */ i, /** @type {number} */ j) => greeting(a[i]?.sign) === greeting(b[j]?.sign);
	for (let i = a.length - 1; i >= 0; i -= 1)
		for (let j = b.length - 1; j >= 0; j -= 1)
			common[i * width + j] = same(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
	/** @type {[Said | null, Said | null][]} */
	const all = [];
	let [i, j] = [0, 0];
	while (i < a.length || j < b.length) {
		if (i < a.length && j < b.length && same(i, j)) all.push([a[i++] ?? null, b[j++] ?? null]);
		else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) all.push([a[i++] ?? null, null]);
		else all.push([null, b[j++] ?? null]);
	}
	return all;
}

/** @param {string} [sign] */
const greeting = (sign = "") => sign.replace(/^([cs]) (c )?HELO/, "$1 $2EHLO");

/**
 * @param {Said | null} before
 * @param {Said | null} after
 */
function verdictOf(before, after) {
	const fault = (before?.fault ?? "") || (after?.fault ?? "");
	if (!after) return "missing";
	if (!before) return "new";
	if (before.rules.length && !after.rules.length) return "fixed";
	if (!before.rules.length && after.rules.length) return "broken";
	if (before.rules.length) return "remains";
	if (before.core === after.core) return "same";
	return fault ? `fault ${fault}` : "differs";
}
