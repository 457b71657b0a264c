// Mail: mailboxes, the messages in them newest first, and one message.

import { HpFilter } from "../elements/filter.js";
import { HpList } from "../elements/list.js";
import { button, failure, grow, menu, skeleton } from "../elements/parts.js";
import { counted, fill, h, icon, number } from "../render.js";
import { Newest } from "../store/newest.js";
import { commandsOf, markAll, removeFound, removeThese } from "./mail_acts.js";
import { drawBoxes, teach } from "./mail_boxes.js";
import { HAS, KEYS, LIST, SOURCE, WHEN } from "./mail_list.js";
import { row } from "./mail_row.js";
import { Letter } from "./message.js";

/** Tabs that stay when another message is opened. */
const STAYING = ["headers", "parts", "source", "talk"];

/**
 * @param {App} app
 * @returns {View}
 */
export const mail = (app) => new MailView(app);

/** @implements {View} */
class MailView {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.q = "";
		this.id = "";
		this.tab = "";
		this.all = 0;
		this.place = 0;
		/** @type {import("./mail_boxes.js").Box[]} */
		this.mailboxes = [];
		/** @type {Set<string>} */
		this.picked = new Set();
		this.filter = new HpFilter({
			label: "Search mail",
			keys: KEYS,
			placeholder: "to:alice subject:dues has:attachment",
			values: (key) => (key === "has" ? HAS : key === "mailbox" ? this.mailboxes.map((one) => one.mailbox) : []),
		});
		this.list = new HpList({
			label: "Messages, newest first",
			row: () => row(this.picked),
			key: (/** @type {MailSummary} */ one) => one.id,
			text: (one) => [one.id, one.time, one.from || one.envelope.from, one.subject].join(" "),
			open: (one) => this.#open(one.id),
			end: (at) => void (at && this.messages.older()),
		});
		const { list } = this;
		/** @type {Newest<MailSummary>} */
		this.messages = new Newest(app.world, SOURCE, {
			draw: () => this.#draw(),
			failed: (error) => fill(this.pane, failure(error)).removeAttribute("aria-busy"),
			open: () => this.id,
			idle: () => !this.id && list.active < 0 && list.scrollTop < 4 && !list.matches(":hover"),
		});
		this.fresh = h("button.btn.go.fresh", { hidden: true, onclick: () => this.#renew() });
		this.boxes = h("nav.mailboxes", { "aria-label": "Mailboxes" });
		this.pane = h("div.msgs", { "aria-busy": "true" }, skeleton());
		this.foot = h("small.foot.dim", { role: "status" });
		this.letter = new Letter(app, {
			href: (tab, as) => this.#href(this.id, tab, as),
			remove: () => this.#remove(),
			mark: (read) => this.#mark(this.id, read),
		});
		this.body = h("div.card.mail", {}, this.boxes, this.pane, this.letter.element);
		this.keys = /** @type {[string, string][]} */ ([
			["] [", "newer, older message"],
			["x", "select, or not"],
			["Delete", "delete the message, or what is selected"],
			["u", "mark as unread or read"],
		]);
	}

	/**
	 * @param {HTMLElement} main
	 * @param {Route} route
	 * @param {AbortSignal} signal
	 */
	mount(main, route, signal) {
		const { app } = this;
		const { world } = app;
		signal.addEventListener("abort", () => this.messages.close());
		this.filter.addEventListener("change", () =>
			app.go(this.id ? this.#path() : "mail", { q: this.filter.value }, true),
		);
		const actions = () => [
			{ text: "Mark all read", run: () => this.#readAll() },
			{ text: "Delete shown", run: () => this.#removeShown() },
		];
		fill(
			main,
			h(
				"div.head.mail-head",
				{},
				h("h1", {}, "Mail"),
				this.filter,
				h("span.s-only.grow", {}, grow(), menu(icon("more"), actions, { label: "More" })),
				h(
					"span.row-of.h-s",
					{},
					button("Mark all read", () => this.#readAll()),
					button("Delete shown", () => this.#removeShown(), { kind: "danger" }),
				),
			),
			this.body,
		);
		world.watch("smtp/mailboxes", { when: WHEN }, (answer) => this.#showBoxes(answer?.items), signal);
		world.watch(
			`${LIST}?limit=1`,
			{ when: WHEN },
			(answer) => {
				this.all = answer?.total ?? 0;
				if (this.messages.answer && !this.messages.items.length) this.#draw();
				this.#showBoxes(this.mailboxes);
			},
			signal,
		);
		const renew = () => {
			this.messages.items = [];
			this.letter.forget();
		};
		world.on("restart", renew, signal);
		world.on("events", (batch) => batch.some((event) => event.type === "world") && renew(), signal);
		this.#follow(route.query.get("q") ?? "");
		this.update(route);
	}

	/** @param {Route} route */
	update(route) {
		const q = route.query.get("q") ?? "";
		if (q !== this.q) this.#follow(q);
		const [, id = "", tab = ""] = route.path;
		const before = this.id;
		this.tab = tab;
		this.id = id;
		if (id && !before) this.place = this.list.scrollTop;
		this.body.classList.toggle("open", id !== "");
		this.body.parentElement?.classList.toggle("reading", id !== "");
		const { items } = this.messages;
		const at = items.findIndex((one) => one.id === id);
		if (!id && before) {
			this.list.scrollTop = this.place;
			this.list.focus({ preventScroll: true });
		} else if (at >= 0) this.list.activate(at, true);
		void this.letter.show(id, tab, route.query.get("as") ?? "");
		// On a phone the list, which had the focus, is not there.
		if (id && !before && items.length && !this.list.clientHeight) this.letter.element.focus();
	}

	/** @param {KeyboardEvent} event */
	key({ key }) {
		const one = this.messages.items[this.list.active];
		if (key === "Escape" && this.picked.size) this.#pick();
		else if (key === "Escape" && this.id) this.app.go("mail", { q: this.q });
		else if (key === "[" || key === "]") void this.#step(key === "[" ? 1 : -1);
		else if (key === "Delete") this.#remove().catch((error) => this.app.toast({ text: "", error }));
		else if (key === "x" && one) this.#pick(one.id);
		else if (key === "u" && one) void this.#mark(one.id, one.unread);
		else return false;
		return true;
	}

	commands() {
		return commandsOf(this.app.world, this.id, this.q);
	}

	#path(id = this.id, tab = this.tab) {
		return ["mail", ...(id ? [id] : []), ...(id && tab ? [tab] : [])];
	}

	/**
	 * @param {string} id
	 * @param {string} [tab]
	 * @param {string} [as]
	 */
	#href(id, tab, as) {
		return this.app.href(this.#path(id, tab), { q: this.q, as });
	}

	/** @param {string} id */
	#open(id) {
		this.app.go(this.#path(id, STAYING.includes(this.tab) ? this.tab : ""), { q: this.q });
	}

	/** @param {string} q */
	#follow(q) {
		this.q = this.filter.value = q;
		this.picked.clear();
		this.fresh.hidden = true;
		this.pane.setAttribute("aria-busy", "true");
		this.messages.follow(q);
		this.#showBoxes(this.mailboxes);
	}

	#draw() {
		const { list, id, messages } = this;
		const { items, news } = messages;
		this.pane.removeAttribute("aria-busy");
		this.fresh.hidden = !news;
		this.fresh.textContent = `${number(news)} new`;
		if (!items.length && !news) {
			const still = () => !messages.items.length && !messages.life.signal.aborted;
			void teach(this.app, this.pane, this.q, this.all, still);
			return;
		}
		if (!list.isConnected) fill(this.pane, this.fresh, list, this.foot);
		list.items = items;
		const at = items.findIndex((one) => one.id === id);
		if (at < 0) list.active = list.active < items.length ? list.active : -1;
		else if (list.active !== at) list.activate(at, true);
		this.#showFoot();
	}

	#showFoot() {
		const { picked } = this;
		const { items, total } = this.messages;
		const shown = items.length < total ? `${number(items.length)} of ${counted(total, "message")} shown` : "";
		this.foot.textContent = picked.size ? `${number(picked.size)} selected. Delete deletes them.` : shown;
	}

	/** @param {import("./mail_boxes.js").Box[]} [boxes] */
	#showBoxes(boxes = []) {
		this.mailboxes = boxes;
		drawBoxes(this.boxes, boxes, this.all, this.q, (q) => this.app.href("mail", { q }));
	}

	/** Show what is new, at its place. */
	#renew() {
		this.messages.accept(true);
		this.list.scrollTop = 0;
		this.list.focus({ preventScroll: true });
	}

	/** @param {number} step down the list */
	async #step(step) {
		const { messages } = this;
		const place = () => messages.items.findIndex((one) => one.id === this.id);
		if (place() + step >= messages.items.length) await messages.older();
		if (place() + step < 0) messages.accept(true);
		const at = place();
		const one = messages.items[at < 0 ? Math.max(this.list.active, 0) : at + step];
		if (one) this.#open(one.id);
		else this.app.toast(`This is the ${step < 0 ? "newest" : "oldest"} message${this.q && " that matches"}.`);
	}

