// The tree of a directory. The entries below one are fetched when it is opened, and kept fresh while it is.

import { button, failure } from "../elements/parts.js";
import { fill, h, icon, keyed, number, wire } from "../render.js";
import { foldDn, isBelow, rdnOf } from "../store/dn.js";

export const ENTRIES = "directory/entries";
/** Attributes that nodes show. */
const SHOWN = "objectclass,hassubordinates,displayname,cn,description";
const STEP = 100;

/**
 * Return what an entry is called besides its name.
 * @param {DirectoryEntry} entry
 */
export function wordsOf({ dn, attributes }) {
	const said = attributes.displayname?.[0] ?? attributes.cn?.[0] ?? "";
	return said && !rdnOf(dn).toLowerCase().endsWith(`=${said.toLowerCase()}`)
		? said
		: (attributes.description?.[0] ?? "");
}

/** An entry in the tree, with those below it. */
class Node {
	/**
	 * @param {Tree} tree
	 * @param {DirectoryEntry} entry
	 * @param {boolean} whole true to show the whole DN
	 */
	constructor(tree, entry, whole) {
		this.tree = tree;
		this.entry = entry;
		this.limit = STEP;
		/** @type {AbortController | null} */
		this.life = null;
		/** @type {Map<string, Node>} */
		this.below = new Map();
		this.has = entry.attributes.hassubordinates?.[0] === "TRUE";
		const name = whole ? entry.dn : rdnOf(entry.dn);
		const words = wordsOf(entry);
		this.twist = h(
			"button.twist",
			{ "aria-expanded": "false", "aria-label": `Entries below ${name}`, onclick: () => this.toggle() },
			icon("next"),
		);
		this.link = h(
			"a.mono",
			{ href: tree.href(entry.dn), title: entry.dn },
			wire(name),
			words && [" ", h("small", {}, wire(words))],
		);
		this.list = h("ul", { hidden: true });
		this.more = h("div.more", { hidden: true });
		this.element = h(
			"li",
			{},
			h("div.node", {}, this.has ? this.twist : h("span.twist"), this.link),
			this.list,
			this.more,
		);
		if (this.has && (tree.opened.has(foldDn(entry.dn)) || whole)) this.open();
		this.mark();
	}

	mark() {
		const { dn } = this.entry;
		const here = foldDn(dn) === foldDn(this.tree.dn);
		this.link.toggleAttribute("aria-current", here);
		if (here) this.link.setAttribute("aria-current", "true");
		for (const node of this.below.values()) node.mark();
		if (this.tree.dn && !here && isBelow(this.tree.dn, dn) && this.has && !this.life) this.open();
	}

	toggle() {
		if (this.life) this.close();
		else this.open();
	}

	open() {
		const { tree, entry } = this;
		this.close();
		this.life = new AbortController();
		tree.opened.add(foldDn(entry.dn));
		this.twist.setAttribute("aria-expanded", "true");
		this.list.hidden = false;
		this.list.setAttribute("aria-busy", "true");
		const query = new URLSearchParams({
			base: entry.dn,
			scope: "one",
			attributes: SHOWN,
			limit: String(this.limit),
		});
		tree.app.world.watch(
			`${ENTRIES}?${query}`,
			{ when: ["world"] },
			(/** @type {Page<DirectoryEntry> | undefined} */ answer, error) => {
				this.list.removeAttribute("aria-busy");
				if (answer) this.#show(answer);
				else if (error) fill(this.list, h("li", {}, failure(error)));
			},
			AbortSignal.any([this.life.signal, tree.signal]),
		);
	}

	close() {
		this.life?.abort();
		this.life = null;
		this.tree.opened.delete(foldDn(this.entry.dn));
		this.twist.setAttribute("aria-expanded", "false");
		this.list.hidden = this.more.hidden = true;
	}

	/** @param {Page<DirectoryEntry>} answer */
	#show(answer) {
		keyed(
			this.list,
			answer.items,
			(one) => one.dn,
			(one) => {
				this.below.get(one.dn)?.life?.abort();
				const node = new Node(this.tree, one, false);
				this.below.set(one.dn, node);
				return node.element;
			},
		);
		const left = answer.total - answer.items.length;
		this.more.hidden = left <= 0;
		fill(
			this.more,
			h("small.dim", {}, `${number(left)} more`),
			button(
				`Show ${Math.min(STEP, left)}`,
				() => {
					this.limit += STEP;
					this.open();
				},
				{ kind: "bare" },
			),
		);
	}
}

export class Tree {
	/**
	 * @param {App} app
	 * @param {(dn: string) => string} href
	 * @param {AbortSignal} signal
	 */
	constructor(app, href, signal) {
		this.app = app;
		this.href = href;
		this.signal = signal;
		this.dn = "";
		/** @type {Set<string>} folded names of the entries that are open */
		this.opened = new Set();
		/** @type {Node[]} */
		this.roots = [];
		this.element = h("ul.tree-of");
	}

	/**
	 * Show the entries at the top.
	 * @param {readonly string[]} suffixes
	 */
	async show(suffixes) {
		const found = await Promise.all(
			suffixes.map((base) =>
				this.app.world
					.get(ENTRIES, { query: { base, scope: "base", attributes: SHOWN }, signal: this.signal })
					.catch(() => ({ items: [] })),
			),
		);
		for (const root of this.roots) root.life?.abort();
		this.roots = found.flatMap(({ items }) => items).map((one) => new Node(this, one, true));
		fill(
			this.element,
			this.roots.map((root) => root.element),
		);
	}

	/**
	 * Mark an entry, and open those above it.
	 * @param {string} dn
	 */
	mark(dn) {
		this.dn = dn;
		for (const root of this.roots) root.mark();
	}
}
