// The list of connections, newest first.

import { commandLine } from "../elements/copy.js";
import { HpFilter } from "../elements/filter.js";
import { HpList } from "../elements/list.js";
import { button, empty, failure, flag, grow, level, skeleton } from "../elements/parts.js";
import { duration, time } from "../elements/time.js";
import { fill, h, number, size } from "../render.js";
import { commandsFor } from "../store/commands.js";
import { LEVELS } from "../store/findings.js";
import { micros } from "../store/talk.js";

const KEYS = [
	"service",
	"listener",
	"conn",
	"command",
	"reason",
	"peer",
	"state",
	"level",
	"findings",
	"received",
	"sent",
	"seq",
];
const PAGE = 500;

/**
 * @param {App} app
 * @returns {View}
 */
export function connections(app) {
	const { world } = app;
	const filter = new HpFilter({
		label: "Filter connections",
		keys: KEYS,
		placeholder: "service:smtp findings:>0 command:STARTTLS state:open",
	});
	const shown = h("span.dim", { role: "status" });
	const fresh = h("button.btn.go", { hidden: true });
	const body = h("div", {}, skeleton());
	const more = h("div.note", { hidden: true });
	let life = new AbortController();
	let limit = PAGE;
	let q = "";
	/** @type {Connection[]} */
	let waiting = [];
	const list = new HpList({
		label: "Connections, newest first",
		row,
		key: (/** @type {Connection} */ one) => one.id,
		text: (one) => [one.id, one.service, one.peer, one.opened, one.commands, one.reason ?? "open"].join(" "),
		open: (one) => app.go(["connections", one.id]),
	});
	list.classList.add("conns");
	fresh.addEventListener("click", () => {
		list.items = waiting;
		list.scrollTop = 0;
		fresh.hidden = true;
	});

	const show = (/** @type {Page<Connection> | undefined} */ answer, /** @type {unknown} */ error) => {
		body.removeAttribute("aria-busy");
		if (!answer) return error && fill(body, failure(error));
		shown.textContent =
			answer.items.length < answer.total ? `${number(answer.items.length)} of ${number(answer.total)} shown` : "";
		more.hidden = answer.next === null;
		if (!answer.items.length) return void teach();
		// What enters above must not move what is read: the list keeps its place, and a button says that there is more.
		const known = new Set(list.items.map((one) => one.id));
		const count = answer.items.filter((one) => !known.has(one.id)).length;
		waiting = answer.items;
		fresh.hidden = list.scrollTop < 4 || !count || !known.size;
		fresh.textContent = `${number(count)} new`;
		if (!list.isConnected) fill(body, heads(), list);
		if (fresh.hidden) list.items = answer.items;
		return undefined;
	};
	const teach = async () => {
		if (q)
			return fill(
				body,
				empty({
					icon: "search",
					title: "No connection matches",
					action: h("a.btn", { href: app.href("connections") }, "Show all"),
				}),
			);
		const { services } = await world.get("");
		const [port] = Object.values(services.smtp ?? services.echo ?? {});
		const command = services.smtp
			? `swaks --server ${port.host}:${port.port} --to alice@homeport.test`
			: `nc ${port?.host} ${port?.port} </dev/null`;
		return fill(
			body,
			empty({ icon: "ladder", title: "No client has connected yet", text: "Try:", command: commandLine(command) }),
		);
	};
	const watch = () => {
		life.abort();
		life = new AbortController();
		body.setAttribute("aria-busy", "true");
		const query = new URLSearchParams({ order: "desc", limit: String(limit), ...(q ? { q } : {}) });
		world.watch(`connections?${query}`, { when: ["opened", "closed", "finding"] }, show, life.signal);
	};
	more.append(
		h("span", {}, "Older connections are not shown."),
		button(`Show ${number(PAGE)} more`, () => {
			limit += PAGE;
			watch();
		}),
	);
	return {
		mount(main, route, signal) {
			signal.addEventListener("abort", () => life.abort());
			filter.addEventListener("change", () => app.go("connections", { q: filter.value }, true));
			q = filter.value = route.query.get("q") ?? "";
			fill(
				main,
				h("div.head", {}, h("h1", {}, "Connections"), filter, shown, grow(), fresh),
				h("div.card", {}, body, more),
			);
			watch();
		},
		update(route) {
			const now = route.query.get("q") ?? "";
			if (now === q) return;
			q = filter.value = now;
			watch();
		},
		commands: () => commandsFor(world, "GET", "connections", { query: { q } }),
	};
}

const heads = () =>
	h(
		"div.conn-heads",
		{ "aria-hidden": "true" },
		["", "Service", "Client", "Opened", "Lasted", "Bytes in, out", "What was said", "Findings", "End"].map((text) =>
			h("span", {}, text),
		),
	);

/** @returns {import("../elements/list.js").Row<Connection>} */
function row() {
	const element = h("div");
	return {
		element,
		show(one) {
			const levels = Object.keys(one.levels ?? {});
			const worst = LEVELS.find((name) => levels.includes(name)) ?? "";
			const lasted = one.closed ? duration((micros(one.closed) - micros(one.opened)) / 1000) : "open";
			fill(
				element,
				h("span.mono", {}, one.id),
				flag(one.service),
				h("span.mono.dim.h-m", {}, one.peer),
				h("span.dim", {}, time(one.opened)),
				h("span.h-m", {}, lasted),
				h("span.h-m.dim", {}, `${size(one.received)}, ${size(one.sent)}`),
				h("bdi.said.mono", {}, one.commands ?? ""),
				h("span", {}, one.findings ? [level(worst), ` ${one.findings}`] : h("span.dim", {}, "0")),
				h("span.h-s.dim", {}, one.reason ?? "open"),
			);
		},
	};
}
