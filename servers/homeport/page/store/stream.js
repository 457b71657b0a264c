// The one event stream of a tab: server-sent events read with fetch, so that the token can be a header.

const BACKOFF_MS = [1000, 2000, 4000, 8000, 16000, 30000];
const HIDDEN_MS = 30_000;
/** Events that wait for the next animation frame at most; older ones are dropped, as a gap. */
const MAX_WAITING = 20_000;
const RATE = 2000;
const TEXT_BYTES = 400;
/** Events come together that happen within this time: a list that follows draws ten times a second at most. */
const BATCH_MS = 100;

/**
 * @typedef {object} StreamState
 * @property {"connecting" | "live" | "waiting" | "hidden" | "closed" | "stopped"} kind
 * @property {number} [retryAt] time of the next attempt (Date.now())
 * @property {number} [since] time from which the picture is stale
 */

/**
 * @typedef {object} StreamHandlers
 * @property {(batch: HpEvent[]) => void} events
 * @property {(state: StreamState) => void} state
 * @property {(epoch: string, seq: number) => void} journal the journal that the stream belongs to, at each connection
 * @property {(lost: number, last: number) => void} lost how many events, and the last of them
 * @property {(second: TrafficOf) => void} stats the traffic of a second
 * @property {(report: {left_out: number, first: number, last: number, rate: number}) => void} sampled
 */

export class EventStream {
	/**
	 * @param {import("./api.js").Api} api
	 * @param {string} path
	 * @param {StreamHandlers} handlers
	 */
	constructor(api, path, handlers) {
		this.api = api;
		this.path = path;
		this.handlers = handlers;
		this.since = 0;
		this.epoch = "";
		this.failures = 0;
		/** @type {StreamState} */
		this.state = { kind: "connecting" };
		/** @type {HpEvent[]} */
		this.waiting = [];
		this.dropped = 0;
		this.frame = 0;
		this.timer = 0;
		this.hiding = 0;
		/** @type {AbortController | null} */
		this.connection = null;
		this.life = new AbortController();
		document.addEventListener("visibilitychange", () => this.#visibility(), { signal: this.life.signal });
		addEventListener("online", () => this.retry(), { signal: this.life.signal });
	}

	/**
	 * Begin after an event of the journal.
	 * @param {number} since
	 * @param {string} epoch
	 */
	start(since, epoch) {
		this.since = since;
		this.epoch = epoch;
		void this.#connect();
	}

	stop() {
		this.life.abort();
		this.connection?.abort();
		clearTimeout(this.timer);
		clearTimeout(this.hiding);
		cancelAnimationFrame(this.frame);
		this.#become({ kind: "stopped" });
	}

	/** Try again at once, if an attempt is waited for. */
	retry() {
		if (this.state.kind !== "waiting" && this.state.kind !== "closed") return;
		clearTimeout(this.timer);
		void this.#connect();
	}

	/** @param {StreamState} state */
	#become(state) {
		this.state = state;
		this.handlers.state(state);
	}

	async #connect() {
		const connection = new AbortController();
		this.connection = connection;
		this.#become({ ...this.state, kind: "connecting" });
		let gone = false;
		try {
			const query = {
				since: this.since,
				epoch: this.epoch,
				bytes: TEXT_BYTES,
				rate: RATE,
				batch: BATCH_MS,
				journal: true,
				stats: true,
			};
			const response = await this.api.send("GET", this.path, { query, signal: connection.signal });
			if (!response.ok || !response.body) {
				gone = response.status === 404 || response.status === 410;
				throw new Error(`the stream answered ${response.status}`);
			}
			this.failures = 0;
			this.#become({ kind: "live" });
			// A farm that stops closes its worlds too: only the next answer tells whether this world alone is gone.
			await this.#read(response.body);
		} catch {
			// Every cause is treated alike: the state says that it is tried again.
		}
		if (this.life.signal.aborted || this.state.kind === "hidden" || this.connection !== connection) return;
		if (gone) return this.#become({ kind: "closed" });
		const delay = (BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 30_000) * (0.75 + Math.random() / 2);
		this.failures += 1;
		this.#become({ kind: "waiting", retryAt: Date.now() + delay, since: this.state.since ?? Date.now() });
		this.timer = setTimeout(() => void this.#connect(), delay);
	}

	/**
	 * Read until the stream ends.
	 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
	 */
	async #read(body) {
		const reader = body.pipeThrough(new TextDecoderStream()).getReader();
		let rest = "";
		for (;;) {
			const { value, done } = await reader.read();
			if (done) return;
			const frames = (rest + value).split("\n\n");
			rest = frames.pop() ?? "";
			for (const frame of frames) this.#take(frame);
		}
	}

	/**
	 * Take one event of the stream.
	 * @param {string} frame
	 */
	#take(frame) {
		let name = "message";
		let data = "";
		for (const line of frame.split("\n")) {
			if (line.startsWith("event: ")) name = line.slice(7);
			else if (line.startsWith("data: ")) data += line.slice(6);
		}
		if (!data) return;
		const value = JSON.parse(data);
		switch (name) {
			case "closed":
				this.#flush();
				break;
			case "journal":
				this.#journal(value.epoch, value.seq);
				break;
			case "reset":
				this.#journal(value.epoch, value.next);
				this.since = value.next;
				break;
			case "lost":
				this.#flush();
				this.since = value.next;
				this.handlers.lost(value.lost, value.next);
				break;
			case "stats":
				this.handlers.stats(value);
				break;
			case "sampled":
				this.#flush();
				this.handlers.sampled(value);
				break;
			case "events":
				this.#add(value);
				break;
			default:
				this.#add([value]);
		}
	}

	/**
	 * @param {string} epoch
	 * @param {number} seq
	 */
	#journal(epoch, seq) {
		if (epoch !== this.epoch) this.waiting = [];
		this.epoch = epoch;
		this.handlers.journal(epoch, seq);
	}

	/** @param {HpEvent[]} events */
	#add(events) {
		this.since = events.at(-1)?.seq ?? this.since;
		this.waiting.push(...events);
		if (this.waiting.length > MAX_WAITING)
			this.dropped += this.waiting.splice(0, this.waiting.length - MAX_WAITING).length;
		// A hidden tab gets no animation frames.
		if (document.hidden) this.#flush();
		else this.frame ||= requestAnimationFrame(() => this.#flush());
	}

	#flush() {
		cancelAnimationFrame(this.frame);
		this.frame = 0;
		if (!this.waiting.length) return;
		const batch = this.waiting;
		this.waiting = [];
		if (this.dropped) this.handlers.lost(this.dropped, (batch[0]?.seq ?? 1) - 1);
		this.dropped = 0;
		this.handlers.events(batch);
	}

	#visibility() {
		clearTimeout(this.hiding);
		if (document.hidden) this.hiding = setTimeout(() => this.#hide(), HIDDEN_MS);
		else if (this.state.kind === "hidden") void this.#connect();
	}

	#hide() {
		clearTimeout(this.timer);
		this.#become({ kind: "hidden", since: Date.now() });
		this.connection?.abort();
	}
}
