// Parts of the list of faults.

import { connection, tag } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { h, number } from "../render.js";

/** How many times are shown as boxes; more are a number. */
const MAX_BOXES = 10;

/**
 * How often a fault acted: a box for each time up to ten, then a number.
 * @param {Fault} fault
 */
export function boxes(fault) {
	const { acted, times, spent, paused } = fault;
	const text = times ? `${number(acted)} of ${number(times)}` : `${number(acted)}${acted ? " times" : ""}`;
	return [
		times && times <= MAX_BOXES
			? h(
					"span.boxes",
					{ "aria-hidden": "true" },
					Array.from({ length: times }, (_, index) => h(index < acted ? "i.on" : "i")),
				)
			: null,
		h("span", {}, text),
		paused ? tag("paused", "brass") : spent ? tag("spent") : null,
	];
}

/**
 * @param {App} app
 * @param {Fault} fault
 */
export const last = (app, { last: act }) =>
	act ? h("span.last", {}, connection(app, act.conn, act.seq), " ", time(act.time)) : h("span.dim", {}, "never");
