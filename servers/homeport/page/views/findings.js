// Findings: what clients did wrong, by rule, by client, or in order.

import { commandLine } from "../elements/copy.js";
import { HpFilter } from "../elements/filter.js";
import {
	broken,
	button,
	card,
	empty,
	failure,
	flag,
	headCell,
	level,
	menu,
	rfc,
	segments,
	skeleton,
} from "../elements/parts.js";
import { time } from "../elements/time.js";
import { counted, fill, h, icon, keyed, number, wire } from "../render.js";
import { commandsFor } from "../store/commands.js";
import { EXPORTS, save } from "../store/export.js";
import { BROKEN, byClient, hostOf, look, narrowed, sent, sentence, WHEN, worst } from "../store/findings.js";

/** @typedef {{items: Finding[], total: number, counts: Record<string, number>, next: number | null}} Found */
const KEYS = ["service", "level", "id", "conn", "peer", "text"];
const BY = { rule: "By rule", client: "By client", order: "In order" };
const HEADS = {
	rule: ["Level", "What the client did", "Section.h-s", "Count.n", ".h-m", "Newest example.h-s", "Where.h-s"],
	client: ["Client", "Called itself.h-s", "Rules it broke", "Findings.n", ".h-m", "Newest.h-s", "Where.h-s"],
	order: ["Level", "What the client did", "Section.h-m", "Time.n.h-s", ".h-m", "What it sent.h-s", "Where"],
};
const STEP = 250;
const MAX = 1000;

/**
 * @param {App} app
 * @returns {View}
 */
