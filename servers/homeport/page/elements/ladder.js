// The ladder: two rails, rungs between. The client's words hang on the left rail, the server's on the right one.

import { h, wire } from "../render.js";
import { describe } from "../store/describe.js";
import { sentence } from "../store/findings.js";
import { hex, isText, lines } from "./bytes.js";
import { level, rfc } from "./parts.js";

/** @typedef {import("../store/talk.js").Step} Step */

const MAX_LINES = 40;
const MAX_FRAME_LINES = 24;
const SHORT_LINES = 10;

/**
 * Draw a step.
 * @param {Step} step
 * @param {"text" | "hex"} as
 * @returns {HTMLElement}
 */
export function drawStep(step, as) {
	switch (step.kind) {
		case "say":
			return rung(step, as);
		case "finding": {
			const { event } = step;
			const name = event?.level ?? "must";
			return h(
				`li.broke.${name}`,
				{ "data-seq": step.seq, tabindex: -1 },
				level(name),
				h("p", {}, `${sentence(event?.text ?? "")}.`),
				event?.reference ? rfc(event.reference) : null,
				h("code.dim", {}, event?.id),
			);
		}
		case "act":
			return h(
				"li.act",
				{ "data-seq": step.seq },
				h("span.acted", {}, h("b", {}, `${step.event?.id} ${step.event?.kind}`), ` ${acted(step.event)}`),
			);
		case "gap":
			return h("li.mark.gap", {}, h("span", {}, step.text));
		default:
			return h(`li.mark.${step.kind}`, { "data-seq": step.seq, title: step.time }, step.text);
	}
}

/** @param {HpEvent | undefined} event of a fault that acted */
function acted(event) {
	const { did = "", instead_of: instead = "" } = /** @type {Record<string, string>} */ (event ?? {});
	return !instead || did.endsWith(instead) ? did : `${did}, in place of ${instead.replace(/(\\r\\n)+$/, "")}`;
}

/**
 * @param {Step} step
 * @param {"text" | "hex"} as
 */
function rung(step, as) {
	const server = step.side === "s";
	const content = step.frame ? frameLines(step.frame) : words(step, as);
	const masked = content.some((one) => one.textContent?.includes("***"));
	return h(
		`li.rung${server ? ".s" : ""}`,
		{ "data-seq": step.seq },
		h("time", { title: step.time }, step.gutter),
		h("span.sr", {}, server ? "Server:" : "Client:"),
		h("div.say", { title: masked ? "The journal masks passwords" : null }, content),
		h("i.tip", { "aria-hidden": "true" }),
	);
}

/**
 * @param {Step} step
 * @param {"text" | "hex"} as
 * @returns {HTMLElement[]}
 */
function words(step, as) {
	const bytes = step.bytes ?? new Uint8Array();
	if (as === "hex" || !isText(bytes)) return [hex(bytes, step.offset, as === "hex" ? 4096 : 256)];
	const all = lines(bytes, step.spans);
	if (step.side === "s") for (const line of all) mark(line);
	return fold(all);
}

/**
 * Make the code at the beginning of a reply bold.
 * @param {HTMLElement} line
 */
function mark(line) {
	const text = line.querySelector(".wire")?.firstChild;
	if (!(text instanceof Text) || !/^\d{3}[ -]/.test(text.data)) return;
	text.splitText(3);
	text.replaceWith(h("span.code", {}, text.data));
}

/**
 * Fold runs of identical lines, and what is long.
 * @param {HTMLElement[]} all
 * @param {number} [limit] of lines
 * @returns {HTMLElement[]}
 */
function fold(all, limit = MAX_LINES) {
	/** @type {HTMLElement[]} */
	const shown = [];
	for (let at = 0; at < all.length; ) {
		const line = /** @type {HTMLElement} */ (all[at]);
		let end = at + 1;
		while (end < all.length && all[end]?.textContent === line.textContent && !all[end]?.querySelector("mark")) end += 1;
		shown.push(line);
		if (end - at > 2) shown.push(more(`${end - at - 1} more like this`, all.slice(at + 1, end)));
		else shown.push(...all.slice(at + 1, end));
		at = end;
	}
	if (shown.length <= limit) return shown;
	return [...shown.slice(0, SHORT_LINES), more(`${shown.length - SHORT_LINES} more lines`, shown.slice(SHORT_LINES))];
}

/**
 * @param {string} text
 * @param {HTMLElement[]} hidden
 */
function more(text, hidden) {
	const button = h("button.fold", {}, text);
	button.addEventListener("click", () => button.replaceWith(...hidden));
	return button;
}

/**
 * A message of a protocol: of EPP a line that says what it is, then its XML; of others its text.
 * @param {FramedMessage} frame
 * @returns {HTMLElement[]}
 */
export function frameLines(frame) {
	const { text, verdict } = frame;
	if (!verdict && !/<(?:\?xml|epp)\b/.test(text)) return fold(text.split("\n").map(messageLine));
	const result = /<result code="(\d+)"[^>]*>\s*<msg[^>]*>([^<]*)/.exec(text);
	const name = /<(greeting|hello)\b/.exec(text)?.[1];
	const asked = verdict
		? [verdict.command, verdict.object].filter(Boolean).join(" ")
		: (/<command>\s*<(\w+)/.exec(text)?.[1] ?? name ?? "frame");
	const head = frame.direction === "in" ? asked : result ? `${result[1]} ${result[2]}` : (name ?? "response");
	const size = frame.size;
	const body = envelope(text);
	return [
		h("div.frame", {}, h("b", {}, head), size ? `${size} bytes` : null),
		...fold(
			body.map((line) => h("div.line", {}, xml(line))),
			MAX_FRAME_LINES,
		),
	];
}

/**
 * A line of a message. A command of Telnet, which is no text, is dim.
 * @param {string} line
 */
const messageLine = (line) => h("div.line", {}, h(/^<IAC .*>$/.test(line) ? "span.x" : "span", {}, wire(line)));

/**
 * Leave out the declaration, `epp` and its children, which are alike in every frame.
 * @param {string} text
 */
function envelope(text) {
	const all = text.split("\n").filter((line) => line.trim() && !/^\s*(?:<\?xml|<epp\b|xmlns|<\/epp>)/.test(line));
	const indent = Math.min(...all.map((line) => line.length - line.trimStart().length), 20);
	return all.map((line) => line.slice(indent));
}

/** @param {string} line */
function xml(line) {
	return line
		.split(/(<[^>]*>)/)
		.filter(Boolean)
		.flatMap((part) => {
			const found = /^(<\/?)([\w:.-]+)([^>]*?)(\/?>)$/.exec(part);
			if (!found) return [h("bdi", {}, part)];
			return [h("span.x", {}, found[1]), h("span.t", {}, found[2]), h("span.x", {}, found[3], found[4])];
		});
}

/**
 * What an event of a ladder says, for the list of findings beside it.
 * @param {HpEvent} event
 */
export const short = (event) => sentence(event.text ?? describe(event));
