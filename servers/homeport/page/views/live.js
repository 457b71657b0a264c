// Live: the journal as it happens.

import { commandLine, copyText } from "../elements/copy.js";
import { HpFilter } from "../elements/filter.js";
import { HpList } from "../elements/list.js";
import { button, empty, failure, flag } from "../elements/parts.js";
import { fill, h, icon, number, visible } from "../render.js";
import { curl } from "../store/commands.js";
import { ARROWS, describe, kindOf, toneOf } from "../store/describe.js";
import { EVENT_KEYS } from "../store/filter.js";
import { Tape } from "../store/tape.js";
import { eventDetail } from "./event.js";

/** @typedef {import("../store/tape.js").Item} Item */

/**
 * @param {App} app
 * @returns {View}
 */
export const live = (app) => new Live(app);

/** @implements {View} */
class Live {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.tape = new Tape(app.world, app.life.signal);
		this.following = true;
		this.unread = 0;
		this.sampled = "";
		this.filter = new HpFilter({
			label: "Filter events",
			keys: EVENT_KEYS,
			placeholder: 'peer:127.0.0.1 type:finding level:must text:"RCPT TO"',
			values: (key) => new Set(this.tape.items.slice(-2000).map((item) => String(item[key] ?? ""))),
		});
		/** @type {HpList<Item>} */
		this.list = new HpList({
			label: "Events, oldest first",
			row,
			key: (item) => (item.gap ? `gap${item.seq}` : item.seq),
			text: (item) =>
				item.gap ?? `${item.time} ${item.service ?? ""} ${item.conn ?? ""} ${kindOf(item)} ${describe(item)}`,
			open: (item) => item.gap || this.app.go("live", { q: this.filter.value, seq: String(item.seq) }),
			scrolled: () => this.#follow(this.list.atEnd && !this.tape.cut),
			start: () => void this.#older(),
		});
		this.list.classList.add("tape");
		this.pause = button("Pause", () => this.#follow(!this.following), { icon: "pause" });
		this.note = h("div.note");
		this.detail = h("aside.detail", { "aria-label": "Event", hidden: true });
		this.body = h("div");
		this.keys = /** @type {[string, string][]} */ ([
			["Space", "pause or follow"],
			["End", "follow"],
			["c", "open the connection"],
		]);
	}

	/**
	 * @param {HTMLElement} main
	 * @param {Route} route
	 * @param {AbortSignal} signal
	 */
	async mount(main, route, signal) {
		const { world } = this.app;
		this.filter.value = route.query.get("q") ?? "";
		this.filter.addEventListener("change", () => this.app.go("live", { q: this.filter.value }, true));
		const copy = "Copy all events that are shown";
		const log = h("div.card", { role: "log", "aria-label": "Events", "aria-live": "off" }, this.body, this.note);
		fill(
			main,
			h(
				"div.head",
				{},
				h("h1", {}, "Live"),
				this.filter,
				this.pause,
				button("", () => copyText(this.list.text), { kind: "bare", icon: "copy", label: copy, title: copy }),
			),
			h("div.live", {}, log, this.detail),
		);
		world.on("events", (batch) => this.#add(batch), signal);
		world.on("lost", ({ lost, last }) => this.#changed(() => this.tape.gap(lost, last, !this.following)), signal);
		world.on("sampled", (report) => this.#sample(report.left_out), signal);
		world.on("restart", () => void this.#load(), signal);
		world.on("rate", () => this.#foot(), signal);
		document.addEventListener("selectionchange", () => this.#selected(), { signal });
		await this.#load();
		await this.update(route);
	}

	/** @param {Route} route */
	async update(route) {
		const q = route.query.get("q") ?? "";
		if (q !== this.tape.query) {
			this.filter.value = q;
			await this.#load();
		}
		const seq = Number(route.query.get("seq"));
		this.detail.hidden = !seq;
		if (!seq) return;
		this.#follow(false);
		await eventDetail(this.app, this.detail, seq, () => this.#close());
	}

	/** @param {KeyboardEvent} event */
	key(event) {
		const item = this.list.items[this.list.active];
		if (event.key === " ") this.#follow(!this.following);
		else if (event.key === "End") this.#follow(true);
		else if (event.key === "c" && item?.conn) this.app.go(["connections", item.conn], { at: String(item.seq) });
		else if (event.key === "Escape" && !this.detail.hidden) this.#close();
		else return false;
		return true;
	}

	commands() {
		const { world } = this.app;
		const q = this.tape.query;
		const stream = curl("GET", world.path("events/stream"), { query: { q }, token: world.api.token !== "" });
		const where = world.name === "default" ? "" : ` --world ${world.name}`;
		return {
			...(q ? {} : { homeport: `homeport journal --follow${where}` }),
			curl: stream.replace("curl -s", "curl -sN"),
		};
	}

	#close() {
		this.app.go("live", { q: this.tape.query });
		this.list.focus();
	}

	/** Load the newest events that match. */
	async #load() {
		this.body.setAttribute("aria-busy", "true");
		try {
			await this.tape.load(this.filter.value, this.filter.terms);
			this.#draw();
			this.#follow(true);
		} catch (error) {
			if (!this.tape.signal.aborted) fill(this.body, failure(error));
		}
		this.body.removeAttribute("aria-busy");
	}

	async #older() {
		if (await this.tape.older()) this.list.items = this.tape.items;
	}

	/** @param {HpEvent[]} batch */
	#add(batch) {
		this.#changed(() => {
			const fresh = this.tape.add(batch, !this.following);
			if (!this.following) this.unread += fresh;
		});
	}

	/** @param {number} left */
	#sample(left) {
		this.sampled = ` Of in, out and commands, ${number(left)} in the last second are not shown; findings, faults, logins, messages and clock changes all are.`;
		this.sampledAt = Date.now();
	}

