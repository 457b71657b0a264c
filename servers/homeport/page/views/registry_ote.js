// The operational test (OT&E) of a registrar: which steps its client has done, and which wrongly.

import { card, empty, grow } from "../elements/parts.js";
import { fill, h, wire } from "../render.js";

/** Levels whose colours the states have. */
const COLOUR = /** @type {Record<string, string>} */ ({ done: "advice", wrong: "must", open: "should" });

/**
 * Show the checklist of a registrar below its facts; open steps come last in their section.
 * @param {App} app
 * @param {HTMLElement} place
 * @param {string} name of the registrar
 * @param {string[]} when types of events after which it may have changed
 * @param {AbortSignal} signal
 */
export function showOte(app, place, name, when, signal) {
	app.world.watch(
		`registry/ote/${encodeURIComponent(name)}`,
		{ when },
		(sheet) => {
			if (!sheet) return;
			const counts = h("small", {}, `${sheet.done} of ${sheet.total} done, ${sheet.wrong} wrong, ${sheet.open} open`);
			const tried = sheet.steps.filter((/** @type {any} */ one) => one.state !== "open");
			const none = empty({
				icon: "anchor",
				title: "No step is tried yet",
				text: "Log in over EPP as this registrar; each command that is answered fills in the checklist.",
				command: `homeport ote --registrar ${name}`,
			});
			fill(
				place,
				card("Operational test", [counts, grow()], tried.length ? h("ul.lines", {}, sheet.steps.map(row)) : none),
			);
		},
		signal,
	);
}

/** @param {any} one */
function row(one) {
	const told = one.state === "wrong" ? one.why : one.state === "open" ? one.how : one.object;
	return h(
		"li",
		{ title: one.how },
		h(`span.level.${COLOUR[one.state]}`, {}, one.state),
		h("span.grow", {}, one.title),
		h("span.dim", {}, wire(told)),
	);
}
