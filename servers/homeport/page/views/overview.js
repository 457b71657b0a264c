// The overview: figures, services, clock, latest findings, who is present, what the world holds.

import { broken, button, card, failure, grow, level, skeleton } from "../elements/parts.js";
import { duration } from "../elements/time.js";
import { copyCommand } from "../frame/keys.js";
import { counted, fill, h, number, put, size } from "../render.js";
import { commandsFor } from "../store/commands.js";
import { BROKEN, LEVELS, sentence, WHEN } from "../store/findings.js";
import { clockCard } from "./overview_clock.js";
import { serviceRows } from "./overview_services.js";

/** @type {Record<string, [one: string, many?: string]>} What a world holds, in the order shown. */
const HELD = {
	people: ["person", "people"],
	domains: ["domain"],
	hosts: ["host"],
	contacts: ["contact"],
	registrars: ["registrar"],
	messages: ["message"],
};

/**
 * @param {App} app
 * @returns {View}
 */
export function overview(app) {
	const { world } = app;
	const strip = h("div.card.strip");
	const latest = h("ul.lines");
	const present = h("ul.lines");
	const holds = h("p.holds");
	const since = h("small");
	const held = card("This world holds", since, holds);
	const here = card("Present", h("small", {}, "as Active Users answers"), present);

	/**
	 * A figure of the strip: a link, what it counts, how many, and a remark.
	 * @param {string} name
	 * @param {string} path
	 */
	const figure = (name, path) => {
		const value = h("span", {}, "0");
		const note = h("i");
		strip.append(h("a", { href: app.href(path) }, h("span.name", {}, name), " ", h("b", {}, value, " ", note)));
		return (/** @type {number} */ count, /** @type {string} */ text) => {
			value.textContent = number(count);
			note.textContent = text;
		};
	};

	return {
		mount(main, _route, signal) {
			const findings = figure("Findings", "findings");
			const events = figure("Events", "live");
			const connections = figure("Connections", "connections");
			const messages = figure("Messages", "mail");
			const faults = figure("Faults", "faults");
			fill(
				main,
				h(
					"div.head",
					{},
					h("h1", {}, "Overview"),
					grow(),
					button("Copy as command", () => copyCommand(app), { icon: "copy", kind: "h-s" }),
					button("Reset world", async () => (await import("../frame/palette.js")).reset(app)),
				),
				strip,
				h(
					"div.cols",
					{},
					h("div.stack", {}, serviceRows(app, signal), held),
					h(
						"div.stack",
						{},
						clockCard(app, signal),
						card("Latest findings", [grow(), h("a", { href: app.href("findings", { by: "order" }) }, "All")], latest),
						here,
					),
				),
			);
			fill(latest, h("li", { "aria-busy": "true" }, skeleton(2)));
			const quiet = (/** @type {unknown} */ error) => error && fill(latest, h("li", {}, failure(error)));

			const rate = () => events(world.seq, world.rate >= 1 ? `${number(Math.round(world.rate))} a second` : "");
			world.on("rate", rate, signal);
			rate();
			world.watch(
				BROKEN,
				{ when: WHEN },
				(answer, error) => {
					if (!answer) return quiet(error);
					const newest = answer.items.map((/** @type {BrokenRule} */ rule) => rule.newest).filter(Boolean);
					newest.sort((/** @type {Finding} */ a, /** @type {Finding} */ b) => b.time.localeCompare(a.time));
					const shown = newest.slice(0, 5);
					return put(latest, shown, () =>
						shown.length ? shown.map(line) : h("li.dim", {}, "No client has broken a rule."),
					);
				},
				signal,
			);
			world.watch(
				"faults",
				{ when: ["fault", "world"] },
				(answer) => {
					if (!answer) return;
					const acted = answer.items.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.acted, 0);
					const times = acted === 1 ? "acted once" : `acted ${number(acted)} times`;
					faults(answer.total, answer.total ? (acted ? times : "none acted yet") : "");
				},
				signal,
			);
			world.watch(
				"presence",
				{ when: ["presence", "login", "world"] },
				(answer) => {
					here.hidden = !answer;
					if (answer) put(present, answer.items, () => people(answer.items));
				},
				signal,
			);
			world.watch(
				"facts",
				{ when: ["opened", "closed", "finding", "message", "fault", "registry", "epp", "world"] },
				(/** @type {Facts | undefined} */ answer) => {
					if (!answer) return;
					const { holds: counts, findings: found } = answer;
					const levels = LEVELS.filter((name) => found[name]);
					findings(
						levels.reduce((sum, name) => sum + (found[name] ?? 0), 0),
						levels.map((name) => `${number(found[name] ?? 0)} ${name}`).join(", "),
					);
					connections(counts.connections ?? 0, counts.open ? `${number(counts.open)} open` : "");
					messages(counts.messages ?? 0, counts.unread ? `${number(counts.unread)} unread` : "");
					fill(since, `seed ${answer.seed}, ${answer.kept ? "kept on disk" : "nothing is kept after it ends"}`);
					put(holds, answer, () => holding(answer));
				},
				signal,
			);
		},
		commands: () => commandsFor(world, "GET", "services", { homeport: "ports", python: "homeport.ready" }),
	};

	/** @param {Finding} one */
	function line(one) {
		return h(
			"li",
			{},
			level(one.level),
			h(
				"span.grow",
				{},
				h("a.plain", { href: app.href(["findings", one.id]) }, sentence(one.text)),
				" ",
				broken(app, one),
			),
		);
	}

	/** @param {{login: string, terminal: string, origin: string, active: string}[]} items */
	function people(items) {
		const now = world.now().getTime();
		return items.length
			? items.slice(0, 8).map((one) =>
					h(
						"li",
						{},
						h("a.mono", { href: app.href(["people", one.login]) }, one.login),
						h("span.grow.dim", {}, [one.terminal, one.origin].filter(Boolean).join(", ")),
						h(
							"span.dim",
							{},
							`idle ${duration(Math.max(now - Date.parse(one.active), 60_000))
								.split(" ")
								.slice(0, 2)
								.join(" ")}`,
						),
					),
				)
			: h("li.dim", {}, "No one is logged on.");
	}

	/** @param {Facts} facts */
	function holding(facts) {
		const counts = Object.entries(HELD).filter(([name]) => facts.holds[name] !== undefined);
		const { journal } = facts;
		return [
			counts.map(([name, words]) => {
				const count = facts.holds[name] ?? 0;
				return h("span", {}, h("b", {}, number(count)), counted(count, ...words).replace(/^\S+/, ""));
			}),
			h(
				"span",
				{},
				`${counted(journal.seq - journal.dropped, "event")}, ${size(journal.used)} of ${size(journal.size)}`,
			),
		];
	}
}
