// Two connections, step by step: did the client behave the same after the fix?

import { button, card, empty, failure, level, mono, skeleton, tag } from "../elements/parts.js";
import { fill, h, visible } from "../render.js";
import { align } from "../store/align.js";
import { commandsFor } from "../store/commands.js";
import { stepsOf } from "../store/talk.js";

const TONES = /** @type {Record<string, string>} */ ({
	fixed: "sea",
	remains: "must",
	broken: "must",
	missing: "should",
	new: "should",
});

/**
 * @param {App} app
 * @returns {View}
 */
export function compare(app) {
	let only = false;
	const body = h("div", {}, skeleton(10));
	/** @type {[string, string]} */
	let ids = ["", ""];
	const load = async (/** @type {Route} */ route) => {
		ids = [route.path[1] ?? "", route.path[2] ?? ""];
		only = route.query.get("only") === "differences";
		if (!ids[0] || !ids[1]) return void choose();
		try {
			const path = (/** @type {string} */ id) => `connections/${encodeURIComponent(id)}/transcript`;
			const talks = /** @type {[Talk, Talk]} */ (await Promise.all(ids.map((id) => app.world.get(path(id)))));
			draw(talks);
		} catch (error) {
			fill(body, failure(error, h("a.btn", { href: app.href("connections") }, "All connections")));
		}
	};
	const choose = () =>
		fill(
			body,
			empty({
				icon: "swap",
				title: "Two connections are compared",
				text: "Open one of them, and choose the other by its button “Compare with…”.",
				action: h("a.btn", { href: app.href("connections") }, "All connections"),
			}),
		);
	const draw = (/** @type {[Talk, Talk]} */ talks) => {
		const [before, after] = talks.map((talk) => stepsOf(talk, talk.messages.length > 0));
		const pairs = align(before ?? [], after ?? []);
		const shown = only ? pairs.filter((pair) => pair.verdict !== "same") : pairs;
		const counts = new Map();
		for (const { verdict } of pairs) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
		const head = (/** @type {Talk} */ talk) =>
			h(
				"span",
				{},
				h("a.mono", { href: app.href(["connections", talk.conn]) }, talk.conn),
				" ",
				mono(talk.connection.peer),
				h("span.dim", {}, ` ${talk.connection.opened.slice(11, 19)}`),
			);
		fill(
			body,
			h(
				"div.row-of.verdicts",
				{},
				[...counts].map(([verdict, count]) =>
					tag(`${count} ${verdict}`, TONES[verdict] ?? (verdict.startsWith("fault") ? "fault" : "")),
				),
			),
			card(
				"",
				null,
				h("div.diff-heads", {}, head(talks[0]), h("span"), head(talks[1])),
				h(
					"ol.diff",
					{},
					shown.map((pair) =>
						h(
							`li${pair.verdict === "same" ? ".same" : ""}`,
							{},
							side(pair.before),
							tag(pair.verdict, TONES[pair.verdict] ?? (pair.verdict.startsWith("fault") ? "fault" : "")),
							side(pair.after),
						),
					),
				),
			),
		);
	};
	const side = (/** @type {import("../store/align.js").Said | null} */ said) =>
		said ? h(`div.said.${said.side}`, {}, said.levels.map(level), long(said.text)) : h("div.said.none", {}, "not said");
	const toggle = button(
		"Only what differs",
		() => app.go(["compare", ...ids], only ? {} : { only: "differences" }, true),
		{ pressed: false },
	);
	const title = h("h1");
	const update = async (/** @type {Route} */ route) => {
		title.textContent = `Compare ${route.path.slice(1, 3).join(" and ")}`;
		toggle.setAttribute("aria-pressed", String(route.query.get("only") === "differences"));
		await load(route);
	};
	return {
		async mount(main, route) {
			const swap = button("Swap", () => app.go(["compare", ids[1], ids[0]]), { icon: "swap" });
			fill(main, h("div.head", {}, title, h("span.grow"), swap, toggle), body);
			await update(route);
		},
		update,
		commands: () =>
			commandsFor(app.world, "GET", `connections/${ids[0]}/transcript`, {
				query: { format: "text" },
				homeport: `transcript ${ids[0]}`,
			}),
	};
}

const MAX_LINES = 12;

/**
 * What was said, folded if it is long.
 * @param {string} text
 */
function long(text) {
	const all = text.split("\n").map(visible);
	const element = h("bdi", {}, all.slice(0, MAX_LINES).join("\n"));
	if (all.length <= MAX_LINES) return element;
	const more = h("button.fold", {}, `\n${all.length - MAX_LINES} more lines`);
	more.addEventListener("click", () => element.replaceChildren(all.join("\n")));
	element.append(more);
	return element;
}
