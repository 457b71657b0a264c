// A domain: the line of its life with the moments as a table, acts, the object, and the commands that touched it.

import { lifeLine, PHASES, span } from "../elements/life.js";
import { button, card, failure, skeleton, table, tag } from "../elements/parts.js";
import { moveClock, STEPS } from "../frame/keys.js";
import { fill, h, keyed, wire } from "../render.js";
import { actButtons } from "./registry_acts.js";
import { commandLine, drawObject } from "./registry_facts.js";

/**
 * @typedef {import("./registry_facts.js").ObjectState} ObjectState
 */

/** @type {Partial<Record<LifePhase, string>>} */
const TONES = { redemption: "should", pendingRestore: "should", pendingDelete: "must", registered: "sea" };

/**
 * Show a domain in `place` and keep it fresh.
 * @param {App} app
 * @param {HTMLElement} place
 * @param {string} name
 * @param {AbortSignal} signal
 * @returns {() => void} draws the object again, after a change of its tab
 */
export function showDomain(app, place, name, signal) {
	const { world } = app;
	const path = `registry/domains/${encodeURIComponent(name)}`;
	const parts = {
		life: h("section.card", {}, skeleton(8)),
		object: h("div"),
		commands: card("Commands that touched it", h("small", {}, "EPP, newest first"), h("ul.lines")),
	};
	/** @type {Timeline | null} */
	let before = null;
	/** @type {ObjectState[]} */
	let latest = [];
	const when = ["epp", "world", "clock"];
	fill(place, parts.life, h("div.pair", {}, parts.object, parts.commands));
	world.watch(
		`${path}/timeline?advance=P1Y`,
		{ when, every: 60_000 },
		(/** @type {Timeline | undefined} */ life, error) => {
			if (!life) {
				if (!error) return;
				if (before) app.toast(`${name} is gone: its name is free.`);
				fill(place, failure(error, h("a.btn", { href: app.href(["registry", "domains"]) }, "All domains")));
				return;
			}
			if (before) sayChanges(app, before, life);
			before = life;
			if (parts.life.querySelector(":popover-open")) return; // a menu is in use
			drawLife(app, parts.life, life, () => world.touch("registry"));
		},
		signal,
	);
	world.watch(
		`${path}/state`,
		{ when, every: 60_000 },
		(answer) => {
			if (!answer?.object) return;
			latest = [answer];
			drawObject(app, parts.object, answer);
		},
		signal,
	);
	const events = new URLSearchParams({ type: "epp", object: name, order: "desc", limit: "50" });
	world.watch(
		`events?${events}`,
		{ when: ["epp"] },
		(answer) => {
			const list = parts.commands.querySelector("ul");
			if (!answer || !list) return;
			if (answer.items.length)
				keyed(
					list,
					answer.items,
					(one) => one.seq,
					(one) => commandLine(app, one),
				);
			else fill(list, h("li.dim", {}, "No EPP command has named it yet."));
		},
		signal,
	);
	return () => {
		for (const state of latest) drawObject(app, parts.object, state);
	};
}

/**
 * Say which moments are new on the line, and which are not there any more.
 * @param {App} app
 * @param {Timeline} before
 * @param {Timeline} after
 */
function sayChanges(app, before, after) {
	const words = (/** @type {Timeline} */ life) =>
		life.moments.filter((one) => one.time !== "now").map((one) => `${one.at.slice(0, 10)} ${one.what}`);
	const [old, now] = [words(before), words(after)];
	const added = now.filter((one) => !old.includes(one));
	const gone = old.filter((one) => !now.includes(one));
	if (!added.length && !gone.length) return;
	app.toast(
		[
			added.length ? `New: ${added.slice(0, 4).join(", ")}.` : "",
			gone.length ? `Gone: ${gone.slice(0, 4).join(", ")}.` : "",
		]
			.filter(Boolean)
			.join(" "),
	);
}

/**
 * @param {App} app
 * @param {HTMLElement} place
 * @param {Timeline} life
 * @param {() => void} changed
 */
