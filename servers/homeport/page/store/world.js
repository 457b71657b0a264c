// What the page knows of one world: the latest events, the clock, and cached answers that are kept fresh.

import { ApiError } from "./api.js";
import { EventStream } from "./stream.js";

/** Events that are kept, without their bytes; older ones are fetched again when they are looked at. */
const MAX_KEPT = 20_000;
/** The shortest time between two requests for the same list. */
const REFRESH_MS = 700;

/**
 * What a view can listen to, with the argument of its listener.
 * @typedef {object} Topics
 * @property {HpEvent[]} events new events, in batches of one animation frame
 * @property {number} trimmed number of oldest events that left `kept`
 * @property {{lost: number, last: number}} lost events that the page could not read, and the last of them
 * @property {{left_out: number, first: number, last: number, rate: number}} sampled events that were left out
 * @property {TrafficOf} stats the traffic of a second
 * @property {import("./stream.js").StreamState} state of the stream
 * @property {ClockState} clock
 * @property {string} restart the journal is a new one; the text says why
 * @property {number} rate events per second
 */

/**
 * @typedef {object} Cached
 * @property {unknown} answer
 * @property {unknown} error
 * @property {Set<(answer: any, error: unknown) => void>} readers
 * @property {ReadonlySet<string>} when
 * @property {number} timer
 * @property {number} last
 * @property {boolean} busy true while it is being fetched
 * @property {boolean} stale true if something happened meanwhile
 */

export class World {
	/**
	 * @param {import("./api.js").Api} api
	 * @param {string} name
	 */
	constructor(api, name) {
		this.api = api;
		this.name = name;
		this.base = `/api/v1/worlds/${encodeURIComponent(name)}`;
		/** @type {HpEvent[]} */
		this.kept = [];
		this.seq = 0;
		this.epoch = "";
		this.rate = 0;
		/** @type {ClockState | null} */
		this.clock = null;
		this.clockRead = 0;
		/** @type {Map<string, Set<(value: any) => void>>} */
		this.listeners = new Map();
		/** @type {Map<string, Cached>} */
		this.cache = new Map();
		this.counted = { seq: 0, time: performance.now() };
		this.stream = new EventStream(api, `${this.base}/events/stream`, {
			events: (batch) => this.#take(batch),
			state: (state) => this.#emit("state", state),
			journal: (epoch, seq) => this.#journal(epoch, seq),
			lost: (lost, last) => this.#emit("lost", { lost, last }),
			stats: (second) => this.#emit("stats", second),
			sampled: (report) => {
				this.seq = Math.max(this.seq, report.last);
				this.#emit("sampled", report);
			},
		});
		this.ticker = setInterval(() => this.#tick(), 1000);
	}

	/** Begin to follow the world. Raises ApiError if there is no such world. */
	async open() {
		const answer = await this.get("events", { query: { limit: 1 } });
		this.seq = answer.seq;
		this.counted.seq = this.seq;
		this.epoch = answer.epoch;
		this.stream.start(this.seq, this.epoch);
		this.watch("clock", { when: ["clock"] }, (clock) => clock && this.#setClock(clock), this.stream.life.signal);
	}

	close() {
		this.stream.stop();
		clearInterval(this.ticker);
		for (const one of this.cache.values()) clearTimeout(one.timer);
	}

	/**
	 * @param {string} path below the world, such as `smtp/messages/m3`; empty for the world itself
	 * @returns {string}
	 */
	path(path) {
		return path ? `${this.base}/${path}` : this.base;
	}

	/**
	 * @param {string} path below the world
	 * @param {import("./api.js").RequestOptions} [options]
	 */
	get(path, options) {
		return this.api.json("GET", this.path(path), options);
	}

	/**
	 * Send a change, and have every cached answer below the first segment of the path be fetched again.
	 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
	 * @param {string} path below the world
	 * @param {unknown} [body]
	 * @param {import("./api.js").RequestOptions} [options]
	 */
	async change(method, path, body, options = {}) {
		const answer = await this.api.json(method, this.path(path), {
			...options,
			...(body === undefined ? {} : { body }),
		});
		this.touch(path.split(/[/?]/)[0] ?? "");
		return answer;
	}

	/**
	 * Show an answer of the API and keep it fresh: `show` is called at once if it is known, and again when it has changed
	 * because one of the types of events happened, or `touch` was called.
	 * @param {string} path below the world, with its query
	 * @param {{when?: string[], every?: number}} options when: types of events; "*" for any
	 * @param {(answer: any, error: unknown) => void} show
	 * @param {AbortSignal} signal
	 */
	watch(path, options, show, signal) {
		let one = this.cache.get(path);
		if (!one) {
			one = {
				answer: undefined,
				error: null,
				readers: new Set(),
				when: new Set(options.when),
				timer: 0,
				last: Number.NEGATIVE_INFINITY,
				busy: false,
				stale: false,
			};
			this.cache.set(path, one);
		} else if (options.when) one.when = new Set([...one.when, ...options.when]);
		const cached = one;
		cached.readers.add(show);
		if (cached.answer !== undefined) show(cached.answer, null);
		signal.addEventListener("abort", () => {
			cached.readers.delete(show);
			if (!cached.readers.size) {
				clearTimeout(cached.timer);
				cached.timer = 0;
				cached.last = Number.NEGATIVE_INFINITY;
				this.#forget();
			}
		});
		this.#refresh(path, cached);
		if (options.every) {
			const timer = setInterval(() => !document.hidden && this.#refresh(path, cached), options.every);
			signal.addEventListener("abort", () => clearInterval(timer));
		}
	}

	/**
	 * Fetch cached answers again whose path begins with a prefix.
	 * @param {string} prefix
	 */
	touch(prefix) {
		for (const [path, one] of this.cache) if (path.startsWith(prefix)) this.#refresh(path, one);
	}

	/**
	 * @template {keyof Topics} K
	 * @param {K} topic
	 * @param {(value: Topics[K]) => void} listener
	 * @param {AbortSignal} signal
	 */
	on(topic, listener, signal) {
		const all = this.listeners.get(topic) ?? new Set();
		this.listeners.set(topic, all);
		all.add(listener);
		signal.addEventListener("abort", () => all.delete(listener));
	}

	/** @returns {Date} the time of the world; null-safe: real time until the clock was read */
	now() {
		if (!this.clock) return new Date();
		const passed = this.clock.frozen ? 0 : performance.now() - this.clockRead;
		return new Date(Date.parse(this.clock.now) + passed);
	}

	/** @param {ClockState} clock */
	#setClock(clock) {
		this.clock = clock;
		this.clockRead = performance.now();
		this.#emit("clock", clock);
	}

	/**
	 * @template {keyof Topics} K
	 * @param {K} topic
	 * @param {Topics[K]} value
	 */
	#emit(topic, value) {
		for (const listener of this.listeners.get(topic) ?? []) listener(value);
	}

	/** @param {HpEvent[]} batch */
	#take(batch) {
		const types = new Set();
		for (const event of batch) types.add(event.type);
		this.seq = Math.max(this.seq, batch.at(-1)?.seq ?? 0);
		// One by one: a batch can be longer than the number of arguments of a call.
		for (const event of batch) this.kept.push(event);
		const over = this.kept.length - MAX_KEPT;
		if (over > MAX_KEPT / 10) {
			this.kept.splice(0, over);
			this.#emit("trimmed", over);
		}
		this.#emit("events", batch);
		for (const [path, one] of this.cache)
			if (one.readers.size && (one.when.has("*") || [...one.when].some((type) => types.has(type))))
				this.#refresh(path, one);
	}

