// The services of a world: state, ports, traffic of five minutes, what is counted, one thing to try.

import { copyText, HpCopy } from "../elements/copy.js";
import { button, card, failure, flag, grow, menu, skeleton, spark, tag } from "../elements/parts.js";
import { counted, fill, h, icon, number, put } from "../render.js";
import { LatestTraffic, TRAFFIC } from "../store/traffic.js";

/** @typedef {{head: string, kind?: string, state: (one: Service) => unknown, make: (one: Service) => Child}} Column */

/**
 * @param {App} app
 * @param {AbortSignal} signal
 */
export function serviceRows(app, signal) {
	const { world } = app;
	const rows = h("tbody");
	const running = h("small");
	const body = h("div", { "aria-busy": "true" }, skeleton(8));
	/** @type {Map<string, HTMLElement[]>} the cells of each service */
	const cells = new Map();
	const traffic = new LatestTraffic();
	/** @type {Service[]} */
	let services = [];

	const change = async (/** @type {Service} */ one) => {
		const verb = one.state === "running" ? "stop" : "start";
		await world.change("POST", `services/${one.name}/${verb}`, {});
		app.toast(`${one.title} ${verb === "stop" ? "was stopped" : "runs"}.`);
	};
	const entries = (/** @type {Service} */ one) => [
		{ text: one.state === "running" ? "Stop" : "Start", run: () => change(one) },
		{ text: "Journal", href: app.href("live", { q: `service:${one.name}` }) },
		{ text: "Connections", href: app.href("connections", { q: `service:${one.name}` }) },
		{ text: "Plan a fault…", href: app.href("faults/new", { service: one.name }) },
		{
			text: "Copy as fixture",
			run: async () => {
				const code = `homeport.${one.name}.address`;
				if (await copyText(code)) app.toast(`Copied: ${code}`);
			},
		},
	];
	const find = (/** @type {string} */ name) => services.find((one) => one.name === name);
	/** The service whose command is the first to try in a farm that no client has used. */
	const first = () =>
		services.some((one) => sum(one, "connections") + sum(one, "datagrams_in")) ? "" : services[0]?.name;

	/** @type {readonly Column[]} */
	const columns = [
		{ head: "Service", state: (one) => [one.state, one.faults], make: name },
		{
			head: "Ports",
			kind: ".ports",
			state: ports,
			make: (one) => ports(one).map(([where, port]) => new HpCopy(where, port)),
		},
		{
			head: "Traffic",
			kind: ".h-m",
			state: (one) => traffic.services[one.name],
			make: (one) => line(one, traffic.services[one.name]),
		},
		{
			head: "Connections",
			kind: ".n.h-s",
			state: (one) => sum(one, "connections"),
			make: (one) => many(one, "connections", "connections"),
		},
		{
			head: "Findings",
			kind: ".n",
			state: (one) => sum(one, "findings"),
			make: (one) => many(one, "findings", "findings"),
		},
		{
			head: "Try it",
			kind: ".try.h-s",
			state: (one) => [one.state, one.try, first()],
			make: (one) =>
				one.state === "stopped"
					? button("Start", () => change(one), { icon: "play" })
					: one.try && h(`span.copies${one.name === first() ? ".ring" : ""}`, {}, new HpCopy(one.try)),
		},
		{
			head: "",
			state: () => null,
			make: ({ name: service, title }) =>
				menu(icon("more"), () => entries(/** @type {Service} */ (find(service))), {
					kind: "btn.bare",
					label: `More about ${title}`,
				}),
		},
	];
	/**
	 * @param {Service} one
	 * @param {"connections" | "findings"} counter
	 * @param {string} view
	 */
	function many(one, counter, view) {
		const count = sum(one, counter);
		return count
			? h("a", { href: app.href(view, { q: `service:${one.name}` }) }, number(count))
			: h("span.dim", {}, "0");
	}
	/** @param {Service} one */
	function name(one) {
		const below = h(
			"small",
			{},
			one.state === "stopped" ? tag("stopped") : one.rfcs[0] && `RFC ${one.rfcs[0]}`,
			one.faults ? h("a.tag.fault", { href: app.href("faults") }, counted(one.faults, "fault")) : null,
		);
		return h("span.svc", {}, flag(one.name, false), h("span.svcname", {}, h("b", {}, one.title), below));
	}
	const start = h("span");
	const heads = columns.map(({ head, kind = "" }) =>
		h(`th${kind}`, { scope: "col" }, head || h("span.sr", {}, "More"), head === "Try it" && start),
	);
	const draw = () => {
		body.removeAttribute("aria-busy");
		running.textContent = `${services.filter((one) => one.state === "running").length} running of ${services.length}`;
		for (const one of services) {
			let row = cells.get(one.name);
			if (!row) {
				row = columns.map(({ kind = "" }) => h(`td${kind}`));
				cells.set(one.name, row);
				rows.append(h("tr", {}, row));
			}
			row[0]?.parentElement?.classList.toggle("stopped", one.state === "stopped");
			for (const [at, cell] of row.entries()) put(cell, columns[at]?.state(one) ?? null, () => columns[at]?.make(one));
		}
		put(start, first(), () => first() && tag("Start here", "sea"));
		if (!rows.isConnected) fill(body, h("table.list.services", {}, h("thead", {}, h("tr", {}, heads)), rows));
	};
	world.watch(
		"services",
		{ when: ["opened", "closed", "finding", "fault", "world"] },
		(answer, error) => {
			if (!answer) {
				if (error && !services.length) fill(body, failure(error));
				return;
			}
			services = answer.items;
			draw();
		},
		signal,
	);
	world.watch(
		TRAFFIC,
		{ when: ["world"], every: 60_000 },
		(answer) => {
			if (!answer) return;
			traffic.take(answer);
			draw();
		},
		signal,
	);
	world.on(
		"stats",
		(second) => {
			traffic.add(second);
			draw();
		},
		signal,
	);
	return card("Services", [running, grow(), h("small.h-m", {}, "traffic of five minutes")], body);
}

/**
 * Return the ports of a service, once each: what to connect to, and the port with the word tls where TLS comes first.
 * @param {Service} one
 * @returns {[where: string, port: string][]}
 */
function ports(one) {
	/** @type {Map<string, string>} */
	const all = new Map();
	for (const { host, port, secure } of Object.values(one.listeners))
		all.set(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`, secure ? `${port} tls` : String(port));
	return [...all];
}

/**
 * @param {Service} one
 * @param {string} counter
 */
const sum = (one, counter) =>
	Object.values(one.listeners).reduce((all, { counters }) => all + Number(counters[counter] ?? 0), 0);

/**
 * @param {Service} one
 * @param {Traffic | undefined} traffic
 */
function line(one, traffic) {
	const { events = [0, 0], findings = [] } = traffic ?? {};
	const marks = events.map((_, at) => at).filter((at) => findings[at]);
	const all = events.reduce((whole, count) => whole + count, 0);
	return spark(events, `${one.title}: ${counted(all, "event")}${marks.length ? ", with findings" : ""}`, marks);
}