function drawLife(app, place, life, changed) {
	const now = life.moments.find((one) => one.time === "now") ?? life.moments[0];
	const next = life.moments.find((one) => one.time === "projected");
	const jump = async (/** @type {Record<string, unknown>} */ change, /** @type {string} */ text) => {
		await moveClock(app, change, text);
		changed();
	};
	const advance = (/** @type {LifeMoment} */ one) => jump({ set: one.at }, `Advanced to ${one.at.slice(0, 10)}`);
	const acts = actButtons(app, "domains", life.name, life.acts);
	// What is drawn again keeps the focus, and what was opened.
	const held = place.contains(document.activeElement) ? (document.activeElement?.textContent ?? "") : null;
	const open = place.querySelector("details")?.open ?? false;
	fill(
		place,
		h(
			"header",
			{},
			h("h2.mono", {}, wire(life.name)),
			tag(PHASES[now?.phase ?? "registered"][0], TONES[now?.phase ?? "registered"]),
			life.zone ? null : tag("in no zone: nothing falls due", "brass"),
		),
		h(
			"figure.life",
			{},
			lifeLine(life, sentence(life), advance),
			h("figcaption", {}, "Widths follow the root of the days, so that a year and five days are both seen."),
		),
		life.after && h("p.after", {}, h("b", {}, "After +1 year: "), life.after.text),
		h(
			"div.row-of.move",
			{},
			h("span.dim", {}, "Move the clock"),
			STEPS.filter(([text]) => text !== "+1 h").map(([text, step, words]) =>
				button(text, () => jump({ advance: step }, `Advanced by ${words}`)),
			),
			next &&
				button(`To: ${next.what}`, () => advance(next), { label: `Advance to ${next.what}, ${next.at.slice(0, 10)}` }),
		),
		acts.can,
		moments(life, Date.parse(now?.at ?? ""), advance),
		acts.cannot,
	);
	const same = place.querySelector("details");
	if (same) same.open = open;
	if (held !== null) {
		const buttons = /** @type {HTMLElement[]} */ ([
			...place.querySelectorAll("button:enabled, [role=button], summary"),
		]);
		(buttons.find((one) => one.textContent === held) ?? buttons[0])?.focus();
	}
}

/**
 * The figure as a sentence.
 * @param {Timeline} life
 */
function sentence(life) {
	const parts = life.phases.map((one) => `${PHASES[one.kind]?.[0] ?? one.kind} from ${one.begin.slice(0, 10)}`);
	return `Life of ${life.name}: ${parts.join(", ")}. ${life.after ? `After one year: ${life.after.text}.` : ""}`;
}

/**
 * @param {Timeline} life
 * @param {number} now
 * @param {(moment: LifeMoment) => void} advance
 */
function moments(life, now, advance) {
	return table(
		".moments",
		["When", "What", "By.h-s", "From now.n"],
		h(
			"tbody",
			{},
			life.moments.map((one) => {
				const at = Date.parse(one.at);
				const far = at > now ? `in ${span(now, at)}` : `${span(at, now)} ago`;
				const unless = one.time === "projected" && !one.certain ? "unless a registrar acts before" : null;
				return h(
					`tr.${one.phase}.${one.time}`,
					{},
					h(
						"td.mono",
						{},
						h("time", { datetime: one.at, title: one.at }, `${one.at.slice(0, 10)} ${one.at.slice(11, 16)}`),
					),
					h("td", { title: unless }, one.text),
					h(
						"td.h-s",
						{},
						one.by || one.time === "now"
							? wire(one.by)
							: h("span.dim", { title: "The registry does not keep it." }, "not kept"),
					),
					one.time === "projected"
						? h(
								"td.n",
								{},
								button(far, () => advance(one), {
									kind: "bare",
									label: `Advance to ${one.what}, ${far}`,
									title: "Advance to here",
								}),
							)
						: h("td.n.dim", {}, one.time === "now" ? "now" : far),
				);
			}),
		),
	);
}
