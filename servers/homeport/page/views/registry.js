// The registry: lists of domains, hosts, contacts, registrars, poll queues and reviews, and one object beside its list.

import { commandLine } from "../elements/copy.js";
import { HpFilter } from "../elements/filter.js";
import { HpList } from "../elements/list.js";
import { button, empty, failure, grow, segments, skeleton } from "../elements/parts.js";
import { fill, h, icon, number } from "../render.js";
import { commandsFor, python } from "../store/commands.js";
import { ADDED, addForm } from "./registry_add.js";
import { showDomain } from "./registry_domain.js";
import { showObject, showQueue, WHEN } from "./registry_object.js";
import { cellsOf } from "./registry_rows.js";

/** @type {Record<string, string>} */
const TABS = {
	domains: "Domains",
	hosts: "Hosts",
	contacts: "Contacts",
	registrars: "Registrars",
	queues: "Poll queues",
	reviews: "Reviews",
};
const PAGE = 500;

/** @param {App} app @returns {View} */
export const registry = (app) => new RegistryView(app);

class RegistryView {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.head = h("div.head");
		this.side = h("div.card.side");
		this.place = h("div.stack");
		this.body = h("div.reg", {}, this.side, this.place);
		this.shown = "";
		this.listed = "";
		this.limit = PAGE;
		this.redraw = () => {};
		/** The lives of what is shown: the list, and the object. */
		this.lists = new AbortController();
		this.objects = new AbortController();
		/** @type {HpList<RegistryItem> | null} */
		this.list = null;
		/** @type {Record<string, Record<string, number>>} */
		this.periods = {};
	}

	/**
	 * @param {HTMLElement} main
	 * @param {Route} route
	 * @param {AbortSignal} signal
	 */
	mount(main, route, signal) {
		fill(main, this.head, this.body);
		signal.addEventListener("abort", () => {
			this.lists.abort();
			this.objects.abort();
		});
		// A jump is in the journal before what it does: what is shown is asked for again when the clock has arrived.
		this.app.world.on("clock", () => this.app.world.touch("registry"), signal);
		this.app.world.watch(
			"registry/zones",
			{ when: ["world"] },
			(answer) => {
				for (const zone of answer?.items ?? []) this.periods[zone.name] = zone.periods;
			},
			signal,
		);
		this.update(route);
	}

	/** @param {Route} route */
	update(route) {
		const [, first = "domains", name = "", sub = ""] = route.path;
		const tab = sub === "messages" ? "queues" : first;
		const q = route.query.get("q") ?? "";
		if (`${tab} ${q}` !== this.listed) this.#showList(tab, q);
		const adding = !name && route.query.has("new") && ADDED[first] !== undefined;
		this.body.classList.toggle("one", name !== "" || adding);
		const key = adding ? `new ${first}` : `${first}/${name}/${sub}`;
		if (key === this.shown) return void this.redraw();
		this.shown = key;
		this.objects.abort();
		this.objects = new AbortController();
		this.redraw = () => {};
		this.#mark(name);
		fill(this.place, name ? skeleton(8) : null);
		if (adding) fill(this.place, addForm(this.app, first));
		if (!name) return undefined;
		if (sub === "messages") showQueue(this.app, this.place, name, this.objects.signal);
		else if (first === "domains") {
			this.redraw = () => void showAgain();
			const showAgain = showDomain(this.app, this.place, name, this.objects.signal);
		} else if (TABS[first]) showObject(this.app, this.place, first, name, this.objects.signal);
		else fill(this.place, failure(new Error(`The registry has no ${first}.`)));
		return undefined;
	}

	/**
	 * @param {string} tab
	 * @param {string} q
	 */
	#showList(tab, q) {
		const { app } = this;
		this.listed = `${tab} ${q}`;
		this.lists.abort();
		this.lists = new AbortController();
		this.list = null;
		const filter = new HpFilter({
			label: `Filter ${TABS[tab]?.toLowerCase()}`,
			keys: tab === "registrars" ? ["name"] : ["name", "registrar", "status"],
			placeholder: tab === "registrars" ? "name" : "name, registrar:, status:",
		});
		filter.value = q;
		filter.addEventListener("change", () => {
			this.listed = `${tab} ${filter.value}`;
			app.go(app.route.path, { q: filter.value }, true);
			this.limit = PAGE;
			watch();
		});
		const body = h("div", { "aria-busy": "true" }, skeleton());
		const plain = tab === "queues" || tab === "reviews";
		const back = h("a.back", { href: app.href(["registry", tab]) }, `All ${(TABS[tab] ?? tab).toLowerCase()}`);
		const shown = h("span.dim", { role: "status" });
		fill(
			this.head,
			h("h1", {}, "Registry"),
			segments(
				"Kind of object",
				Object.entries(TABS).map(([one, text]) => ({ text, on: one === tab, href: app.href(["registry", one]) })),
			),
			shown,
			grow(),
			back,
			ADDED[tab]
				? h("a.btn.go", { href: app.href(["registry", tab], { new: "1", q }) }, icon("plus"), `Add ${ADDED[tab].one}`)
				: null,
		);
		fill(this.side, plain ? null : filter, body);
		let life = new AbortController();
		this.lists.signal.addEventListener("abort", () => life.abort());
		const watch = () => {
			life.abort();
			life = new AbortController();
			const query = new URLSearchParams({ limit: String(this.limit), ...(filter.value ? { q: filter.value } : {}) });
			const path =
				tab === "reviews" ? "registry/reviews" : `registry/${tab === "queues" ? "registrars" : tab}?${query}`;
			app.world.watch(
				path,
				{ when: WHEN, every: 60_000 },
				(answer, error) => {
					body.removeAttribute("aria-busy");
					if (!answer) return void (error && fill(body, failure(error)));
					const { items, total, next } = answer;
					shown.textContent =
						items.length < total ? `${number(items.length)} of ${number(total)} shown` : number(total);
					if (!items.length) {
						this.list = null;
						return void fill(body, this.#nothing(tab, filter.value));
					}
					if (!this.list?.isConnected) {
						this.list = this.#makeList(tab);
						const more = button(`Show ${PAGE} more`, () => {
							this.limit += PAGE;
							watch();
						});
						fill(body, this.list, h("div.note", {}, more));
					}
					/** @type {HTMLElement} */ (body.lastElementChild).hidden = next === null;
					/** @type {HpList<RegistryItem>} */ (this.list).items = items;
					this.#mark(app.route.path[2] ?? "");
				},
				life.signal,
			);
		};
		watch();
	}

	/**
	 * @param {string} tab
	 * @param {string} q
	 */
	#nothing(tab, q) {
		const all = h("a.btn", { href: this.app.href(["registry", tab]) }, "Show all");
		if (q) return empty({ icon: "search", title: `None of the ${tab} match`, action: all });
		if (tab === "reviews")
			return empty({
				icon: "anchor",
				title: "Nothing waits for review",
				text: "Create a domain whose name asks for one: review-wait.test, or set review_creates for its zone.",
			});
		return empty({
			icon: "anchor",
			title: `There are no ${tab}`,
			text: "Reset the registry to its configuration:",
			command: commandLine(commandsFor(this.app.world, "POST", "registry/reset").curl ?? ""),
		});
	}

	/** @param {string} tab */
	#makeList(tab) {
		const { app } = this;
		const idOf = (/** @type {RegistryItem} */ one) => one.id ?? one.name;
		/** @type {HpList<RegistryItem>} */
		const list = new HpList({
			label: TABS[tab] ?? tab,
			key: (one) => `${one.kind ?? ""} ${idOf(one)}`,
			text: (one) => `${idOf(one)} ${one.registrar ?? ""}`,
			open: (one) => {
				const kind = tab === "reviews" ? `${one.kind}s` : tab === "queues" ? "registrars" : tab;
				app.go(["registry", kind, idOf(one), ...(tab === "queues" ? ["messages"] : [])], {
					q: app.route.query.get("q"),
				});
			},
			row: () => {
				const element = h("div");
				return {
					element,
					show: (one) => fill(element, cellsOf(tab, one, this.app.world.now().getTime(), this.periods)),
				};
			},
		});
		list.classList.add("objects");
		return list;
	}

	/** @param {string} name */
	#mark(name) {
		const at = this.list?.items.findIndex((one) => (one.id ?? one.name) === name) ?? -1;
		if (this.list && at >= 0 && this.list.active !== at) this.list.activate(at);
	}

	commands() {
		const [, tab = "domains", name = ""] = this.app.route.path;
		const path = ["registry", tab === "queues" ? "registrars" : tab, name && encodeURIComponent(name)]
			.filter(Boolean)
			.join("/");
		const call = name ? `homeport.registry.${tab}.get(${python(name)})` : "";
		const q = this.app.route.query.get("q");
		return commandsFor(this.app.world, "GET", path, {
			query: q && !name ? { q } : {},
			...(call ? { python: call } : {}),
		});
	}
}
