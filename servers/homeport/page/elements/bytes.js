// Bytes as they are: text with marks, or a hex dump.

import { h, nameOf, textOf, wire } from "../render.js";

/**
 * @param {string | undefined} base64
 * @returns {Uint8Array}
 */
export function decode(base64 = "") {
	const text = atob(base64);
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
	return bytes;
}

/**
 * Tell whether bytes are text that people read: UTF-8 with few control characters and few other bytes. A header in
 * Latin-1, or a character that is cut by the end of a read, is no reason to show a whole message in hex.
 * @param {Uint8Array} bytes
 */
export function isText(bytes) {
	let wrong = 0;
	for (const byte of bytes) if (byte < 32 && byte !== 10 && byte !== 13 && byte !== 9) wrong += 1;
	if (wrong > bytes.length / 10) return false;
	return wrong + (textOf(bytes).match(/[\udc80-\udcff]/gu)?.length ?? 0) <= bytes.length / 10;
}

/**
 * Bytes that a finding is about, within a piece.
 * @typedef {{from: number, to: number, level: string}} Span
 */

/**
 * Return bytes as lines. Ends other than CR LF are marked, spans are underlined, controls are named.
 * @param {Uint8Array} bytes
 * @param {readonly Span[]} [spans]
 * @returns {HTMLElement[]}
 */
export function lines(bytes, spans = []) {
	const found = [];
	let start = 0;
	while (start < bytes.length) {
		const feed = bytes.indexOf(10, start);
		const end = feed < 0 ? bytes.length : feed;
		const crlf = feed >= 0 && bytes[feed - 1] === 13 && feed > start;
		const last = crlf ? end - 1 : end;
		const line = h("div.line", {}, marked(bytes, start, last, spans));
		if (feed >= 0 && !crlf) line.append(h("span.eol", { title: "ended by LF alone" }, "LF"));
		found.push(line);
		start = feed < 0 ? bytes.length : feed + 1;
	}
	return found;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 * @param {readonly Span[]} spans
 * @returns {HTMLElement[]}
 */
function marked(bytes, start, end, spans) {
	const inside = spans.filter((span) => span.from < end && span.to > start);
	const cuts = [
		...new Set([start, end, ...inside.flatMap((span) => [Math.max(span.from, start), Math.min(span.to, end)])]),
	].sort((a, b) => a - b);
	return cuts.slice(1).map((to, index) => {
		const from = cuts[index] ?? start;
		const text = wire(textOf(bytes.subarray(from, to)));
		const over = inside.filter((span) => span.from <= from && span.to >= to);
		if (!over.length) return text;
		return h(over.some((span) => span.level === "must") ? "mark" : "mark.should", {}, text);
	});
}

/**
 * A hex dump, 16 bytes a line. Copying a selection of its whole copies the dump; the button of the view copies bytes.
 * @param {Uint8Array} bytes
 * @param {number} [offset] of the first byte
 * @param {number} [limit]
 */
export function hex(bytes, offset = 0, limit = 4096) {
	const rows = [];
	for (let at = 0; at < Math.min(bytes.length, limit); at += 16) {
		const part = [...bytes.subarray(at, at + 16)];
		const pairs = part.map((byte) => byte.toString(16).padStart(2, "0"));
		const left = pairs.slice(0, 8).join(" ");
		const ascii = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
		rows.push(
			h(
				"div",
				{ title: part.length === 1 ? nameOf(String.fromCharCode(part[0] ?? 0)) : null },
				h("span.x", {}, (offset + at).toString(16).padStart(6, "0")),
				`  ${`${left}  ${pairs.slice(8).join(" ")}`.padEnd(49)} `,
				h("span.x", {}, ascii),
			),
		);
	}
	const dump = h("div.hex", {}, rows);
	if (bytes.length > limit) {
		const more = h("button.btn.bare", {}, `show all ${bytes.length} bytes`);
		more.addEventListener("click", () => dump.replaceWith(hex(bytes, offset, Number.POSITIVE_INFINITY)));
		dump.append(more);
	}
	return dump;
}
