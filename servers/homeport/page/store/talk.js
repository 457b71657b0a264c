// A connection's transcript as the steps of a conversation: what each side said, what was wrong with it, what acted.

import { decode } from "../elements/bytes.js";
import { duration } from "../elements/time.js";
import { number } from "../render.js";
import { describe } from "./describe.js";

/** @typedef {import("../elements/bytes.js").Span} Span */

/**
 * @typedef {object} Step
 * @property {"say" | "finding" | "act" | "mark" | "wait" | "gap"} kind
 * @property {number} seq
 * @property {string} key
 * @property {string} time
 * @property {"c" | "s"} side
 * @property {string} [gutter] time since the step before
 * @property {Uint8Array} [bytes]
 * @property {number} [offset] of the bytes in what was read
 * @property {Span[]} [spans] what findings are about
 * @property {FramedMessage} [frame]
 * @property {HpEvent} [event]
 * @property {string} [text]
 */

/** A pause that is shown as a line of its own. */
const PAUSE_MS = 100;
/** Events that are not shown themselves, because the bytes around them say the same. */
const SILENT = new Set(["opened", "command", "epp"]);

/**
 * @param {Talk} talk
 * @param {boolean} framed true to show messages of a framed protocol instead of bytes
 * @returns {Step[]}
 */
export function stepsOf(talk, framed) {
	/** @type {Step[]} */
	const steps = [];
	const { items, findings } = placed(framed ? withMessages(talk) : talk.items);
	for (let at = 0; at < items.length; ) {
		let end = at + 1;
		// What one read of the client caused lies before the next one.
		while (end < items.length && items[end]?.type !== "in") end += 1;
		steps.push(...exchange(items.slice(at, end), findings.get(items[at]?.seq ?? 0) ?? []));
		at = end;
	}
	return timed(steps);
}

/**
 * Take the findings whose bytes are known out of the items, by the piece of the client that has them.
 * @param {HpEvent[]} all
 */
function placed(all) {
	const pieces = all.filter((item) => item.type === "in").map((item) => item.seq);
	/** @type {Map<number, HpEvent[]>} */
	const findings = new Map();
	const items = all.filter((item) => {
		const wanted = item.type === "finding" && item.at ? item.at.seq : null;
		// A message has the number of the piece that completed it.
		const seq = wanted === null ? undefined : pieces.find((one) => one >= wanted);
		if (seq === undefined) return true;
		findings.set(seq, [...(findings.get(seq) ?? []), item]);
		return false;
	});
	return { items, findings };
}

/**
 * Put messages in the places of their bytes.
 * @param {Talk} talk
 * @returns {HpEvent[]}
 */
function withMessages(talk) {
	const facts = talk.items.filter((item) => item.type !== "in" && item.type !== "out");
	const spoken = talk.connection.service === "telnet" ? joined(talk.messages) : talk.messages;
	const messages = spoken.map(
		(one) => /** @type {HpEvent} */ ({ ...blank(one.seq, one.time), type: one.direction, frame: one }),
	);
	// A message comes before the events of its own number, except the server's answer.
	return [...facts, ...messages].sort((a, b) => a.seq - b.seq || Number(b.type === "in") - Number(a.type === "in"));
}

/**
 * Join the lines of a terminal that were sent together. A backslash at the end stands for a line end that is missing.
 * @param {FramedMessage[]} lines
 */
function joined(lines) {
	/** @type {FramedMessage[]} */
	const all = [];
	for (const line of lines) {
		const text = line.text.replace(/\\$/, "");
		const last = all.at(-1);
		if (last?.seq === line.seq && last.direction === line.direction)
			all[all.length - 1] = { ...last, text: `${last.text}\n${text}` };
		else all.push({ ...line, text });
	}
	return all;
}

/**
 * @param {number} seq
 * @param {string} time
 */
const blank = (seq, time) => ({ seq, time, world: "", service: null, listener: null, conn: null, peer: null });

/**
 * Return the steps of one read and of what followed it: each command with its findings and its own reply.
 * @param {HpEvent[]} items
 * @param {HpEvent[]} findings about the bytes of the read
 * @returns {Step[]}
 */
function exchange(items, findings) {
	const [first, ...after] = items;
	if (!first) return [];
	const below = findings.map((one) => event("finding", one));
	if (first.type !== "in" || first.frame) return [...plain(first), ...below, ...after.flatMap(plain)];
	const bytes = decode(first.bytes);
	const commands = after.filter((item) => placeOf(item, "in")?.seq === first.seq);
	const outs = after.filter((item) => item.type === "out");
	const replies = commands.length > 1 ? repliesOf(outs, commands) : null;
	const starts = commands.map((command) => placeOf(command, "in")?.offset ?? 0);
	const ends = findings.map((one) => lineEnd(bytes, endOf(one)));
	const cuts = [...new Set([0, ...starts, ...ends])].filter((cut) => !cut || cut < bytes.length).sort((a, b) => a - b);
	/** @type {Step[]} */
	const steps = [];
	const rest = replies ? after.filter((item) => item.type !== "out") : after;
	cuts.forEach((from, index) => {
		const to = cuts[index + 1] ?? bytes.length;
		const here = findings.filter((one) => between(Math.min(endOf(one), bytes.length) - 1, from, to || 1));
		const spans = findings.flatMap((one) => spanOf(one, bytes, from, to));
		const gutter = index ? (starts.includes(from) ? "same read" : "") : undefined;
		steps.push(say(first, "c", bytes.subarray(from, to), from, spans, gutter));
		steps.push(...here.map((one) => event("finding", one)));
		if (!replies || (to < bytes.length && !starts.includes(to))) return;
		const number = starts.findLastIndex((start) => start < to);
		// Faults and other events stand before the reply that they changed.
		while (rest[0] && rest[0].seq < (commands[number]?.seq ?? 0))
			steps.push(...plain(/** @type {HpEvent} */ (rest.shift())));
		const reply = replies[number];
		if (reply) steps.push(say(reply.out, "s", reply.bytes, reply.from, [], index ? "" : undefined));
	});
	return [...steps, ...rest.flatMap(plain)];
}

