// Logs: the messages that syslog received, newest first, and one of them beside the list.

import { ask } from "../elements/ask.js";
import { HpCommand } from "../elements/copy.js";
import { HpFilter } from "../elements/filter.js";
import { HpList } from "../elements/list.js";
import { button, empty, failure, grow, menu, skeleton } from "../elements/parts.js";
import { counted, fill, h, icon, number, visible } from "../render.js";
import { commandsFor, python, shell } from "../store/commands.js";
import { Newest } from "../store/newest.js";
import { LogRecord } from "./log.js";
import { FACILITIES, priority, row, SEVERITIES } from "./log_row.js";

const LIST = "syslog/messages";
/** Events after which messages are fetched again. */
const WHEN = ["syslog", "world"];
const KEYS =
	"severity facility host app text sd finding level procid msgid format listener conn peer number size".split(" ");
/** Values of keys that have few. @type {Record<string, readonly string[]>} */
const VALUES = {
	severity: SEVERITIES.map(([name]) => name),
	facility: FACILITIES,
	format: ["rfc5424", "bsd", "cisco", "unknown"],
	listener: ["udp", "tcp", "tls"],
	finding: ["any", "none"],
	level: ["advice", "should", "must"],
};

/**
 * @param {App} app
 * @returns {View}
 */
export const logs = (app) => new LogsView(app);

