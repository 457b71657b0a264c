// Directory: the tree of entries, a search, and one entry beside them.

import { HpCommand } from "../elements/copy.js";
import { card, empty, errorText, failure, grow, skeleton } from "../elements/parts.js";
import { counted, fill, h, icon, number, wire } from "../render.js";
import { commandsFor, python, shell } from "../store/commands.js";
import { escapeDn, filterOf, foldDn, parentOf, rdnOf } from "../store/dn.js";
import { EntryCard } from "./directory_entry.js";
import { groupForm } from "./directory_group.js";
import { ENTRIES, Tree, wordsOf } from "./directory_tree.js";

/** Requests of LDAP that change entries. */
const WRITES = new Set(["add", "modify", "modrdn", "delete", "extended"]);
const LIMIT = 200;
const SCOPES = { sub: "all below", one: "one level below", base: "only it" };

/**
 * @param {App} app
 * @returns {View}
 */
export const directory = (app) => new DirectoryView(app);

/** @implements {View} */
class DirectoryView {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.base = "";
		this.server = "";
		/** @type {string[]} */
		this.suffixes = [];
		this.dn = "";
		this.query = new URLSearchParams();
		this.searched = "";
		this.placed = "";
		/** @type {AbortController} */
		this.search = new AbortController();
		this.input = h("input", {
			type: "text",
			"aria-label": "Filter of entries",
			"aria-keyshortcuts": "/",
			placeholder: "alice, or (&(objectClass=person)(mail=*@homeport.test))",
			autocomplete: "off",
			spellcheck: "false",
		});
		this.scope = h("select", { "aria-label": "Scope" });
		fill(
			this.scope,
			Object.entries(SCOPES).map(([value, text]) => h("option", { value }, text)),
		);
		this.within = h("select", { "aria-label": "Base" });
		this.hint = h("small.hint", { role: "alert" });
		this.side = h("div.card.side", {}, skeleton(8));
		this.place = h("div.stack");
		this.body = h("div.dir", {}, this.side, this.place);
		this.entry = new EntryCard(app, {
			href: (dn) => this.#href(dn),
			toggle: () => this.#go(this.dn, { op: this.query.get("op") ? null : "1" }, true),
			base: () => this.base,
			server: () => this.server,
		});
	}

	/**
	 * @param {HTMLElement} main
	 * @param {Route} _route
	 * @param {AbortSignal} signal
	 */
	async mount(main, _route, signal) {
		const { app, input, scope, within } = this;
		const { world } = app;
		const form = h(
			"form.filter.ldap-filter",
			{
				role: "search",
				onsubmit: (/** @type {Event} */ event) => {
					event.preventDefault();
					this.#ask();
				},
			},
			icon("search"),
			input,
			this.hint,
			h("kbd", { "aria-hidden": "true" }, "/"),
		);
		for (const one of [scope, within]) one.addEventListener("change", () => input.value && this.#ask());
		fill(
			main,
			h(
				"div.head.dir-head",
				{},
				h("h1", {}, "Directory"),
				form,
				within,
				scope,
				h("a.btn", { href: app.href("directory", { group: "new" }) }, icon("plus"), "Add group"),
			),
			this.body,
		);
		this.tree = new Tree(app, (dn) => this.#href(dn, null), signal);
		signal.addEventListener("abort", () => {
			this.search.abort();
			this.entry.close();
		});
		world.on(
			"events",
			(batch) =>
				batch.some((one) => one.service === "ldap" && one.type === "command" && WRITES.has(String(one.verb))) &&
				world.touch("directory"),
			signal,
		);
		world.on("restart", () => void this.#suffixes(), signal);
		await this.#suffixes();
		if (!signal.aborted) this.update(app.route);
	}

	/** @param {Route} route */
	update(route) {
		if (!this.tree || !this.base) return;
		this.query = route.query;
		this.dn = route.path[1] ?? "";
		const q = route.query.get("q") ?? "";
		const group = route.query.get("group") ?? "";
		this.input.value = q;
		this.scope.value = route.query.get("scope") ?? "sub";
		this.#bases(route.query.get("base") ?? "");
		const reading = this.dn !== "" || group !== "";
		this.body.classList.toggle("one", reading);
		this.body.parentElement?.classList.toggle("reading", reading);
		this.tree.mark(this.dn);
		this.#showSide(q);
		const placed = group ? `group ${group}` : this.dn ? "entry" : "";
		if (placed === "entry") {
			if (this.placed !== placed) fill(this.place, this.#back(), this.entry.element);
			this.entry.show(this.dn, route.query.has("op"));
		} else if (placed !== this.placed || !placed) {
			this.entry.close();
			const done = (/** @type {string} */ name) => this.#go(`cn=${escapeDn(name)},ou=groups,${this.base}`);
			fill(this.place, group ? [this.#back(), groupForm(this.app, group, done)] : this.#teach());
		}
		this.placed = placed;
	}

	/** @param {KeyboardEvent} event */
	key({ key }) {
		if (key === "/") this.input.select();
		else if (key === "Escape" && this.placed) this.#go("");
		else return false;
		return true;
	}

	commands() {
		const { world } = this.app;
		const q = filterOf(this.query.get("q") ?? "");
		const base = q ? this.query.get("base") : this.dn;
		const scope = q ? (this.query.get("scope") ?? "sub") : "base";
		if (!q && !base)
			return commandsFor(world, "GET", "directory/ldif", { homeport: "ldif", python: "homeport.ldap.ldif()" });
		const filter = q || "(objectClass=*)";
		const words = [python(filter), base && `base=${python(base)}`, scope !== "sub" && `scope=${python(scope)}`];
		return commandsFor(world, "GET", ENTRIES, {
			query: { filter: q, base, scope },
			...(q ? {} : { homeport: `ldif --base ${shell(base)}` }),
			python: `homeport.ldap.entries(${words.filter(Boolean).join(", ")})`,
		});
	}

	/**
	 * @param {string} dn
	 * @param {Record<string, string | null>} [change] of the query
	 * @param {boolean} [replace]
	 */
	#go(dn, change = {}, replace = false) {
		this.app.go(dn ? ["directory", dn] : "directory", { ...this.#state(), ...change }, replace);
	}

	/** What stays in the address when another entry is shown. */
	#state() {
		const of = (/** @type {string} */ name) => this.query.get(name);
		return { q: of("q"), base: of("base"), scope: of("scope"), op: of("op") };
	}

	/**
	 * @param {string} dn
	 * @param {string | null} [q] another filter, or none
	 */
	#href(dn, q) {
		const state = this.#state();
		return this.app.href(["directory", dn], q === null ? { op: state.op } : state);
	}

	#ask() {
		const { input, scope, within } = this;
		const q = input.value.trim();
		const asked = q ? { q, scope: scope.value === "sub" ? null : scope.value, base: within.value } : {};
		this.app.go(this.dn ? ["directory", this.dn] : "directory", { op: this.query.get("op"), ...asked });
	}

	async #suffixes() {
		const { app } = this;
		try {
			const [{ base, suffixes }, { services }] = await Promise.all([app.world.get("directory"), app.world.get("")]);
			const { host, port } = services.ldap?.starttls ?? {};
			this.base = base;
			this.suffixes = suffixes;
			this.server = port
				? `ldap://${/^(0\.0\.0\.0|::)$/.test(host) ? location.hostname : host.includes(":") ? `[${host}]` : host}:${port}`
				: "";
			await this.tree?.show(suffixes);
		} catch (error) {
			fill(this.side, failure(error));
		}
	}

	/**
	 * Offer where a search can begin.
	 * @param {string} chosen
	 */
	#bases(chosen) {
		const { dn, suffixes, base } = this;
		const all = [...new Set([...suffixes, ...(dn ? [parentOf(dn), dn] : []), chosen || base])].filter(Boolean);
		fill(
			this.within,
			all.map((one) => h("option", { value: one === base ? "" : one }, `in ${one}`)),
		);
		this.within.value = chosen === base ? "" : chosen;
	}

	/**
	 * Show the tree, or what a search finds.
	 * @param {string} q
	 */
	#showSide(q) {
		const state = JSON.stringify([q, this.query.get("base"), this.query.get("scope")]);
		if (!q) {
			this.search.abort();
			this.hint.textContent = this.searched = "";
			if (this.tree && this.tree.element.parentElement !== this.side) fill(this.side, this.tree.element);
			return;
		}
		if (state === this.searched) return this.#markFound();
		this.searched = state;
		this.search.abort();
		this.search = new AbortController();
		const found = h("ul.found", { "aria-busy": "true" });
		const note = h("div.note", { role: "status" }, "Searching");
		const clear = h(
			"a.btn.bare",
			{ href: this.app.href(this.dn ? ["directory", this.dn] : "directory") },
			"Show the tree",
		);
		fill(this.side, h("header", {}, h("h2", {}, "Found"), grow(), clear), found, note);
		const query = new URLSearchParams({
			filter: filterOf(q),
			base: this.query.get("base") ?? "",
			scope: this.query.get("scope") ?? "sub",
			attributes: "objectclass,displayname,cn,description",
			limit: String(LIMIT),
		});
		this.app.world.watch(
			`${ENTRIES}?${query}`,
			{ when: ["world"] },
			(/** @type {Page<DirectoryEntry> | undefined} */ answer, error) => {
				found.removeAttribute("aria-busy");
				this.hint.textContent = answer ? "" : errorText(error).replace(/^filter: /, "");
				note.hidden = !answer;
				if (!answer) return void fill(found, error ? h("li", {}, failure(error)) : null);
				this.#showFound(found, note, answer);
			},
			this.search.signal,
		);
		return undefined;
	}

	/**
	 * @param {HTMLElement} place
	 * @param {HTMLElement} note
	 * @param {Page<DirectoryEntry>} answer
	 */
	#showFound(place, note, { items, total }) {
		fill(
			place,
			items.map((one) => {
				const words = wordsOf(one);
				return h(
					"li",
					{},
					h(
						"a",
						{ href: this.#href(one.dn), title: one.dn, "data-dn": foldDn(one.dn) },
						h("span.mono", {}, wire(rdnOf(one.dn)), words && [" ", h("small", {}, wire(words))]),
						h("small.dim.mono", {}, wire(parentOf(one.dn))),
					),
				);
			}),
		);
		note.textContent =
			items.length < total
				? `${number(items.length)} of ${number(total)} listed: narrow the filter`
				: counted(total, "entry", "entries");
		this.#markFound();
	}

	#markFound() {
		for (const one of this.side.querySelectorAll(".found a"))
			if (one.getAttribute("data-dn") === foldDn(this.dn)) one.setAttribute("aria-current", "true");
			else one.removeAttribute("aria-current");
	}

	#back() {
		return h("a.btn.bare.s-only", { href: this.app.href("directory", this.#state()) }, icon("back"), "Directory");
	}

	#teach() {
		const { server, base } = this;
		return card(
			null,
			null,
			empty({
				service: "ldap",
				title: "The people of this world as a directory",
				text: server
					? "Select an entry to see its attributes. Anyone may read, people log in with their passwords. Try:"
					: "Select an entry to see its attributes. This world has no LDAP server.",
				command: server && new HpCommand({ homeport: `ldapsearch -x -H ${server} -b ${shell(base)} uid=alice` }),
			}),
		);
	}
}
