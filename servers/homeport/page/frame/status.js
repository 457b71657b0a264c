// What the header says of the world: how fresh the picture is, and what its clock shows.

import { duration } from "../elements/time.js";
import { fill, h, icon, number } from "../render.js";

const SPOKEN_MS = 10_000;

/**
 * The page's one line about how fresh the picture is.
 * @param {World} world
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function liveStatus(world, signal) {
	const dot = h("i.dot");
	const text = h("span.status-text");
	const stamp = h("span.h-x");
	const element = h("button.status", { onclick: () => world.stream.retry() }, dot, text, stamp);
	const spoken = h("span.sr", { role: "status" });
	let shown = "";
	let saidKind = "";
	let saidAt = 0;
	const show = () => {
		const { kind, retryAt = 0, since } = world.stream.state;
		const seen = since ? new Date(since).toISOString().slice(11, 19) : "";
		const stale = seen && ` What you see is from ${seen}.`;
		const wait = Math.max(Math.ceil((retryAt - Date.now()) / 1000), 0);
		const texts = {
			connecting: "Connecting",
			live: `Live, ${number(Math.round(world.rate))} events/s`,
			waiting: `Reconnecting in ${wait} s`,
			hidden: "Hidden, not reading",
			closed: "This world was closed",
			stopped: "Stopped",
		};
		element.dataset.state = kind;
		dot.classList.toggle("off", kind !== "live");
		element.title =
			kind === "waiting"
				? `The farm does not answer. Click to try again now.${stale}`
				: `Whether this page shows what happens now.${stale}`;
		stamp.textContent = seen && kind !== "live" ? `, from ${seen}` : "";
		if (texts[kind] === shown) return;
		shown = texts[kind];
		fill(text, shown);
		// The number changes each second; a screen reader that said each would never stop.
		if (kind === saidKind && Date.now() - saidAt < SPOKEN_MS) return;
		saidKind = kind;
		saidAt = Date.now();
		spoken.textContent = `${shown}${stale && `.${stale}`}`;
	};
	world.on("state", show, signal);
	world.on("rate", show, signal);
	show();
	return h("span.has-status", {}, element, spoken);
}

/**
 * How the clock of a world differs from real time; empty if it does not.
 * @param {ClockState} clock
 */
export function offsetText(clock) {
	if (clock.frozen) return "frozen";
	if (Math.abs(clock.offset_seconds) < 1) return "";
	const sign = clock.offset_seconds > 0 ? "+" : "−";
	return `${sign}${duration(clock.offset_seconds * 1000)
		.split(" ")
		.slice(0, 2)
		.join(" ")}`;
}

/**
 * The clock of the world. A click opens what moves it.
 * @param {App} app
 * @param {World} world
 * @param {AbortSignal} signal
 */
export function clockPill(app, world, signal) {
	const date = h("b");
	const how = h("small");
	const popover = h("div.menu.clock-menu", { id: "clock-menu", popover: "auto" });
	const pill = h(
		"button.pill.time",
		{ popovertarget: "clock-menu" },
		h("span.sr", {}, "World clock"),
		icon("clock"),
		date,
		how,
	);
	const tick = () => {
		const now = world.now().toISOString();
		fill(
			date,
			h("span.h-n", {}, now.slice(0, 5)),
			now.slice(5, 10),
			" ",
			now.slice(11, 16),
			h("span.h-n", {}, `${now.slice(16, 19)}Z`),
		);
	};
	const show = () => {
		const text = world.clock ? offsetText(world.clock) : "";
		how.textContent = text;
		pill.classList.toggle("moved", text !== "");
		tick();
	};
	world.on("clock", show, signal);
	world.on("rate", tick, signal);
	/** @type {Promise<() => void> | null} */
	let draw = null;
	popover.addEventListener("beforetoggle", async (event) => {
		if (/** @type {ToggleEvent} */ (event).newState !== "open") return;
		const box = pill.getBoundingClientRect();
		popover.style.setProperty("top", `${box.bottom + 4}px`);
		popover.style.setProperty("right", `${Math.max(innerWidth - box.right, 8)}px`);
		draw ??= import("./clock.js").then(({ clockMenu }) => clockMenu(app, popover, signal));
		(await draw)();
	});
	show();
	return h("span.has-menu", {}, pill, popover);
}
