// The line of a domain's life: phases as bars, graces above them, moments below, now as a post. Its twin is a table.

import { h, number, set } from "../render.js";

const LEFT = 34;
const RIGHT = 985;
const LEAST = 60;
const BAR = 88;
const DAY = 86_400_000;
const ROW = 36;
/** A name that is free is no part of the life: it takes no more room than a month. */
const MOST_FREE = 30 * DAY;
/** Names of phases: what stands above a bar, and its class. */
export const PHASES = {
	pendingCreate: ["in review", "review"],
	registered: ["registered", "reg"],
	redemption: ["can be restored", "red"],
	pendingRestore: ["awaits the report", "red"],
	pendingDelete: ["delete", "del"],
	free: ["free", "gone"],
};

/** @param {string} iso */
const ms = (iso) => Date.parse(iso);
/** @param {string} iso */
const day = (iso) => iso.slice(0, 10);

/**
 * @param {number} from
 * @param {number} to
 */
export function span(from, to) {
	const days = (to - from) / DAY;
	if (days >= 2) return `${number(Math.round(days))} d`;
	const hours = (to - from) / 3_600_000;
	return hours >= 2 ? `${Math.round(hours)} h` : `${Math.max(Math.round(hours * 60), 1)} min`;
}

/**
 * Where each instant stands: steps as wide as the root of their days, none narrower than the least.
 * @param {number[]} instants in order
 * @param {number} free when the name is free
 * @returns {Map<number, number>}
 */
function scale(instants, free) {
	const roots = instants.slice(1).map((at, index) => {
		const begin = instants[index] ?? at;
		return Math.sqrt((begin >= free ? Math.min(at - begin, MOST_FREE) : at - begin) / DAY);
	});
	const room = RIGHT - 50 - LEFT;
	const least = Math.min(LEAST, (room * 0.8) / Math.max(roots.length, 1));
	const width = (/** @type {number} */ factor) => roots.reduce((sum, root) => sum + Math.max(root * factor, least), 0);
	let [low, high] = [0, 1e6];
	for (let turn = 0; turn < 60; turn += 1) {
		const middle = (low + high) / 2;
		if (width(middle) > room) high = middle;
		else low = middle;
	}
	let x = LEFT;
	/** @type {Map<number, number>} */
	const places = new Map([[instants[0] ?? 0, x]]);
	for (const [index, root] of roots.entries()) {
		x += Math.max(root * low, least);
		places.set(instants[index + 1] ?? 0, x);
	}
	return places;
}

/**
 * The figure. `advance` is called with the time of a moment to come that was chosen.
 * @param {Timeline} life
 * @param {string} label a sentence that says the same
 * @param {(moment: LifeMoment) => void} advance
 */
export function lifeLine(life, label, advance) {
	const now = life.moments.find((one) => one.time === "now");
	const nowAt = ms(now?.at ?? life.moments[0]?.at ?? "");
	const groups = grouped(life.moments.filter((one) => one.time !== "now"));
	const instants = [...groups.keys(), nowAt, ...life.graces.map((one) => ms(one.end ?? ""))];
	if (life.after) instants.push(ms(life.after.at));
	const free = life.phases.find((one) => one.kind === "free");
	const places = scale(
		[...new Set(instants)].filter(Number.isFinite).sort((a, b) => a - b),
		free ? ms(free.begin) : Number.POSITIVE_INFINITY,
	);
	const x = (/** @type {number | null} */ at) => (at === null ? RIGHT : (places.get(at) ?? RIGHT));
	const svg = h("svg", { role: "group", "aria-label": label });
	const rows = new Rows();
	svg.append(
		h("path.water", { d: `M0 ${BAR + 27}q8-5 16 0${"t16 0".repeat(62)}` }),
		...life.phases.flatMap((one) => phase(one, x, nowAt)),
		...life.graces.filter((one) => one.end).map((one) => grace(one, x, nowAt)),
		...[...groups].map(([at, moments]) => post(moments, x(at), rows, advance)),
	);
	if (life.after) {
		const at = x(ms(life.after.at));
		const end = at > 500;
		svg.append(
			h("line.ghost", { x1: at, x2: at, y1: 36, y2: BAR + 22 }),
			text(end ? at + 6 : at - 6, 32, "a", `after +1 year: ${life.after.text}`, end ? "end" : "start"),
		);
	}
	const at = x(nowAt);
	const left = Math.min(Math.max(at - 66, 2), 866);
	svg.append(
		h("line.now", { x1: at, x2: at, y1: 46, y2: BAR + 22 }),
		h("rect.nowtag", { x: left, y: 40, width: 132, height: 20, rx: 4 }),
		text(left + 66, 54.5, "nowtxt", `now, ${day(now?.at ?? "")}`),
	);
	set(svg, { viewBox: `0 0 1000 ${BAR + 82 + rows.count * ROW - ROW}` });
	return svg;
}