	/** @param {() => void} change of the tape */
	#changed(change) {
		const before = this.tape.items.length;
		change();
		if (!this.following) this.#label();
		if (before && this.list.isConnected) this.list.items = this.tape.items;
		else if (!before && this.tape.items.length) this.#draw();
	}

	/** A reader who selects text must not see it scroll away. */
	#selected() {
		const selection = getSelection();
		if (this.following && selection && !selection.isCollapsed && this.list.contains(selection.anchorNode))
			this.#follow(false);
	}

	/** @param {boolean} on */
	#follow(on) {
		if (on && this.tape.cut) {
			void this.#load();
			return;
		}
		this.following = on;
		this.list.following = on;
		if (on) {
			this.unread = 0;
			this.list.follow();
		}
		this.#label();
		this.#foot();
	}

	#label() {
		const text = this.following ? "Pause" : `Resume${this.unread ? `, ${number(this.unread)} new` : ""}`;
		const key = h("kbd.h-s", {}, this.following ? "Space" : "End");
		fill(this.pause, icon(this.following ? "pause" : "play"), text, key);
		this.pause.setAttribute("aria-pressed", String(!this.following));
	}

	#draw() {
		if (this.tape.items.length) {
			fill(this.body, this.list);
			this.list.items = this.tape.items;
		} else void (this.tape.query ? this.#near() : this.#teach());
		this.#foot();
	}

	/** Show a command to paste, with this farm's ports. */
	async #teach() {
		const { services } = await this.app.world.get("");
		const [first] = Object.values(services.users ?? Object.values(services)[0] ?? {});
		const command = first ? commandLine(`nc ${first.host} ${first.port} </dev/null`) : null;
		if (this.tape.items.length) return;
		fill(this.body, empty({ icon: "live", title: "Nothing has happened in this world yet", text: "Try:", command }));
	}

	/** Say that nothing matches, with the latest events that miss by one condition. */
	async #near() {
		const { world } = this.app;
		const title = `None of ${number(world.seq)} events match`;
		const action = h("a.btn", { href: this.app.href("live") }, "Show all");
		fill(this.body, empty({ icon: "search", title, action }));
		const answer = await world.get("events/wait", { query: { q: this.tape.query, timeout: "0s" } }).catch(() => null);
		const near = /** @type {HpEvent[]} */ (answer?.near ?? []).slice(-5);
		if (this.tape.items.length || !near.length) return;
		const rows = near.map((event) => {
			const href = this.app.href("live", { seq: String(event.seq) });
			return h(
				"li",
				{},
				flag(event.service),
				h("a.grow.mono", { href }, visible(`${kindOf(event)}  ${describe(event)}`.slice(0, 160))),
			);
		});
		const text = "Near: these differ in one condition only.";
		fill(this.body, empty({ icon: "search", title, text, command: h("ul.lines.near", {}, rows), action }));
	}

	#foot() {
		const { tape } = this;
		const { world } = tape;
		const text = this.following ? "Following." : "Paused: the view stands still, the farm goes on.";
		const hides = tape.query
			? ` ${number(tape.items.length)}${tape.complete ? "" : "+"} of ${number(world.seq)} events match.`
			: "";
		const recent = Date.now() - (this.sampledAt ?? 0) < 3000;
		const arriving = world.rate >= 1 ? ` ${number(Math.round(world.rate))} events/s arrive.` : "";
		const rate = recent ? arriving + this.sampled : "";
		fill(this.note, h(`i.dot${this.following ? "" : ".off"}`), h("span", {}, text + hides + rate));
	}
}

/** @returns {import("../elements/list.js").Row<Item>} */
function row() {
	const time = [h("span.h-s"), h("span"), h("span.h-s")];
	const service = h("span.svc");
	const conn = h("span.conn");
	const dir = h("span.dir", { "aria-hidden": "true" });
	const type = h("span.type");
	const text = h("bdi.txt");
	const element = h("div", {}, h("time", {}, time), service, conn, dir, type, text);
	/** @type {string | null | undefined} */
	let shown;
	return {
		element,
		show(item) {
			const look = `row ${item.gap ? "gap" : toneOf(item)}`;
			if (element.className !== look) element.className = look;
			const parts = [item.time.slice(11, 17), item.time.slice(17, 23), item.time.slice(23, 26)];
			time.forEach((place, index) => {
				if (place.textContent !== parts[index]) place.textContent = parts[index] ?? "";
			});
			if (shown !== item.service) service.replaceChildren(...flag(item.service).childNodes);
			shown = item.service;
			conn.textContent = item.conn;
			dir.textContent = item.gap ? "" : (ARROWS[item.type] ?? "·");
			type.textContent = item.gap ? "" : kindOf(item);
			text.textContent = item.gap ?? visible(describe(item).slice(0, 400));
		},
	};
}
