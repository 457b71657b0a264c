// The part of the journal that Live shows: the newest events that match, and older ones when they are looked at.

import { number } from "../render.js";
import { matches } from "./filter.js";

/** @typedef {HpEvent & {gap?: string}} Item an event, or a gap in place of events */

/** Events that are fetched at once, and the most that are kept. */
const PAGE = 1000;
const MAX_SHOWN = 20_000;

export class Tape {
	/**
	 * @param {World} world
	 * @param {AbortSignal} signal
	 */
	constructor(world, signal) {
		this.world = world;
		this.signal = signal;
		/** @type {Item[]} */
		this.items = [];
		this.query = "";
		/** @type {import("./filter.js").Term[]} */
		this.terms = [];
		this.loading = false;
		/** True if the first event shown is the first that matches. */
		this.complete = false;
		/** True if events after the last one shown were left out, so that following needs `load`. */
		this.cut = false;
	}

	/**
	 * Load the newest events that match.
	 * @param {string} query
	 * @param {import("./filter.js").Term[]} terms
	 */
	async load(query, terms) {
		this.query = query;
		this.terms = terms;
		this.loading = true;
		try {
			const answer = await this.#fetch({});
			if (query !== this.query) return;
			const last = answer.items[0]?.seq ?? 0;
			this.items = [
				...answer.items.reverse(),
				...this.world.kept.filter((event) => event.seq > last && this.matches(event)),
			];
			this.complete = answer.next === null;
			this.cut = false;
		} finally {
			if (query === this.query) this.loading = false;
		}
	}

	/** Load what is before the first event; what is far behind the end is dropped. Return false if there is nothing. */
	async older() {
		const first = this.items.find((item) => !item.gap);
		if (this.loading || this.complete || !first) return false;
		this.loading = true;
		const answer = await this.#fetch({ before: first.seq }).finally(() => {
			this.loading = false;
		});
		this.complete = answer.next === null;
		const items = [...answer.items.reverse(), ...this.items];
		this.cut ||= items.length > MAX_SHOWN;
		this.items = items.slice(0, MAX_SHOWN);
		return true;
	}

	/**
	 * Add new events that match. Return their number.
	 * @param {HpEvent[]} batch
	 * @param {boolean} still true if the reader looks at older ones, which must not be dropped
	 */
	add(batch, still) {
		const last = this.items.at(-1)?.seq ?? 0;
		const fresh = batch.filter((event) => event.seq > last && this.matches(event));
		this.append(fresh, still);
		return fresh.length;
	}

	/**
	 * @param {number} lost
	 * @param {number} last the last event that was lost
	 * @param {boolean} still
	 */
	gap(lost, last, still) {
		const text = `${number(lost)} events left the ring before this page could read them (seq ${number(last - lost + 1)} to ${number(last)})`;
		this.append(
			[
				{
					seq: last,
					time: "",
					world: "",
					service: null,
					listener: null,
					conn: null,
					peer: null,
					type: "gap",
					gap: text,
				},
			],
			still,
		);
	}

	/**
	 * @param {Item[]} more
	 * @param {boolean} still
	 */
	append(more, still) {
		if (this.loading || this.cut || !more.length) return;
		if (still && this.items.length + more.length > MAX_SHOWN) {
			this.cut = true;
			return;
		}
		// One by one: a batch can be longer than the number of arguments of a call.
		for (const item of more) this.items.push(item);
		if (this.items.length <= MAX_SHOWN) return;
		this.items.splice(0, this.items.length - (MAX_SHOWN * 9) / 10);
		this.complete = false;
	}

	/** @param {HpEvent} event */
	matches(event) {
		return !this.terms.length || matches(event, this.terms);
	}

	/**
	 * @param {Record<string, unknown>} query
	 * @returns {Promise<Page<HpEvent>>}
	 */
	#fetch(query) {
		return this.world.get("events", {
			query: { q: this.query, order: "desc", limit: PAGE, bytes: 400, ...query },
			signal: this.signal,
		});
	}
}
