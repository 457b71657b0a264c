// The items of a list that follows a filter, newest first: what is shown of them, and what waits to be shown.

const PAGE = 500;

/**
 * A list of the API. order: what it calls the newest first; when: events after which it is fetched again.
 * @typedef {{path: string, order: string, when: string[]}} Source
 */

/**
 * What shows the items. idle: true if nothing is read, so that new items enter at once.
 * @typedef {{draw: () => void, failed: (error: unknown) => void, open: () => string, idle: () => boolean}} Reader
 */

/** @template {{id: string, number: number}} T */
export class Newest {
	/**
	 * @param {World} world
	 * @param {Source} source
	 * @param {Reader} reader
	 */
	constructor(world, source, reader) {
		this.world = world;
		this.source = source;
		this.reader = reader;
		this.q = "";
		/** @type {T[]} */
		this.items = [];
		/** @type {Page<T> | undefined} the last answer, of which `items` may not have the newest */
		this.answer = undefined;
		/** The number of the newest item that is shown; those after it are announced. */
		this.top = 0;
		this.total = 0;
		/** @type {number | null} where the next page begins */
		this.next = null;
		this.life = new AbortController();
	}

	/** @returns {number} of items that are announced */
	get news() {
		return this.answer?.items.filter((one) => one.number > this.top).length ?? 0;
	}

	/** @param {string} q */
	follow(q) {
		this.close();
		this.life = new AbortController();
		this.q = q;
		this.items = [];
		this.answer = undefined;
		const { path, order, when } = this.source;
		const query = new URLSearchParams({ order, limit: String(PAGE), ...(q ? { q } : {}) });
		this.world.watch(
			`${path}?${query}`,
			{ when },
			(answer, error) => {
				if (!answer) return error && this.reader.failed(error);
				this.answer = answer;
				return this.accept(!this.items.length || this.reader.idle());
			},
			this.life.signal,
		);
	}

	close() {
		this.life.abort();
	}

	/**
	 * Show the last answer.
	 * @param {boolean} whole with the items that are new
	 */
	accept(whole) {
		const { answer } = this;
		if (!answer) return;
		if (whole) this.top = answer.items[0]?.number ?? 0;
		const last = answer.items.at(-1)?.number ?? 0;
		// Older pages were added by scrolling; they are not fetched again.
		const older = answer.next === null ? [] : this.items.filter((one) => one.number < last);
		if (!older.length) this.next = answer.next;
		this.total = answer.total;
		const shown = [...answer.items.filter((one) => one.number <= this.top), ...older];
		// The item that is open stays, also when it does not match any more: `has:unread`.
		const open = this.items.find((one) => one.id === this.reader.open());
		const at = open ? shown.findIndex((one) => one.number <= open.number) : 0;
		if (open && shown[at]?.id !== open.id) shown.splice(at < 0 ? shown.length : at, 0, open);
		this.show(shown);
	}

	/** @param {T[]} items */
	show(items) {
		this.items = items;
		this.reader.draw();
	}

	/** Add the next page. */
	async older() {
		const until = this.next;
		if (until === null) return;
		this.next = null;
		const { path, order } = this.source;
		const query = { order, limit: PAGE, q: this.q, until };
		/** @type {Page<T>} */
		const answer = await this.world.get(path, { query, signal: this.life.signal });
		this.next = answer.next;
		this.show([...this.items, ...answer.items.filter((one) => one.number < until)]);
	}
}