	/**
	 * @param {string} epoch
	 * @param {number} seq
	 */
	#journal(epoch, seq) {
		if (epoch === this.epoch) return;
		this.epoch = epoch;
		this.seq = seq;
		this.counted.seq = seq;
		this.kept = [];
		const time = new Date().toISOString().slice(11, 19);
		this.#emit("restart", `This is a new journal since ${time}. The old one is gone; shown is the new one.`);
		this.touch("");
	}

	/**
	 * @param {string} path
	 * @param {Cached} one
	 */
	#refresh(path, one) {
		one.stale ||= one.busy;
		if (one.timer || one.busy || !one.readers.size) return;
		const wait = Math.max(one.last + REFRESH_MS - performance.now(), 0);
		one.timer = setTimeout(async () => {
			one.last = performance.now();
			one.timer = 0;
			one.busy = true;
			one.stale = false;
			try {
				one.answer = await this.get(path, { signal: this.stream.life.signal });
				one.error = null;
			} catch (error) {
				if (this.stream.life.signal.aborted) return;
				one.error = error;
				// An object that is gone is not shown any more; what cannot be reached is shown as it was.
				if (error instanceof ApiError && error.status) one.answer = undefined;
			}
			one.busy = false;
			for (const show of [...one.readers]) show(one.answer, one.error);
			if (one.stale) this.#refresh(path, one);
		}, wait);
	}

	/** Forget answers that are not shown, but for the latest fifty: a view that is opened again paints at once. */
	#forget() {
		for (const [path, one] of this.cache) {
			if (this.cache.size <= 50) return;
			if (!one.readers.size) this.cache.delete(path);
		}
	}

	#tick() {
		const now = performance.now();
		this.rate = Math.max((this.seq - this.counted.seq) / ((now - this.counted.time) / 1000), 0);
		this.counted = { seq: this.seq, time: now };
		this.#emit("rate", this.rate);
	}
}
