// The latest transfers and changes: what was done to which file, by which connection, and whether it was complete.

import { card, grow, tag } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { fill, h, size, wire } from "../render.js";

const SHOWN = 10;
/** @type {Record<string, string>} */
const WORDS = {
	store: "stored",
	retrieve: "retrieved",
	append: "appended to",
	list: "listed",
	rename: "renamed",
	delete: "deleted",
	mkdir: "made the folder",
	chmod: "changed the mode of",
	touch: "changed the time of",
};
/** After these, a preview of the file is what the reader looks for. */
const FILES = new Set(["store", "retrieve", "append"]);

/**
 * @param {import("../app.js").App} app
 * @param {AbortSignal} signal
 */
export function transfers(app, signal) {
	const list = h("ul.lines.transfers");
	const all = h("a", { href: app.href("live", { q: "type:file" }) }, "All");
	const whole = card("Latest transfers", [grow(), all], list);
	whole.hidden = true;
	app.world.watch(
		`events?type=file&order=desc&limit=${SHOWN}&bytes=0`,
		{ when: ["file", "world"] },
		(answer) => {
			whole.hidden = !answer?.items.length;
			fill(list, (answer?.items ?? []).map(line));
		},
		signal,
	);
	return whole;

	/** @param {HpEvent} one */
	function line(one) {
		const path = String(one.path);
		const what = String(one.what);
		const preview = FILES.has(what) ? { preview: "auto" } : {};
		const there = String(one.to ?? path);
		const link = h("a.mono", { href: app.href(["files", ...there.split("/").filter(Boolean)], preview) }, wire(there));
		return h(
			"li",
			{},
			time(one.time),
			one.conn
				? h("a.mono", { href: app.href(["connections", one.conn], { at: String(one.seq) }) }, one.conn)
				: h("span.dim", {}, "API"),
			h(
				"span.grow",
				{},
				`${WORDS[what] ?? what} `,
				what === "delete" || one.to ? h("span.mono", {}, wire(path)) : link,
				one.to ? [" to ", link] : null,
			),
			one.complete === false ? h("span", { title: String(one.reason ?? "") }, tag("cut off", "should")) : null,
			FILES.has(what) ? h("span.dim", {}, size(Number(one.octets ?? 0))) : null,
		);
	}
}