/** @implements {View} */
class LogsView {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.q = "";
		this.id = "";
		this.all = 0;
		this.filter = new HpFilter({
			label: "Filter log messages",
			keys: KEYS,
			placeholder: "severity:>=warning app:sshd -host:web2",
			values: (key) => VALUES[key] ?? new Set(this.messages.items.map((one) => one[key] ?? "").filter(Boolean)),
		});
		/** @type {HpList<LogSummary>} */
		this.list = new HpList({
			label: "Log messages, newest first",
			row,
			key: (one) => one.id,
			text: (one) => [one.time, priority(one), one.host ?? "-", one.app ?? "-", visible(one.text)].join(" "),
			open: (one) => app.go(["logs", one.id], { q: this.q }),
			end: (at) => void (at && this.messages.older()),
		});
		const { list } = this;
		/** @type {Newest<LogSummary>} */
		this.messages = new Newest(
			app.world,
			{ path: LIST, order: "newest", when: WHEN },
			{
				draw: () => this.#draw(),
				failed: (error) => fill(this.pane, failure(error)).removeAttribute("aria-busy"),
				open: () => this.id,
				idle: () => !this.id && list.active < 0 && list.scrollTop < 4 && !list.matches(":hover"),
			},
		);
		this.fresh = h("button.btn.go.fresh", { hidden: true, onclick: () => this.#renew() });
		this.pane = h("div.lines", { "aria-busy": "true" }, skeleton());
		this.foot = h("small.foot.dim", { role: "status" });
		this.record = new LogRecord(app, (as) => app.href(["logs", this.id], { q: this.q, as }));
		this.body = h("div.card.logs", {}, this.pane, this.record.element);
		this.keys = /** @type {[string, string][]} */ ([
			["] [", "newer, older message"],
			["c", "open the connection"],
			["h", "text or hex"],
		]);
	}

	/**
	 * @param {HTMLElement} main
	 * @param {Route} route
	 * @param {AbortSignal} signal
	 */
	mount(main, route, signal) {
		const { app, messages } = this;
		signal.addEventListener("abort", () => messages.close());
		this.filter.addEventListener("change", () =>
			app.go(this.id ? ["logs", this.id] : "logs", { q: this.filter.value }, true),
		);
		const actions = () => [{ text: "Delete shown", run: () => this.#remove() }];
		fill(
			main,
			h(
				"div.head.logs-head",
				{},
				h("h1", {}, "Logs"),
				this.filter,
				h("span.s-only.grow", {}, grow(), menu(icon("more"), actions, { label: "More" })),
				h(
					"span.row-of.h-s",
					{},
					button("Delete shown", () => this.#remove(), { kind: "danger" }),
				),
			),
			this.body,
		);
		app.world.watch(
			`${LIST}?limit=1`,
			{ when: WHEN },
			(answer) => {
				this.all = answer?.total ?? 0;
				if (messages.answer && !messages.items.length) this.#draw();
			},
			signal,
		);
		app.world.on("restart", () => this.#follow(this.q), signal);
		this.#follow(route.query.get("q") ?? "");
		this.update(route);
	}

	/** @param {Route} route */
	update(route) {
		const q = route.query.get("q") ?? "";
		if (q !== this.q) this.#follow(q);
		const before = this.id;
		this.id = route.path[1] ?? "";
		this.body.classList.toggle("open", this.id !== "");
		this.body.parentElement?.classList.toggle("reading", this.id !== "");
		const at = this.messages.items.findIndex((one) => one.id === this.id);
		if (at >= 0) this.list.activate(at, true);
		else if (!this.id && before) this.list.focus({ preventScroll: true });
		void this.record.show(this.id, route.query.get("as") ?? "");
		// On a phone the list, which had the focus, is not there.
		if (this.id && !before && !this.list.clientHeight) this.record.element.focus();
	}

	/** @param {KeyboardEvent} event */
	key({ key }) {
		const { app, id, record } = this;
		const conn = record.detail?.conn;
		if (key === "Escape" && id) app.go("logs", { q: this.q });
		else if (key === "[" || key === "]") void this.#step(key === "[" ? 1 : -1);
		else if (key === "h" && id) app.go(["logs", id], { q: this.q, as: record.as === "hex" ? null : "hex" }, true);
		else if (key === "c" && conn) app.go(["connections", conn]);
		else return false;
		return true;
	}

	commands() {
		const { world } = this.app;
		const { id, q } = this;
		if (id) return commandsFor(world, "GET", `${LIST}/${id}/raw`, { homeport: `syslog --raw ${shell(id)}` });
		return commandsFor(world, "GET", LIST, {
			query: { q },
			homeport: `syslog${q && ` -q ${shell(q)}`}`,
			python: `homeport.syslog.messages(${q && `q=${python(q)}`})`,
		});
	}

	/** @param {string} q */
	#follow(q) {
		this.q = this.filter.value = q;
		this.fresh.hidden = true;
		this.pane.setAttribute("aria-busy", "true");
		this.messages.follow(q);
	}

	#draw() {
		const { list, messages } = this;
		const { items, news, total } = messages;
		this.pane.removeAttribute("aria-busy");
		this.fresh.hidden = !news;
		this.fresh.textContent = `${number(news)} new`;
		if (!items.length && !news) return void this.#teach();
		if (!list.isConnected) fill(this.pane, this.fresh, list, this.foot);
		list.items = items;
		const at = items.findIndex((one) => one.id === this.id);
		if (at >= 0 && list.active !== at) list.activate(at, true);
		const some = items.length < total ? `${number(items.length)} of ${counted(total, "message")} listed` : "";
		const hidden = this.q && total < this.all ? `${number(total)} of ${number(this.all)} match` : "";
		this.foot.textContent = [hidden, some].filter(Boolean).join(", ");
		return undefined;
	}

	/** Say why there is nothing, and what to do. */
	async #teach() {
		const { app, q, all, messages, pane } = this;
		if (q) {
			const title = all ? `None of ${counted(all, "message")} match` : "No message matches";
			return fill(pane, empty({ icon: "search", title, action: h("a.btn", { href: app.href("logs") }, "Show all") }));
		}
		const service = (await app.world.get("")).services.syslog;
		if (messages.items.length || messages.life.signal.aborted) return pane;
		if (!service) return fill(pane, empty({ service: "syslog", title: "This world has no syslog server" }));
		const { host, port } = service.udp;
		const name = /^(0\.0\.0\.0|::)$/.test(host) ? location.hostname : host;
		return fill(
			pane,
			empty({
				service: "syslog",
				title: "No log message has arrived",
				text: "Messages are taken over UDP, TCP and TLS, in the new format and the old. Try:",
				command: new HpCommand({
					homeport: `logger -n ${name} -P ${port} -d --rfc5424 -t shop -p local0.warning "Stock is low"`,
				}),
			}),
		);
	}

	/** Show what is new, at its place. */
	#renew() {
		this.messages.accept(true);
		this.list.scrollTop = 0;
		this.list.focus({ preventScroll: true });
	}

	/** @param {number} step down the list */
	async #step(step) {
		const { app, messages } = this;
		const place = () => messages.items.findIndex((one) => one.id === this.id);
		if (place() + step >= messages.items.length) await messages.older();
		if (place() + step < 0) messages.accept(true);
		const at = place();
		const one = messages.items[at < 0 ? Math.max(this.list.active, 0) : at + step];
		if (one) app.go(["logs", one.id], { q: this.q });
		else app.toast(`This is the ${step < 0 ? "newest" : "oldest"} message${this.q && " that matches"}.`);
	}

	/** Delete what the filter finds, but nothing that came after the list that is shown. */
	async #remove() {
		const { app, messages } = this;
		const newest = messages.items[0];
		if (!newest) return;
		const count = messages.total - messages.news;
		const title = `Delete ${counted(count, "log message")}?`;
		if (!(await ask({ title, text: "They cannot be brought back.", verb: "Delete them" }))) return;
		const query = new URLSearchParams({ q: `${this.q} number:<=${newest.number}`.trim() });
		const { deleted } = await app.world.change("DELETE", `${LIST}?${query}`);
		app.toast(`${counted(deleted, "log message")} ${deleted === 1 ? "was" : "were"} deleted.`);
		messages.show([]);
		if (this.id) app.go("logs", { q: this.q });
	}
}
