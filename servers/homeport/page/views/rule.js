// One rule: what it says, why it matters, where clients broke it, and how a test asserts that they never do.

import { commandLine } from "../elements/copy.js";
import { broken, card, empty, facts, failure, flag, level, rfc, skeleton, table } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { fill, h, icon, keyed, number } from "../render.js";
import { ApiError } from "../store/api.js";
import { commandsFor } from "../store/commands.js";
import { sent, sentence, WHEN } from "../store/findings.js";

const MAX = 250;
/** @type {Record<Level, string>} */
const WHY = {
	must: "The RFC does not allow it. Other servers may refuse it, or read something else from it.",
	should: "The RFC advises against it. It works here; with other servers it may not.",
	advice: "The RFC allows it. It costs time or hides errors, and well-made clients do without.",
};

/**
 * @param {App} app
 * @returns {View}
 */
export function rule(app) {
	const { world } = app;
	const id = app.route.path[1] ?? "";
	const [service = ""] = id.split(".");
	const body = h("div", { "aria-busy": "true" }, skeleton());
	const title = h("h1", {}, id);
	const rows = h("tbody");
	const about = h("div.stack");
	const shown = h("small");
	const instances = card("Where", shown, table("", ["Time", "Connection", "Client.h-s", "What it sent"], rows));
	const test = `def test_never_${id.split(".").pop()?.replaceAll("-", "_")}(homeport):\n    ...  # let the client talk to homeport.${service}.host, homeport.${service}.port\n    assert "${id}" not in {one.id for one in homeport.findings()}`;
	const row = (/** @type {Finding} */ one) =>
		h(
			"tr",
			{},
			h("td.dim", {}, time(one.time)),
			h("td", {}, broken(app, one, `${one.conn} at ${one.seq}`)),
			h("td.mono.dim.h-s", {}, one.peer ?? ""),
			h("td.mono.example", {}, sent(one)),
		);
	const commands = () => {
		const kind = rows.dataset.level ?? "advice";
		return commandsFor(world, "GET", "findings", {
			query: { id },
			homeport: `findings --service ${service} --level ${kind} --fail`,
			python: `[one for one in homeport.${service}.findings() if one.id == "${id}"]`,
		});
	};
	/** @param {BrokenRule | undefined} one */
	const describe = (one) => {
		body.removeAttribute("aria-busy");
		if (!one) {
			const all = h("a.btn", { href: app.href("findings") }, "All findings");
			return void fill(body, empty({ icon: "search", title: `There is no rule ${id} here`, action: all }));
		}
		rows.dataset.level = one.level;
		title.textContent = sentence(one.text);
		fill(
			about,
			card(
				"Rule",
				null,
				h("p.why", {}, WHY[one.level]),
				facts([
					["Level", level(one.level)],
					["Section", rfc(one.reference)],
					["Service", flag(one.service)],
					["Findings", number(one.count)],
					one.first ? ["First", time(one.first)] : null,
					one.last ? ["Newest", time(one.last)] : null,
					...one.clients
						.slice(0, 8)
						.map(
							(client) =>
								/** @type {const} */ ([
									"Client",
									[
										h(
											"a.mono",
											{ href: app.href("findings", { by: "order", q: `id:${id} peer:${client.host}` }) },
											client.host,
										),
										` ×${number(client.count)}`,
									],
								]),
						),
				]),
			),
		);
		shown.textContent = one.count > MAX ? `the newest ${MAX} of ${number(one.count)}` : "";
		fill(
			body,
			h(
				"div.cols",
				{},
				h(
					"div.stack",
					{},
					one.count ? instances : empty({ icon: "flag", title: "No client has broken this rule here" }),
					card(
						"Assert this never happens",
						h("small", {}, "pytest, then any CI"),
						h("div.stack.asserts", {}, commandLine(test), commandLine(commands().homeport ?? "")),
					),
				),
				about,
			),
		);
		return undefined;
	};
	return {
		mount(main, _route, signal) {
			fill(
				main,
				h(
					"div.head",
					{},
					h("a.btn.bare", { href: app.href("findings"), "aria-label": "Back to findings" }, icon("back")),
					title,
					h("span.mono.dim", {}, id),
				),
				body,
			);
			world.watch(
				`findings/rules?service=${encodeURIComponent(service)}`,
				{ when: WHEN },
				(answer, error) => {
					if (answer) describe(answer.items.find((/** @type {BrokenRule} */ one) => one.id === id));
					else if (error instanceof ApiError && error.status) describe(undefined);
					else if (error) {
						body.removeAttribute("aria-busy");
						fill(body, failure(error));
					}
				},
				signal,
			);
			world.watch(
				`findings?${new URLSearchParams({ id, order: "desc", limit: String(MAX) })}`,
				{ when: WHEN },
				(answer) => answer && keyed(rows, answer.items, (one) => `${one.seq} ${one.time}`, row),
				signal,
			);
		},
		keys: [["Esc", "back to findings"]],
		key(event) {
			if (event.key !== "Escape") return false;
			app.go("findings");
			return true;
		},
		commands,
	};
}