/**
 * @param {HpEvent} item
 * @param {"in" | "out"} direction
 */
const placeOf = (item, direction) => /** @type {FindingPlace | null | undefined} */ (item[direction]);

/** @param {HpEvent} finding */
const endOf = ({ at }) => (at ? at.offset + Math.max(at.length, 1) : 0);

/**
 * @param {number} value
 * @param {number} from
 * @param {number} to
 */
const between = (value, from, to) => value >= from && value < to;

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {number} the beginning of the line after the one that has the byte before
 */
function lineEnd(bytes, at) {
	const feed = bytes.indexOf(10, Math.max(at - 1, 0));
	return feed < 0 ? bytes.length : feed + 1;
}

/**
 * Cut what the server sent into the replies of commands; null if they are not all of it.
 * @param {HpEvent[]} outs
 * @param {HpEvent[]} commands
 */
function repliesOf(outs, commands) {
	let total = 0;
	const replies = commands.map((command) => {
		const place = placeOf(command, "out");
		const out = outs.find((one) => one.seq === place?.seq);
		if (!place || !out) return null;
		total += place.length;
		return { out, from: place.offset, bytes: decode(out.bytes).subarray(place.offset, place.offset + place.length) };
	});
	return total === outs.reduce((sum, out) => sum + Number(out.size ?? 0), 0) ? replies : null;
}

/**
 * Return the part of a finding's bytes that lies in a part of its piece; nothing for one about a whole message.
 * @param {HpEvent} finding
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} to
 * @returns {Span[]}
 */
function spanOf(finding, bytes, from, to) {
	const { at, level = "must", shown } = finding;
	const end = endOf(finding);
	if (!at || at.offset >= to || end <= from) return [];
	if (!shown && lineEnd(bytes, at.offset + 1) < end) return [];
	return [{ from: Math.max(at.offset - from, 0), to: end - from, level }];
}

/**
 * Return the steps of an item that is shown as it is.
 * @param {HpEvent} item
 * @returns {Step[]}
 */
function plain(item) {
	switch (item.type) {
		case "in":
		case "out": {
			const side = item.type === "in" ? "c" : "s";
			const frame = /** @type {FramedMessage | undefined} */ (item.frame);
			return frame ? [{ ...event("say", item), side, frame }] : [say(item, side, decode(item.bytes), 0, [], undefined)];
		}
		case "missing": {
			const who = item.direction === "in" ? "of the client" : "of the server";
			return [
				{
					...event("gap", item),
					text: `${number(Number(item.size))} bytes ${who} are not in the journal`,
				},
			];
		}
		case "finding":
			return [event("finding", item)];
		case "fault":
			return [{ ...event("act", item), side: "s" }];
		case "closed":
			return [{ ...event("mark", item), text: String(item.reason ?? "closed") }];
		case "tls":
		case "login":
		case "message":
			return [
				{ ...event("mark", item), text: item.type === "tls" ? describe(item) : `${item.type} ${describe(item)}` },
			];
		default:
			return SILENT.has(item.type) ? [] : [{ ...event("mark", item), text: `${item.type}: ${describe(item)}` }];
	}
}

/**
 * @param {Step["kind"]} kind
 * @param {HpEvent} item
 * @returns {Step}
 */
const event = (kind, item) => ({
	kind,
	seq: item.seq ?? 0,
	key: `${kind}${item.seq ?? item.time}${item.direction ?? item.type}`,
	time: item.time,
	side: "c",
	event: item,
});

/**
 * @param {HpEvent} item
 * @param {"c" | "s"} side
 * @param {Uint8Array} bytes
 * @param {number} offset
 * @param {Span[]} spans
 * @param {string} [gutter]
 * @returns {Step}
 */
const say = (item, side, bytes, offset, spans, gutter) => ({
	...event("say", item),
	key: `${item.seq}.${side}${offset}`,
	side,
	bytes,
	offset,
	spans,
	...(gutter === undefined ? {} : { gutter }),
});

/**
 * Say how long each step took, and show pauses.
 * @param {Step[]} steps
 * @returns {Step[]}
 */
function timed(steps) {
	/** @type {Step[]} */
	const all = [];
	let last = 0;
	for (const step of steps) {
		const now = micros(step.time);
		const spoken = step.kind === "say" && step.gutter === undefined;
		if (spoken && last) {
			const ms = (now - last) / 1000;
			if (ms > PAUSE_MS)
				all.push({
					kind: "wait",
					seq: step.seq,
					key: `wait${step.key}`,
					time: step.time,
					side: "c",
					text: `${duration(ms)} of silence`,
				});
			step.gutter = `+${duration(ms)}`;
		} else if (spoken) step.gutter = `${step.time.slice(19, 23)} ${step.time.slice(23, 26)}`;
		if (step.kind === "say" && spoken) last = now;
		all.push(step);
	}
	return all;
}

/** @param {string} time with microseconds */
export const micros = (time) => Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26));
