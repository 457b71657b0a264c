// One connection: its talk as a ladder, with findings at the line that broke the rule.

import { drawStep } from "../elements/ladder.js";
import { failure, flag, grow, menu, mono, segments, skeleton, tag } from "../elements/parts.js";
import { counted, fill, h, icon, keyed, number } from "../render.js";
import { commandsFor } from "../store/commands.js";
import { LEVELS } from "../store/findings.js";
import { stepsOf } from "../store/talk.js";
import { connectionFacts } from "./connection_facts.js";

/** Steps that are drawn at once. */
const PAGE = 1000;

/**
 * @param {App} app
 * @returns {View}
 */
export const connection = (app) => new ConnectionView(app);

/** @implements {View} */
class ConnectionView {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.id = "";
		/** @type {Talk | null} */
		this.talk = null;
		this.as = "";
		this.shown = PAGE;
		this.drawn = "";
		this.othersOf = "";
		/** @type {Connection[]} */
		this.found = [];
		this.life = new AbortController();
		this.head = h("div.head");
		this.ends = h("div.ends");
		this.rungs = h("ol.ladder");
		this.more = h("div.note", { hidden: true });
		this.side = h("div.stack");
		this.keys = /** @type {[string, string][]} */ ([
			["n p", "next, previous finding"],
			["] [", "next, previous connection"],
			["h", "text or hex"],
		]);
	}

	/**
	 * @param {HTMLElement} main
	 * @param {Route} route
	 * @param {AbortSignal} signal
	 */
	mount(main, route, signal) {
		this.main = main;
		signal.addEventListener("abort", () => this.life.abort());
		fill(this.head, h("h1", {}, `Connection ${route.path[1]}`));
		fill(main, this.head, skeleton(10));
		this.update(route);
	}

	/** @param {Route} route */
	update(route) {
		const id = route.path[1] ?? "";
		this.as = route.query.get("as") ?? "";
		this.at = Number(route.query.get("at"));
		if (id === this.id) return this.#draw();
		this.id = id;
		this.talk = null;
		this.shown = PAGE;
		this.life.abort();
		this.life = new AbortController();
		const { signal } = this.life;
		const { world } = this.app;
		const path = `connections/${encodeURIComponent(id)}/transcript`;
		world.watch(path, {}, (talk, error) => this.#show(talk, error), signal);
		world.on("events", (batch) => batch.some((event) => event.conn === id) && world.touch(path), signal);
	}

	/** @param {KeyboardEvent} event */
	key(event) {
		if (event.key === "n" || event.key === "p") this.#jump(event.key === "n" ? 1 : -1);
		else if (event.key === "]" || event.key === "[") void this.#neighbour(event.key === "]");
		else if (event.key === "h") this.#go(this.as === "hex" ? "" : "hex");
		else if (event.key === "Escape") this.app.go("connections");
		else return false;
		return true;
	}

	commands() {
		const options = { query: { format: "text" }, homeport: `transcript ${this.id}` };
		return commandsFor(this.app.world, "GET", `connections/${this.id}/transcript`, options);
	}

	/**
	 * @param {Talk | undefined} talk
	 * @param {unknown} error
	 */
	#show(talk, error) {
		if (talk) this.talk = talk;
		else if (error && !this.talk) {
			fill(this.head, h("h1", {}, `Connection ${this.id}`));
			const list = h("a.btn", { href: this.app.href("connections") }, "All connections");
			fill(/** @type {HTMLElement} */ (this.main), this.head, failure(error, list));
			return;
		}
		this.#draw();
	}

	#draw() {
		const { talk } = this;
		if (!talk || !this.main) return;
		const framed = talk.messages.length > 0;
		const steps = stepsOf(talk, framed && this.as === "");
		const as = this.as === "hex" ? "hex" : "text";
		const form = `${this.id} ${this.as}`;
		const wanted = steps.findIndex((step) => step.seq >= (this.at ?? 0));
		while (this.shown <= wanted) this.shown += PAGE;
		this.#drawHead(talk, framed);
		fill(
			this.ends,
			h("span.c", {}, h("b", {}, "Client "), mono(talk.connection.peer), this.#login(talk)),
			h("span.s", {}, h("b", {}, "Server "), mono(talk.connection.local)),
		);
		const key = (/** @type {import("../store/talk.js").Step} */ step) => `${form} ${step.key}`;
		keyed(
			this.rungs,
			steps.slice(0, this.shown),
			key,
			(step) => drawStep(step, as),
			(a, b) => a.gutter === b.gutter && a.text === b.text && a.spans?.length === b.spans?.length,
		);
		this.more.hidden = steps.length <= this.shown;
		fill(
			this.more,
			`${number(steps.length - this.shown)} more steps. `,
			h(
				"button.btn",
				{
					onclick: () => {
						this.shown += PAGE;
						this.#draw();
					},
				},
				`Show ${number(PAGE)} more`,
			),
		);
		fill(
			this.side,
			connectionFacts(talk, (seq) => this.#href(this.as, seq), this.commands()),
		);
		if (this.ends.parentElement?.parentElement?.parentElement !== this.main)
			fill(this.main, this.head, h("div.cols", {}, h("div.card", {}, this.ends, this.rungs, this.more), this.side));
		if (form !== this.drawn || this.at !== this.marked) this.#mark();
		this.drawn = form;
	}

	/**
	 * @param {Talk} talk
	 * @param {boolean} framed
	 */
	#drawHead(talk, framed) {
		const { connection: one } = talk;
		const acted = talk.items.filter((item) => item.type === "fault").length;
		const forms = framed
			? [
					["", one.service === "epp" ? "Frames" : "Messages"],
					["bytes", "As sent"],
					["hex", "Hex"],
				]
			: [
					["", "Text"],
					["hex", "Hex"],
				];
		const choices = forms.map(([value = "", text = ""]) => ({ text, on: value === this.as, href: this.#href(value) }));
		const path = this.app.world.path(`connections/${this.id}/transcript`);
		const save = (/** @type {string} */ format, /** @type {string} */ name) => () =>
			this.app.api.download(`${path}?format=${format}`, name);
		const files = [
			{ text: "Save as text", run: save("text", `${this.id}.txt`) },
			{ text: "Save as JSON", run: save("json", `${this.id}.json`) },
			{ text: "Save as capture for Wireshark (pcapng)", run: save("pcapng", `${this.id}.pcapng`) },
		];
		fill(
			this.head,
			h("h1", {}, `Connection ${one.id}`),
			flag(one.service, `${one.service}, ${one.listener}`),
			one.findings
				? tag(counted(one.findings, "finding"), LEVELS.find((level) => one.levels?.[level]) ?? "must")
				: tag("no findings", "sea"),
			acted ? tag(`${counted(acted, "fault")} acted`, "fault") : null,
			one.closed ? null : tag("open", "brass"),
			grow(),
			segments("Show as", choices),
			h(
				"span.row-of.h-s",
				{},
				menu("Compare with…", () => this.#others(one)),
				menu([icon("down"), "Save as", icon("chev")], () => files),
			),
			h(
				"span.s-only",
				{},
				menu(icon("more"), () => [...files, ...this.#others(one)], { label: "More" }),
			),
		);
		void this.#readOthers(one);
	}

	/** @param {Talk} talk */
	#login(talk) {
		const done = talk.items.find((item) => item.type === "login" && /^(?:2|1000|1)/.test(String(item.code)));
		return done ? [", logged in as ", h("b", {}, String(done.login))] : null;
	}

	/**
	 * @param {string} as
	 * @param {number} [at]
	 */
	#href(as, at) {
		return this.app.href(["connections", this.id], { as, at: at ? String(at) : null });
	}

	/** @param {string} as */
	#go(as) {
		this.app.go(["connections", this.id], { as }, true);
	}

	/** Bring the step that the address names into sight. */
	#mark() {
		this.marked = this.at;
		for (const old of this.rungs.querySelectorAll(".here")) old.classList.remove("here");
		if (!this.at) return;
		const all = /** @type {HTMLElement[]} */ ([...this.rungs.querySelectorAll("[data-seq]")]);
		const found =
			all.find((one) => Number(one.dataset.seq) === this.at) ??
			all.find((one) => Number(one.dataset.seq) >= (this.at ?? 0));
		found?.classList.add("here");
		found?.scrollIntoView({ block: "center" });
	}

	/** @param {number} step */
	#jump(step) {
		const all = /** @type {HTMLElement[]} */ ([...this.rungs.querySelectorAll(".broke")]);
		const now = all.findIndex((one) => one.classList.contains("here"));
		const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : (now + step + all.length) % all.length];
		if (!next) return;
		this.app.go(["connections", this.id], { as: this.as, at: next.dataset.seq ?? "" }, true);
		next.focus({ preventScroll: true });
	}

	/** @param {boolean} up */
	async #neighbour(up) {
		const seq = this.talk?.connection.seq ?? 0;
		const query = up ? { since: seq, limit: 1 } : { before: seq, order: "desc", limit: 1 };
		const answer = await this.app.world.get("connections", { query });
		const next = answer.items[0];
		if (next) this.app.go(["connections", next.id]);
		else
			this.app.toast(up ? "This is the newest connection." : "This is the oldest connection that the journal knows.");
	}

	/** @param {Connection} one */
	async #readOthers(one) {
		if (this.othersOf === one.id) return;
		this.othersOf = one.id;
		const query = { service: one.service, order: "desc", limit: 12 };
		const answer = await this.app.world.get("connections", { query }).catch(() => ({ items: [] }));
		this.found = /** @type {Connection[]} */ (answer.items);
	}

	/** @param {Connection} one */
	#others(one) {
		const others = this.found.filter((other) => other.id !== one.id);
		if (!others.length) return [{ text: "There is no other connection to this service", disabled: true }];
		return others.map((other) => ({
			text: [
				h("b", {}, `Compare with ${other.id}`),
				h("small", {}, ` ${other.opened.slice(11, 19)} ${other.commands ?? ""}`),
			],
			href: this.app.href(["compare", one.id, other.id]),
		}));
	}
}
