// Worlds: list, make, reset, close.

import { ask } from "../elements/ask.js";
import { HpCommand } from "../elements/copy.js";
import {
	button,
	card,
	failure,
	field,
	flag,
	grow,
	heading,
	level,
	menu,
	skeleton,
	table,
	tag,
} from "../elements/parts.js";
import { time } from "../elements/time.js";
import { counted, fill, h, icon, keyed, number } from "../render.js";
import { writeRoute } from "../router.js";
import { ApiError } from "../store/api.js";
import { curl, python } from "../store/commands.js";
import { LEVELS } from "../store/findings.js";

const WORLDS = "/api/v1/worlds";
/** Between looks at the other worlds, whose events this tab does not read. */
const EVERY_MS = 3000;

/**
 * @param {App} app
 * @returns {View}
 */
export function worlds(app) {
	const rows = h("tbody");
	const body = h("div", {}, skeleton(3));
	const name = h("input", {
		name: "name",
		placeholder: "w1, w2, …",
		autocomplete: "off",
		spellcheck: "false",
		maxlength: 64,
	});
	const config = h("textarea", {
		name: "config",
		rows: 7,
		spellcheck: "false",
		placeholder: '{"smtp": {"max_size": "1MiB"}}',
	});
	const boxes = h("div.choices");
	const verdict = h("p.verdict", { role: "status" });
	const command = new HpCommand();
	const make = h("button.btn.go", { type: "submit" }, "Make it");
	/** @type {string[]} */
	let problems = [];
	let life = new AbortController();
	let timer = 0;

	const path = (/** @type {string} */ world) => `${WORLDS}/${encodeURIComponent(world)}`;
	const refresh = async () => {
		try {
			draw((await app.api.json("GET", WORLDS)).items);
		} catch (error) {
			if (!rows.isConnected) fill(body, failure(error));
		}
	};
	const changed = () => {
		document.dispatchEvent(new CustomEvent("worlds"));
		return refresh();
	};
	const draw = (/** @type {WorldSummary[]} */ items) => {
		if (!rows.isConnected)
			fill(body, table(".tall", ["World", "Services.h-m", "Findings", "Open.n", "Made.h-s", ""], rows));
		keyed(rows, items, (one) => one.name, row);
	};
	const row = (/** @type {WorldSummary} */ one) => {
		const found = /** @type {Partial<Record<Level, number>>} */ (one.findings ?? {});
		const levels = LEVELS.filter((each) => found[each]);
		return h(
			"tr",
			{ "aria-selected": one.name === app.world.name ? "true" : null },
			h(
				"td",
				{},
				h("a.mono", { href: writeRoute(one.name, ["live"]) }, one.name),
				one.name === app.world.name ? [" ", tag("this one", "sea")] : null,
			),
			h(
				"td.h-m",
				{},
				h(
					"span.flags",
					{ role: "img", "aria-label": one.services.join(", "), title: one.services.join(", ") },
					one.services.map((service) => flag(service, false)),
				),
			),
			h(
				"td",
				{},
				levels.length
					? h(
							"a.levels",
							{ href: writeRoute(one.name, ["findings"]) },
							levels.map((each) => h("span", {}, level(each), ` ${number(found[each] ?? 0)}`)),
						)
					: h("span.dim", {}, "none"),
			),
			h("td.n", {}, number(one.connections)),
			h("td.h-s", {}, time(String(one.made ?? ""), "date")),
			h(
				"td.n",
				{},
				menu(
					icon("more"),
					() => [
						{ text: "Open in a new tab", run: () => void open(`./${writeRoute(one.name, [])}`, "_blank", "noopener") },
						{ text: "Reset…", run: () => reset(one) },
						{
							text: "Close…",
							run: () => close(one),
							disabled: one.name === "default",
							title: one.name === "default" ? "It exists as long as the farm: reset it" : "",
						},
					],
					{ kind: "btn.bare", label: `Actions for ${one.name}` },
				),
			),
		);
	};

	const reset = async (/** @type {WorldSummary} */ one) => {
		const text = "Its journal, mail, files, registry, faults and clock begin again, and its connections are closed.";
		if (!(await ask({ title: `Reset ${one.name}?`, text, verb: "Reset" }))) return;
		await app.api.json("POST", `${path(one.name)}/reset`, { body: {} });
		app.toast(`${one.name} was reset.`);
		await changed();
	};
	const close = async (/** @type {WorldSummary} */ one) => {
		const { connections, journal } = await app.api.json("GET", `${path(one.name)}/facts`).then((facts) => ({
			connections: facts.holds.connections,
			journal: facts.journal,
		}));
		const used = journal.seq > 0;
		const text = used
			? `It has ${counted(connections, "connection")} and ${counted(journal.seq, "event")}. They cannot be brought back.`
			: "Its ports are freed.";
		if (!(await ask({ title: `Close ${one.name}?`, text, verb: "Close", ...(used ? { name: one.name } : {}) }))) return;
		// The page leaves first: a world that is closed has nothing to show.
		if (one.name === app.world.name) location.hash = writeRoute("default", ["worlds"]);
		await app.api.json("DELETE", path(one.name));
		app.toast(`${one.name} was closed.`);
		await changed();
	};

	/** @returns {{name?: string, services?: string[], config?: Record<string, unknown>}} raises SyntaxError */
	const wanted = () => {
		const all = [...boxes.querySelectorAll("input")];
		const chosen = all.filter((one) => one.checked).map((one) => one.value);
		return {
			...(name.value ? { name: name.value } : {}),
			...(chosen.length === all.length ? {} : { services: chosen }),
			...(config.value.trim() ? { config: JSON.parse(config.value) } : {}),
		};
	};
	const say = (/** @type {string[]} */ found, text = "") => {
		problems = found;
		verdict.className = found.length ? "verdict problem" : "verdict";
		verdict.textContent = found.length ? found.join("\n") : text;
		config.setAttribute("aria-invalid", String(found.length > 0));
	};
	const check = async () => {
		life.abort();
		life = new AbortController();
		const { signal } = life;
		let body;
		try {
			body = wanted();
		} catch (error) {
			return say([`The configuration is not JSON: ${/** @type {Error} */ (error).message}`]);
		}
		command.commands = {
			curl: curl("POST", WORLDS, { body, token: app.api.token !== "" }),
			python: `with homeport_farm.world(${[
				...(body.name ? [`name=${python(body.name)}`] : []),
				...(body.services ? [`services=${python(body.services)}`] : []),
				...(body.config ? [`config=${python(body.config)}`] : []),
			].join(", ")}) as world:`,
		};
		if (body.name !== undefined && !/^[\w.-]{1,64}$/.test(body.name))
			return say(["A name has letters, digits, dots, hyphens and underscores."]);
		if (body.services?.length === 0) return say(["Choose a service."]);
		try {
			const answer = await app.api.json("POST", "/api/v1/check/world", { body, signal });
			say(answer.problems, `It would have ${counted(answer.services.length, "service")}, on free ports.`);
		} catch (error) {
			if (!signal.aborted) say([/** @type {Error} */ (error).message]);
		}
		return undefined;
	};
	const later = () => {
		clearTimeout(timer);
		timer = setTimeout(() => void check(), 200);
	};
	const send = async () => {
		await check();
		if (problems.length) return void (problems.length && config.focus());
		make.disabled = true;
		try {
			const made = await app.api.json("POST", WORLDS, { body: wanted() });
			app.toast({
				text: `${made.world} was made.`,
				action: { text: "Go there", run: () => (location.hash = writeRoute(made.world, [])) },
			});
			name.value = "";
			await changed();
			await check();
		} catch (error) {
			if (!(error instanceof ApiError)) throw error;
			say(error.problem.problems ?? [error.message]);
		} finally {
			make.disabled = false;
		}
	};
	const form = h(
		"form.make",
		{
			oninput: later,
			onsubmit: (/** @type {Event} */ event) => {
				event.preventDefault();
				send().catch((error) => form.dispatchEvent(new CustomEvent("failure", { bubbles: true, detail: error })));
			},
		},
		field(["Name", h("span.dim", {}, " optional")], name),
		h("fieldset", {}, h("legend", {}, "Services"), boxes),
		field(
			["Configuration as JSON", h("span.dim", {}, " optional")],
			config,
			h("small", {}, "Keys as in the configuration file; what is left out is as in the farm."),
		),
		verdict,
		make,
		h("h3", {}, "The same as a command"),
		command,
	);

	return {
		async mount(main, _route, signal) {
			fill(
				main,
				heading(
					"Worlds",
					h("p", {}, "Each has ports, clock, mail, files, registry and journal of its own."),
					grow(),
					button("New world", () => name.focus(), { kind: "go", icon: "plus" }),
				),
				h("div.cols.worlds", {}, h("div.card", {}, body), card("Make a world", null, form)),
			);
			const known = (await app.api.json("GET", "/api/v1/worlds", { signal })).items;
			const farm = known.find((/** @type {WorldSummary} */ one) => one.name === "default") ?? known[0];
			fill(
				boxes,
				farm.services.map((/** @type {string} */ service) =>
					h("label", {}, h("input", { type: "checkbox", value: service, checked: true }), flag(service)),
				),
			);
			draw(known);
			this.update?.(app.route);
			await check();
			const again = setInterval(() => !document.hidden && void refresh(), EVERY_MS);
			signal.addEventListener("abort", () => {
				clearInterval(again);
				clearTimeout(timer);
				life.abort();
			});
		},
		update(route) {
			if (route.query.has("new")) name.focus();
		},
		commands: () => ({ curl: curl("GET", WORLDS, { token: app.api.token !== "" }) }),
	};
}
