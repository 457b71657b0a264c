// What the clock in the header opens: buttons that move the clock of the world.

import { HpCommand } from "../elements/copy.js";
import { button } from "../elements/parts.js";
import { fill, h } from "../render.js";
import { commandsFor } from "../store/commands.js";
import { advanceToNext, moveClock, STEPS } from "./keys.js";

/**
 * Fill the popover, and again when the clock changes.
 * @param {App} app
 * @param {HTMLElement} popover
 * @param {AbortSignal} signal
 */
export function clockMenu(app, popover, signal) {
	const { world } = app;
	const set = h("input", { type: "text", "aria-label": "Set to", placeholder: "2036-02-07T06:28:10Z or +1d" });
	const command = new HpCommand();
	const move = (/** @type {Record<string, unknown>} */ change, /** @type {string} */ text) =>
		moveClock(app, change, text);
	const hint = (
		/** @type {Record<string, unknown>} */ body,
		/** @type {string} */ homeport,
		/** @type {string} */ call,
	) => {
		command.commands = commandsFor(world, "POST", "clock", {
			body,
			homeport: `clock ${homeport}`,
			python: `homeport.clock.${call}`,
		});
	};
	const draw = () => {
		const frozen = world.clock?.frozen ?? false;
		hint({ advance: "P1D" }, "advance P1D", 'advance("P1D")');
		fill(
			popover,
			h(
				"div.row-of",
				{},
				button(
					frozen ? "Resume" : "Freeze",
					() => move(frozen ? { resume: true } : { freeze: true }, frozen ? "The clock runs" : "The clock is frozen"),
					{ kind: "go" },
				),
				STEPS.map(([text, advance, words]) => {
					const one = button(text, () => move({ advance }, `Advanced by ${words}`));
					one.addEventListener("pointerenter", () => hint({ advance }, `advance ${advance}`, `advance("${advance}")`));
					return one;
				}),
			),
			world.clock?.next_timer
				? h(
						"div.row-of",
						{},
						button("To the next event", () => advanceToNext(app), { key: "." }),
						h("span.dim", {}, world.clock.next_timer.slice(0, 16).replace("T", " ")),
					)
				: h("p.dim", {}, "Nothing falls due."),
			h(
				"div.row-of.set",
				{},
				set,
				button("Set", () => move({ set: set.value.trim() }, `Set to ${set.value.trim()}`)),
			),
			command,
			h("a", { href: app.href("clock"), onclick: () => popover.hidePopover() }, "Everything about the clock"),
		);
	};
	world.on("clock", () => popover.matches(":popover-open") && draw(), signal);
	return draw;
}
