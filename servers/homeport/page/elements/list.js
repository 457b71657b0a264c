// A virtual list: rows of one height, of which only those in sight exist.

import { h } from "../render.js";

const SPARE = 8;
/** More rows than any screen shows. */
const MAX_SIZED = 500;

/**
 * A row that is used again and again: `show` draws an item into it.
 * @template T
 * @typedef {{element: HTMLElement, show: (item: T, index: number) => void}} Row
 */

/**
 * @template T
 * @typedef {object} ListOptions
 * @property {string} label for screen readers
 * @property {() => Row<T>} row makes an empty row
 * @property {(item: T) => string | number} key
 * @property {(item: T) => string} text the item as one line, for "copy shown"
 * @property {(item: T, index: number) => void} [open] Enter or click
 * @property {(item: T, index: number) => void} [focus] the active row changed
 * @property {() => void} [scrolled] by the reader, never by the list itself
 * @property {(atEnd: boolean) => void} [end] the end came into sight, or left it
 * @property {() => void} [start] the beginning came into sight
 */

/**
 * @template T
 */
export class HpList extends HTMLElement {
	/** @param {ListOptions<T>} [options] */
	constructor(options) {
		super();
		if (!options) throw new Error("hp-list is made by script, with its options");
		this.options = options;
		/** @type {readonly T[]} */
		this.all = [];
		/** @type {(Row<T> & {item: T | undefined, index: number})[]} */
		this.rows = [];
		this.active = -1;
		this.atEnd = true;
		this.atStart = true;
		/** True if the end stays in sight when items are added. */
		this.following = false;
		/** Height of a row: --row-height of the style sheet, or --row. */
		this.height = 32;
		this.expected = 0;
		this.sized = -1;
		this.space = h("div.space", { role: "presentation" });
		this.measure = () => this.#measure();
		this.resize = new ResizeObserver(this.measure);
	}

	connectedCallback() {
		if (this.space.isConnected) return;
		this.setAttribute("role", "listbox");
		this.setAttribute("aria-label", this.options.label);
		this.tabIndex = 0;
		this.append(this.space);
		this.addEventListener("scroll", () => this.#scroll(), { passive: true });
		this.addEventListener("keydown", (event) => this.#key(event));
		this.space.addEventListener("click", (event) => this.#click(event));
		this.resize.observe(this);
		document.addEventListener("density", this.measure);
	}

	disconnectedCallback() {
		this.resize.disconnect();
		document.removeEventListener("density", this.measure);
	}

	/** @returns {readonly T[]} */
	get items() {
		return this.all;
	}

	/** Show other items. The row under the reader's eye stays where it is; the active item stays active. */
	set items(items) {
		const { key } = this.options;
		// Reading a position has the browser lay out what was changed before: not while new items are followed.
		const first = this.following ? 0 : Math.floor(this.scrollTop / this.height);
		const anchor = this.all[first];
		const active = this.all[this.active];
		const before = this.all.length;
		this.all = items;
		if (active !== undefined) this.active = this.#find(key(active), this.active);
		this.space.style.setProperty("height", `${items.length * this.height}px`);
		this.#size(Math.min(items.length, MAX_SIZED));
		if (this.following) this.#goTo(items.length * this.height);
		else if (anchor !== undefined && before && (first > 0 || this.options.start)) {
			const now = this.#find(key(anchor), first);
			if (now >= 0 && now !== first) this.#goTo(this.scrollTop + (now - first) * this.height);
		}
		this.#draw();
	}

	/** Items were added at the end of the same array. */
	grown() {
		this.items = this.all;
	}

	/** Show the end, and keep it in sight. */
	follow() {
		this.following = true;
		this.#goTo(this.all.length * this.height);
		this.#draw();
	}

	/**
	 * Make a row active, and bring it into sight.
	 * @param {number} index
	 * @param {boolean} [quiet] do not say so to the view
	 */
	activate(index, quiet = false) {
		const item = this.all[index];
		if (item === undefined) return;
		this.active = index;
		const top = index * this.height;
		if (top < this.scrollTop) this.#goTo(top);
		else if (top + this.height > this.scrollTop + this.clientHeight) this.#goTo(top + this.height - this.clientHeight);
		this.#draw();
		if (!quiet) this.options.focus?.(item, index);
	}

	/** Forget what is drawn, for items that changed in place. */
	redraw() {
		for (const row of this.rows) row.item = undefined;
		this.#draw();
	}

	/** @returns {string} all items as lines of text */
	get text() {
		return this.all.map(this.options.text).join("\n");
	}

	/**
	 * Find an item by key, first near where it was.
	 * @param {string | number} key
	 * @param {number} near
	 */
	#find(key, near) {
		const at = this.options.key;
		const end = this.all.length;
		for (let step = 0; step < end; step += 1) {
			const below = this.all[near - step];
			if (below !== undefined && at(below) === key) return near - step;
			const above = this.all[near + step];
			if (above !== undefined && at(above) === key) return near + step;
			if (near - step < 0 && near + step >= end) break;
		}
		return -1;
	}

	/**
	 * Say how many rows there is room for. Every row inherits it, so that a change costs as much as drawing all of them.
	 * @param {number} rows
	 */
	#size(rows) {
		if (rows === this.sized) return;
		this.sized = rows;
		this.style.setProperty("--rows", String(rows));
	}

	/** @param {number} top */
	#goTo(top) {
		this.scrollTop = top;
		this.expected = this.scrollTop;
	}