/**
 * @param {LifeMoment[]} moments
 * @returns {Map<number, LifeMoment[]>}
 */
function grouped(moments) {
	/** @type {Map<number, LifeMoment[]>} */
	const groups = new Map();
	for (const one of moments) groups.set(ms(one.at), [...(groups.get(ms(one.at)) ?? []), one]);
	return groups;
}

/** Rows of labels below the line: a label goes into the first one where it has room. */
class Rows {
	constructor() {
		/** @type {number[]} */
		this.ends = [];
	}

	get count() {
		return Math.max(this.ends.length, 1);
	}

	/**
	 * @param {number} x
	 * @param {number} width
	 */
	take(x, width) {
		let row = this.ends.findIndex((end) => end < x - width / 2);
		if (row < 0) row = this.ends.length;
		this.ends[row] = x + width / 2 + 8;
		return row;
	}
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} kind
 * @param {string} words
 */
const text = (x, y, kind, words, anchor = "middle") => h(`text.${kind}`, { x, y, "text-anchor": anchor }, words);

/**
 * @param {LifeSpan} one
 * @param {(at: number | null) => number} x
 * @param {number} now
 */
function phase(one, x, now) {
	const [begin, end] = [ms(one.begin), one.end === null ? null : ms(one.end)];
	const [words, kind] = PHASES[one.kind] ?? [one.kind, "reg"];
	const [from, to] = [x(begin), x(end)];
	// A label stands beside the post of now, in the larger part.
	const post = begin < now && (end === null || end > now) ? x(now) : from;
	const [left, right] = post - from > to - post ? [from, post] : [post, to];
	const full = end === null ? words : `${words}, ${span(begin, end)}`;
	const room = (/** @type {string} */ some) => some.length * 6.8 < right - left - 8;
	const label = room(full) ? full : room(words) ? words : "";
	const parts = [text((left + right) / 2, 78, "a", label)];
	if (kind === "gone") return [...parts, h("line.p-gone", { x1: from, x2: to, y1: BAR + 7, y2: BAR + 7 })];
	const split = Math.min(Math.max(x(now), from), begin > now ? from : to);
	if (split > from) parts.push(bar(kind, from, (end !== null && end <= now ? to : split) - from - 1));
	if (split < to && (end === null || end > now)) parts.push(bar(`${kind}.future`, split, to - split - 1));
	return parts;
}

/**
 * @param {string} kind
 * @param {number} from
 * @param {number} width
 */
const bar = (kind, from, width) =>
	h(`rect.p-${kind}`, { x: from, y: BAR, width: Math.max(width, 1), height: 14, rx: 2 });

/**
 * @param {LifeSpan} one
 * @param {(at: number | null) => number} x
 * @param {number} now
 */
function grace(one, x, now) {
	const [from, to] = [x(ms(one.begin)), x(ms(one.end ?? ""))];
	return h(`rect.p-grace${ms(one.begin) > now ? ".future" : ""}`, {
		x: from,
		y: BAR - 6,
		width: Math.max(to - from - 1, 1),
		height: 5,
		rx: 1.5,
	});
}

/**
 * @param {LifeMoment[]} moments at one instant
 * @param {number} x
 * @param {Rows} rows
 * @param {(moment: LifeMoment) => void} advance
 */
function post(moments, x, rows, advance) {
	const [first] = moments;
	if (!first) return h("g");
	const words = moments.map((one) => one.what).join(", ");
	const width = Math.max(words.length * 8.2, 84);
	const middle = Math.min(Math.max(x, width / 2), 998 - width / 2);
	const y = BAR + 50 + rows.take(middle, width) * ROW;
	const parts = [
		h("line.tick", { x1: x, x2: x, y1: BAR + 14, y2: y - 13 }),
		text(middle, y, "strong", words),
		" ",
		text(middle, y + 16, "date", day(first.at)),
		" ",
	];
	if (first.time === "past") return h("g", {}, parts);
	const go = () => advance(first);
	return h(
		"g.to",
		{
			role: "button",
			tabindex: 0,
			onclick: go,
			onkeydown: (/** @type {KeyboardEvent} */ event) => {
				if (event.key !== "Enter" && event.key !== " ") return;
				event.preventDefault();
				event.stopPropagation();
				go();
			},
		},
		h("rect.hit", { x: middle - width / 2, y: y - 15, width, height: 36, rx: 4 }),
		parts,
		text(middle, y + 16, "offer", "advance to here"),
	);
}
