// The clock of the overview.

import { button, card, tag } from "../elements/parts.js";
import { ago } from "../elements/time.js";
import { moveClock, STEPS } from "../frame/keys.js";
import { offsetText } from "../frame/status.js";
import { fill, h } from "../render.js";

/**
 * @param {App} app
 * @param {AbortSignal} signal
 */
export function clockCard(app, signal) {
	const { world } = app;
	const how = h("span");
	const now = h("p.now.mono");
	const next = h("p.dim");
	const steps = h("div.row-of");
	const tick = () => {
		now.textContent = world.now().toISOString().slice(0, 19).replace("T", " ");
		const due = world.clock?.next_timer;
		const wait = due ? ago(Date.parse(due) - world.now().getTime()) : "";
		next.textContent = due ? `Next falls due ${wait}.` : "Nothing falls due.";
	};
	const show = () => {
		const { clock } = world;
		if (!clock) return;
		const text = offsetText(clock);
		fill(how, text && tag(text, "brass"));
		now.classList.toggle("moved", text !== "");
		const freeze = clock.frozen
			? button("Resume", () => moveClock(app, { resume: true }, "The clock runs"), { kind: "go" })
			: button("Freeze", () => moveClock(app, { freeze: true }, "The clock is frozen"));
		if (steps.dataset.frozen !== String(clock.frozen))
			fill(
				steps,
				freeze,
				STEPS.filter(([, advance]) => advance !== "P1M").map(([name, advance, words]) =>
					button(name, () => moveClock(app, { advance }, `Advanced by ${words}`)),
				),
			);
		steps.dataset.frozen = String(clock.frozen);
		tick();
	};
	world.on("clock", show, signal);
	world.on("rate", tick, signal);
	show();
	return card("Clock", how, h("div.clock", {}, now, h("p.dim", {}, "UTC, the time of this world"), steps, next));
}