	#scroll() {
		const own = Math.abs(this.scrollTop - this.expected) < 2;
		this.expected = -10;
		if (own) return; // what went there has drawn
		this.#draw();
		this.options.scrolled?.();
	}

	#measure() {
		const style = getComputedStyle(this);
		const height = Number.parseFloat(style.getPropertyValue("--row-height") || style.getPropertyValue("--row"));
		if (height && height !== this.height) {
			this.height = height;
			for (const row of this.rows) row.index = -1;
			this.items = this.all;
		}
		if (this.following) this.#goTo(this.all.length * this.height);
		this.#draw();
	}

	#draw() {
		if (!this.isConnected) return;
		const { height, scrollTop: top, clientHeight: view } = this; // read before anything is changed
		const first = Math.max(Math.floor(top / height) - SPARE, 0);
		const count = Math.min(Math.ceil(view / height) + 2 * SPARE, this.all.length - first);
		while (this.rows.length < count) this.#addRow();
		const used = this.rows.length;
		for (let step = 0; step < used; step += 1) {
			const index = first + step;
			const row = this.rows[index % used];
			if (row) this.#place(row, index, step < count ? this.all[index] : undefined);
		}
		const activeRow = this.rows.find((row) => row.index === this.active && !row.element.hidden);
		if (activeRow) this.setAttribute("aria-activedescendant", activeRow.element.id);
		else this.removeAttribute("aria-activedescendant");
		const end = top + view >= this.all.length * height - 2;
		if (end !== this.atEnd) {
			this.atEnd = end;
			this.options.end?.(end);
		}
		const start = top < height;
		if (start && !this.atStart) this.options.start?.();
		this.atStart = start;
	}

	#addRow() {
		const row = { ...this.options.row(), item: undefined, index: -1 };
		HpList.made += 1;
		row.element.id ||= `row-${HpList.made}`;
		row.element.classList.add("row");
		row.element.setAttribute("role", "option");
		this.rows.push(row);
		this.space.append(row.element);
	}

	/**
	 * @param {Row<T> & {item: T | undefined, index: number}} row
	 * @param {number} index
	 * @param {T | undefined} item
	 */
	#place(row, index, item) {
		const { element } = row;
		element.hidden = item === undefined;
		if (item === undefined) {
			row.item = undefined;
			row.index = -1;
			return;
		}
		if (row.index !== index) {
			element.style.setProperty("transform", `translateY(${index * this.height}px)`);
			element.setAttribute("aria-posinset", String(index + 1));
			element.setAttribute("aria-setsize", String(this.all.length));
		}
		if (row.index !== index || row.item !== item) row.show(item, index);
		row.index = index;
		row.item = item;
		const selected = String(index === this.active);
		if (element.getAttribute("aria-selected") !== selected) element.setAttribute("aria-selected", selected);
	}

	/** @param {KeyboardEvent} event */
	#key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this) return;
		const page = Math.max(Math.floor(this.clientHeight / this.height) - 1, 1);
		/** @type {Record<string, number>} */
		const steps = {
			ArrowDown: 1,
			j: 1,
			ArrowUp: -1,
			k: -1,
			PageDown: page,
			PageUp: -page,
			Home: -this.all.length,
			End: this.all.length,
		};
		const step = steps[event.key];
		if (step !== undefined) {
			event.preventDefault();
			event.stopPropagation();
			const from =
				this.active < 0 ? (step > 0 ? Math.floor(this.scrollTop / this.height) - 1 : this.all.length) : this.active;
			this.activate(Math.min(Math.max(from + step, 0), this.all.length - 1));
			this.options.scrolled?.();
		} else if (event.key === "Enter" || event.key === "o") {
			const item = this.all[this.active];
			if (item === undefined) return;
			event.preventDefault();
			this.options.open?.(item, this.active);
		}
	}

	/** @param {MouseEvent} event */
	#click(event) {
		if (!(event.target instanceof Element) || event.target.closest("a,button") || String(getSelection())) return;
		const row = this.rows.find(({ element }) => element.contains(/** @type {Node} */ (event.target)));
		if (!row || row.item === undefined) return;
		this.activate(row.index);
		this.options.open?.(row.item, row.index);
	}
}
HpList.made = 0;
customElements.define("hp-list", HpList);
