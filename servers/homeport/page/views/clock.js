// The clock of the world: what time it is there, how to move it, what falls due, and what the last jump did.

import { HpCommand } from "../elements/copy.js";
import { button, card, facts, failure, field, heading, skeleton, tag } from "../elements/parts.js";
import { duration } from "../elements/time.js";
import { advanceToNext, moveClock, STEPS } from "../frame/keys.js";
import { counted, fill, h, number, wire } from "../render.js";
import { commandsFor } from "../store/commands.js";

const LIMIT = 200;
const SHOWN_ACTS = 200;
/** Times that are worth a visit: text and what happens there. */
const PLACES = /** @type {const} */ ([
	["2036-02-07T06:28:10Z", "Six seconds before Time (RFC 868) starts again at zero."],
	["2038-01-19T03:14:00Z", "Eight seconds before the end of 32 bits with a sign."],
	["2028-02-29T12:00:00Z", "A leap day."],
]);

/** @param {string} iso */
const minute = (iso) => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;

/**
 * @param {App} app
 * @returns {View}
 */
export function clock(app) {
	const { world } = app;
	const now = h("p.now");
	const state = h("span");
	const about = h("div");
	const steps = h("div.stack");
	const due = h("div", { "aria-busy": "true" }, skeleton(8));
	const past = h("div");
	const did = card("What the last change did", null, past);
	did.hidden = true;
	const input = h("input", { type: "text", value: PLACES[0][0], autocomplete: "off" });
	const command = new HpCommand();
	/** @type {DueAct[]} */
	let items = [];
	/** @type {AbortSignal} */
	let life;

	const move = (/** @type {Record<string, unknown>} */ change, /** @type {string} */ text) =>
		moveClock(app, change, text);
	const hint = () => {
		const at = input.value.trim();
		const place = PLACES.find(([time]) => time === at);
		hintText.textContent = place?.[1] ?? "RFC 3339, or a distance from now: +1d, -5m, +P1M.";
		command.commands = commandsFor(world, "POST", "clock", {
			body: { set: at },
			homeport: `clock set ${at}`,
			python: `homeport.clock.set(${JSON.stringify(at)})`,
		});
	};
	const choose = (/** @type {string} */ at) => {
		input.value = at;
		hint();
	};
	const hintText = h("small", { id: "set-hint" });
	input.setAttribute("aria-describedby", "set-hint");
	input.addEventListener("input", hint);

	const tick = () => {
		const text = world.now().toISOString();
		now.textContent = `${text.slice(0, 10)} ${text.slice(11, 19)}`;
		if (!world.clock) return;
		const ahead = world.now().getTime() - Date.now();
		const where =
			Math.abs(ahead) < 2000
				? "The same as real time"
				: `${duration(ahead)} ${ahead > 0 ? "ahead of" : "behind"} real time`;
		fill(
			about,
			facts([
				["Real time", `${new Date().toISOString().slice(0, 19).replace("T", " ")} UTC`],
				["Offset", where],
				["State", world.clock.frozen ? "Frozen: nothing falls due by itself until it runs or is moved." : "Running"],
			]),
		);
	};
	const draw = () => {
		const frozen = world.clock?.frozen ?? false;
		fill(state, frozen ? tag("frozen", "brass") : tag("running", "sea"));
		const toggle = frozen
			? button("Resume", () => move({ resume: true }, "The clock runs"))
			: button("Freeze", () => move({ freeze: true }, "The clock is frozen"));
		fill(
			steps,
			h(
				"div.row-of",
				{},
				button("Advance to next", () => advanceToNext(app), {
					kind: "go",
					key: ".",
					disabled: !world.clock?.next_timer,
				}),
				toggle,
			),
			h(
				"div.row-of",
				{},
				STEPS.map(([text, advance, words]) =>
					button(text, () => move({ advance }, `Advanced by ${words}`), { title: `Advance by ${words}` }),
				),
			),
		);
		tick();
		list();
	};

	const list = () => {
		if (due.hasAttribute("aria-busy")) return;
		const start = world.now().getTime();
		/** @type {Map<string, DueAct[]>} */
		const days = new Map();
		for (const one of items) {
			const day = one.at.slice(0, 10);
			days.set(day, [...(days.get(day) ?? []), one]);
		}
		fill(
			due,
			[...days].map(([day, acts]) => {
				const latest = acts.at(-1)?.at ?? day;
				const left = Date.parse(acts[0]?.at ?? day) - start;
				return h(
					"section.day",
					{},
					h(
						"header",
						{},
						h("h3", {}, day),
						h("span.dim", {}, left > 0 ? `in ${duration(left)}` : "now"),
						h("span.grow"),
						button("Advance to here", () => move({ set: latest }, `Advanced to ${minute(latest)}`), {
							kind: "bare",
							label: `Advance to here: ${minute(latest)}, after ${counted(acts.length, "thing")}`,
						}),
					),
					h(
						"ul",
						{},
						acts.map((one) => act(one.at.slice(11, 16), one.kind, one.object, one.text)),
					),
				);
			}),
			!items.length && h("p.note", {}, "Nothing falls due: no object of the registry has a date ahead."),
		);
	};
	/**
	 * @param {string} at
	 * @param {string} kind
	 * @param {string} object
	 * @param {string} text
	 */
	const act = (at, kind, object, text) =>
		h(
			"li",
			{},
			h("span.mono.dim", {}, at),
			object ? h("a.mono", { href: app.href(["registry", `${kind}s`, object]) }, wire(object)) : null,
			h("span", {}, text),
		);

	/** Show what the latest change of the clock has done. */
	const history = async () => {
		const query = { order: "desc", bytes: 0 };
		const changes = await world.get("events", { query: { ...query, type: "clock", limit: 1 }, signal: life });
		const [change] = /** @type {HpEvent[]} */ (changes.items);
		did.hidden = !change;
		if (!change) return;
		const found = await world.get("events", {
			query: { type: "registry", since: change.seq, limit: SHOWN_ACTS, bytes: 0 },
			signal: life,
		});
		const acts = /** @type {HpEvent[]} */ (found.items);
		fill(
			past,
			h(
				"p.note",
				{},
				`${change.what}: ${minute(String(change.from))} to ${minute(String(change.to))}. `,
				found.total ? `${counted(found.total, "thing")} happened. ` : "Nothing happened. ",
				found.total ? h("a", { href: app.href("live", { q: "type:clock,registry" }) }, "Show in Live") : null,
			),
			h(
				"ul.happened",
				{},
				acts.map((one) => act(minute(String(one.world_time)), String(one.kind), String(one.object), String(one.text))),
			),
			found.total > acts.length && h("p.note.dim", {}, `The first ${number(acts.length)} are shown.`),
		);
	};

	return {
		mount(main, _route, signal) {
			life = signal;
			const total = h("small");
			fill(
				main,
				heading(
					"Clock",
					h(
						"p",
						{},
						"World time moves registry dates, presence, quotes and what Daytime says. Limits and certificates keep real time.",
					),
				),
				h(
					"div.cols.clock",
					{},
					h("div.stack", {}, did, card("What falls due", total, due)),
					h(
						"div.stack",
						{},
						card(
							"World time",
							state,
							h(
								"div.face",
								{},
								now,
								about,
								steps,
								field("Set to", input, hintText),
								h(
									"div.row-of",
									{},
									button("Set", () => move({ set: input.value.trim() }, `Set to ${input.value.trim()}`)),
									PLACES.map(([at, text]) =>
										button(at.slice(0, 4), () => choose(at), {
											kind: "bare",
											label: `${at}: ${text}`,
										}),
									),
								),
								command,
							),
						),
					),
				),
			);
			hint();
			draw();
			world.on("clock", draw, signal);
			world.on("rate", tick, signal);
			world.watch(
				`clock/timers?limit=${LIMIT}`,
				{ when: ["clock", "registry", "epp", "world"] },
				(answer, error) => {
					due.removeAttribute("aria-busy");
					if (!answer) return void (error && fill(due, failure(error)));
					items = answer.items;
					total.textContent =
						items.length < answer.total
							? `the next ${number(items.length)} of ${number(answer.total)}`
							: counted(answer.total, "thing");
					list();
					void history().catch(() => {});
					return undefined;
				},
				signal,
			);
		},
		commands: () => ({ homeport: "homeport clock show" }),
	};
}