export function findings(app) {
	const { world } = app;
	const filter = new HpFilter({
		label: "Filter findings",
		keys: KEYS,
		placeholder: "service:smtp level:must id:smtp.bare-lf",
	});
	const ways = h("span.ways");
	const shown = h("span.dim", { role: "status" });
	const fresh = button("", () => draw(true), { kind: "go" });
	const body = h("div", { "aria-busy": "true" }, skeleton());
	const heads = h("tr");
	const rows = h("tbody");
	const table = card(null, null, h("table.list.tall.findings", {}, h("thead", {}, heads), rows));
	const more = h("div.note", {}, h("span", {}, "Older findings are not shown."));
	more.append(
		button(`Show ${STEP} more`, () => {
			limit += STEP;
			watch();
		}),
	);
	table.append(more);
	let life = new AbortController();
	let limit = STEP;
	let q = "";
	/** @type {keyof typeof BY} */
	let by = "rule";
	/** @type {BrokenRule[] | null} */
	let rules = null;
	/** @type {Found | null} */
	let found = null;
	/** @type {Map<string, Set<string>>} */
	let names = new Map();

	const where = (/** @type {Finding | null} */ one) => broken(app, one);
	const bar = (/** @type {number} */ count, /** @type {string} */ kind) => {
		const line = h(`i.amount.${kind}`);
		line.style.setProperty("--part", String(count / most));
		return h("td.h-m", {}, line);
	};
	const what = (/** @type {BrokenRule | Finding} */ one) =>
		h(
			"td",
			{},
			h(
				"span.svc.rule",
				{},
				flag(one.service, false),
				h(
					"span.svcname",
					{},
					h("a.plain", { href: app.href(["findings", one.id]) }, sentence(one.text)),
					h("small.mono", {}, one.id),
				),
			),
		);
	/** The bytes that broke a rule. What ended by LF alone says so. */
	const example = (/** @type {Finding | null} */ one) => h("td.mono.example.h-s", {}, one && sent(one));
	let most = 1;
	const makers = {
		rule: (/** @type {BrokenRule} */ one) => [
			h("td", {}, level(one.level)),
			what(one),
			h("td.h-s", {}, rfc(one.reference)),
			h("td.n", {}, number(one.count)),
			bar(one.count, one.level),
			example(one.newest),
			h("td.h-s", {}, where(one.newest)),
		],
		client: (/** @type {import("../store/findings.js").Client} */ one) => {
			const newest = one.rules.map(({ rule }) => rule.newest).filter((last) => hostOf(last?.peer ?? null) === one.host);
			const last = newest.sort((a, b) => (b?.seq ?? 0) - (a?.seq ?? 0))[0] ?? null;
			return [
				h("td.mono", {}, h("a", { href: app.href("findings", { by: "order", q: `peer:${one.host}` }) }, one.host)),
				h(
					"td.mono.example.h-s",
					{},
					[...(names.get(one.host) ?? [])].slice(0, 4).map((name) => h("div", {}, wire(name))),
				),
				h(
					"td",
					{},
					one.rules.map(({ rule, count }) =>
						h(
							"div.broke",
							{},
							level(rule.level),
							h("a.mono", { href: app.href(["findings", rule.id]) }, rule.id),
							` ×${number(count)}`,
						),
					),
				),
				h("td.n", {}, number(one.count)),
				bar(one.count, one.rules[0]?.rule.level ?? "advice"),
				h("td.h-s.dim", {}, time(last?.time ?? null)),
				h("td.h-s", {}, where(last)),
			];
		},
		order: (/** @type {Finding} */ one) => [
			h("td", {}, level(one.level)),
			what(one),
			h("td.h-m", {}, rfc(one.reference)),
			h("td.n.dim.h-s", {}, time(one.time)),
			h("td.h-m"),
			example(one),
			h("td", {}, where(one)),
		],
	};

	/** @param {boolean} [asked] true if new rows may move what is read */
	const draw = (asked = false) => {
		if (!rules || ((q || by === "order") && !found)) return undefined;
		body.removeAttribute("aria-busy");
		look(world, rules);
		const wanted = q && found ? narrowed(rules, found) : rules;
		const items = by === "order" ? (found?.items ?? []) : by === "client" ? byClient(wanted) : worst(wanted);
		const total = rules.reduce((sum, rule) => sum + rule.count, 0);
		const matching = q && found ? found.total : total;
		shown.textContent = matching === total ? "" : `${number(matching)} of ${number(total)} shown`;
		more.hidden = by !== "order" || !found?.next || limit >= MAX;
		if (!items.length) return void teach();
		// What enters above must not move what is read.
		const late = rows.isConnected && by === "order" && scrollY > 100 && !asked;
		const count = late ? items.length - rows.childElementCount : 0;
		fresh.hidden = count <= 0;
		fresh.textContent = `${number(count)} new`;
		if (count > 0) return undefined;
		most = Math.max(...items.map((one) => ("count" in one ? one.count : 1)));
		if (!table.isConnected) fill(body, table);
		const make = makers[by];
		keyed(
			rows,
			/** @type {any[]} */ (items),
			(one) => by + (by === "order" ? `${one.seq} ${one.id} ${one.time}` : (one.id ?? one.host)),
			(one) => h("tr", {}, make(one)),
			(a, b) => most === drawn && JSON.stringify(a) === JSON.stringify(b),
		);
		drawn = most;
		return undefined;
	};
	let drawn = 0;

	const teach = async () => {
		const wide = h("a.btn", { href: app.href("findings", { by }) }, "Show all");
		if (q) return void fill(body, empty({ icon: "search", title: "No finding matches", action: wide }));
		const [{ total }, { services }] = await Promise.all([
			world.get("connections?limit=1"),
			world.get("").catch(() => ({})),
		]);
		const port = Object.values(services?.finger ?? services?.smtp ?? {})[0];
		fill(
			body,
			empty({
				icon: "flag",
				title: "No client has broken a rule here",
				text: `${total ? `${counted(total, "connection")} ${total === 1 ? "was" : "were"} checked.` : "No client has connected yet."}${port ? " This one ends a line with LF alone, and is found:" : ""}`,
				command:
					port && commandLine(`printf '${services.finger ? "bob" : "NOOP"}\\n' | nc -N ${port.host} ${port.port}`),
			}),
		);
	};
	const fail = (/** @type {unknown} */ error) => {
		body.removeAttribute("aria-busy");
		fill(body, failure(error));
	};
	const watch = () => {
		life.abort();
		life = new AbortController();
		const { signal } = life;
		found = null;
		body.setAttribute("aria-busy", "true");
		rows.parentElement?.classList.toggle("client", by === "client");
		fill(heads, HEADS[by].map(headCell));
		world.watch(
			BROKEN,
			{ when: WHEN },
			(answer, error) => {
				if (!answer) return error && fail(error);
				rules = answer.items;
				return draw();
			},
			signal,
		);
		const query = new URLSearchParams({ order: "desc", limit: String(limit), ...(q ? { q } : {}) });
		if (q || by === "order")
			world.watch(
				`findings?${query}`,
				{ when: WHEN },
				(answer, error) => {
					if (!answer) return error && fail(error);
					found = answer;
					return draw();
				},
				signal,
			);
		if (by === "client")
			world.watch(
				"events?type=command&command=EHLO,HELO,CLNT&order=desc&limit=500&bytes=0",
				{ when: ["finding"] },
				(answer) => {
					names = new Map();
					for (const { peer, verb, argument } of answer?.items ?? []) {
						const host = hostOf(peer);
						names.set(host, (names.get(host) ?? new Set()).add(`${verb} ${argument}`));
					}
					drawn = 0;
					draw();
				},
				signal,
			);
	};
	const exporter = menu([icon("down"), "Export"], () =>
		EXPORTS.map(([text, ending, type, write]) => ({
			text,
			run: async () => {
				const [{ items }, all] = await Promise.all([
					world.get("findings", { query: { q, order: "desc", limit: MAX } }),
					world.get("findings/rules"),
				]);
				save(
					write({ items, rules: all.items, where: `the world ${world.name}` }),
					`findings-${world.name}.${ending}`,
					type,
				);
			},
		})),
	);
	const follow = (/** @type {Route} */ route) => {
		const way = route.query.get("by");
		by = way === "client" || way === "order" ? way : "rule";
		q = filter.value = route.query.get("q") ?? "";
		limit = STEP;
		fill(
			ways,
			segments(
				"Order",
				Object.entries(BY).map(([name, text]) => ({
					text,
					on: name === by,
					href: app.href("findings", { by: name, q }),
				})),
			),
		);
		watch();
	};
	return {
		mount(main, route, signal) {
			signal.addEventListener("abort", () => life.abort());
			filter.addEventListener("change", () => app.go("findings", { by, q: filter.value }, true));
			fresh.hidden = true;
			fill(main, h("div.head", {}, h("h1", {}, "Findings"), filter, shown, fresh, ways, exporter), body);
			follow(route);
		},
		update: follow,
		commands: () =>
			commandsFor(world, "GET", "findings", {
				query: { q },
				...(q ? {} : { homeport: "findings", python: "homeport.findings()" }),
			}),
	};
}
