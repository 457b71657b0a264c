// One event: its fields, its bytes, what rule was broken.

import { decode, hex, isText, lines } from "../elements/bytes.js";
import { button, connection, facts, failure, flag, level, rfc } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { fill, h, size, wire } from "../render.js";
import { COMMON, kindOf } from "../store/describe.js";

/**
 * Show an event in the pane at the right.
 * @param {App} app
 * @param {HTMLElement} place
 * @param {number} seq
 * @param {() => void} close
 */
export async function eventDetail(app, place, seq, close) {
	place.dataset.seq = String(seq);
	let event;
	try {
		const answer = await app.world.get("events", { query: { since: seq - 1, limit: 1 } });
		event = /** @type {HpEvent | undefined} */ (answer.items[0]);
	} catch (error) {
		fill(place, failure(error));
		return;
	}
	if (place.dataset.seq !== String(seq)) return;
	if (event?.seq !== seq) {
		fill(
			place,
			h(
				"div.card",
				{},
				h("header", {}, h("h2", {}, `Event ${seq}`), h("span.grow"), closer(close)),
				h("p.note", {}, "The ring does not have it any more."),
			),
		);
		return;
	}
	const bytes = decode(event.bytes);
	const fields = Object.entries(event).filter(
		([name, value]) =>
			!COMMON.has(name) &&
			!["bytes", "text", "shown", "level", "reference", "at"].includes(name) &&
			value !== null &&
			value !== "",
	);
	const found = event.type === "finding";
	fill(
		place,
		h(
			"div.card",
			{},
			h(
				"header",
				{},
				h("h2", {}, `${kindOf(event)} `),
				h("small.mono", {}, `seq ${seq}`),
				h("span.grow"),
				closer(close),
			),
			found &&
				h(
					"div.found",
					{},
					level(event.level ?? ""),
					h("p", {}, event.text ?? ""),
					event.reference ? rfc(event.reference) : null,
				),
			facts([
				["Time", time(event.time, "micro")],
				event.service
					? ["Service", flag(event.service, [event.service, event.listener].filter(Boolean).join(", "))]
					: null,
				event.conn ? ["Connection", connection(app, event.conn, seq)] : null,
				event.peer ? ["Peer", h("span.mono", {}, event.peer)] : null,
				...fields.map(
					([name, value]) =>
						/** @type {[string, Child]} */ ([
							name.replaceAll("_", " "),
							name === "size"
								? size(Number(value))
								: wire(typeof value === "object" ? JSON.stringify(value) : String(value)),
						]),
				),
			]),
			bytes.length
				? h("div.bytes", {}, isText(bytes) ? lines(bytes) : null, hex(bytes, 0, isText(bytes) ? 512 : 2048))
				: null,
		),
	);
}

/** @param {() => void} close */
const closer = (close) => button("", close, { kind: "bare", icon: "x", label: "Close", title: "Close (Esc)" });