	/** @param {string} [id] to select or not; without it, nothing is selected any more */
	#pick(id) {
		if (!id) this.picked.clear();
		else if (!this.picked.delete(id)) this.picked.add(id);
		this.list.redraw();
		this.#showFoot();
	}

	/**
	 * @param {string} id
	 * @param {boolean} read
	 */
	async #mark(id, read) {
		const { messages } = this;
		messages.show(messages.items.map((one) => (one.id === id ? { ...one, unread: !read } : one)));
		await this.app.world.change("PATCH", `${LIST}/${encodeURIComponent(id)}`, { read });
	}

	#readAll() {
		const { items } = this.messages;
		this.messages.show(items.map((one) => ({ ...one, unread: false })));
		return markAll(this.app, items);
	}

	/** Delete what is selected, or the message that is open or active. */
	async #remove() {
		const { items } = this.messages;
		const one = items[this.list.active];
		const ids = this.picked.size ? [...this.picked] : this.id ? [this.id] : one ? [one.id] : [];
		const at = items.findIndex(({ id }) => ids.includes(id));
		const left = items.filter(({ id }) => !ids.includes(id));
		if (ids.length && (await removeThese(this.app, ids))) this.#gone(left, at);
	}

	/** Delete what the filter finds, but nothing that came after the list that is shown. */
	async #removeShown() {
		const { items, total, news } = this.messages;
		if (items[0] && (await removeFound(this.app, this.q, items[0], total - news))) this.#gone([], 0);
	}

	/**
	 * Show the list without what was deleted, and the message in its place.
	 * @param {MailSummary[]} items
	 * @param {number} at
	 */
	#gone(items, at) {
		const open = this.id && !items.some((one) => one.id === this.id);
		this.picked.clear();
		this.messages.show(items);
		const next = items[Math.min(at, items.length - 1)];
		if (open && next && this.list.clientHeight) this.#open(next.id);
		else if (open) this.app.go("mail", { q: this.q });
		else if (next) this.list.activate(Math.min(at, items.length - 1), true);
	}
}
