// Keys of the whole page. Views handle theirs in `key`.

import { toggleTimes } from "../elements/time.js";
import { counted, fill, h } from "../render.js";
import { views } from "../views.js";

/** What advance the clock: text and ISO 8601 duration. */
export const STEPS = /** @type {const} */ ([
	["+1 h", "PT1H", "one hour"],
	["+1 d", "P1D", "one day"],
	["+1 month", "P1M", "one month"],
	["+1 y", "P1Y", "one year"],
]);

/** @param {EventTarget | null} target */
const isField = (target) =>
	target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** @param {App} app */
export function listenToKeys(app) {
	let going = 0;
	addEventListener("keydown", (event) => {
		// What is typed after the first Ctrl K must not be lost while the palette is fetched.
		if (event.key === "Control" || event.key === "Meta") void import("./palette.js");
		if ((event.ctrlKey || event.metaKey) && event.key === "k" && !event.altKey && !event.shiftKey) {
			event.preventDefault();
			void openPalette(app);
			return;
		}
		if (
			event.ctrlKey ||
			event.metaKey ||
			event.altKey ||
			isField(event.target) ||
			document.querySelector("dialog[open]")
		)
			return;
		if (event.target instanceof Element && event.target.closest("[popover]")) return;
		const wasGoing = going > Date.now();
		going = 0;
		if (wasGoing) {
			const view = views.find((one) => one.goto === event.key);
			if (view) {
				event.preventDefault();
				app.go(view.name);
				return;
			}
		}
		if (app.view?.key?.(event)) {
			event.preventDefault();
			return;
		}
		const action = actions(app)[event.key];
		if (event.key === "g") going = Date.now() + 1500;
		else if (action) {
			event.preventDefault();
			action();
		}
	});
}

/**
 * @param {App} app
 * @returns {Record<string, () => void>}
 */
function actions(app) {
	return {
		"/": () => /** @type {HTMLElement | null} */ (app.main.querySelector("hp-filter"))?.focus(),
		"?": () => showKeys(app),
		t: toggleTimes,
		y: () => void copyCommand(app),
		j: () => /** @type {HTMLElement | null} */ (app.main.querySelector("hp-list"))?.focus(),
		k: () => /** @type {HTMLElement | null} */ (app.main.querySelector("hp-list"))?.focus(),
		".": () => void advanceToNext(app),
	};
}

/** @param {App} app */
export async function openPalette(app) {
	const { palette } = await import("./palette.js");
	palette(app);
}

/** @param {App} app */
export async function copyCommand(app) {
	const commands = app.view?.commands?.();
	const form = /** @type {keyof Commands | null} */ (localStorage.getItem("homeport.command"));
	const text = (form && commands?.[form]) ?? commands?.homeport ?? commands?.curl;
	if (!text) return;
	const { copyText } = await import("../elements/copy.js");
	if (await copyText(text)) app.toast(`Copied: ${text}`);
}

/**
 * Advance the clock to the time at which the next timer is due.
 * @param {App} app
 */
export async function advanceToNext(app) {
	// Asked for again: what the page knows may be from before the last advance, and would set the clock back.
	const { next_timer: next } = await app.world.get("clock");
	if (!next) return app.toast("Nothing falls due in this world.");
	await moveClock(app, { set: next }, `Advanced to ${next.slice(0, 19)}Z`);
}

/**
 * Change the clock of the world, and say what it did.
 * @param {App} app
 * @param {Record<string, unknown>} change
 * @param {string} text
 */
export async function moveClock(app, change, text) {
	try {
		const answer = await app.world.change("POST", "clock", change);
		const happened = answer.acts ? ` ${counted(answer.acts, "thing")} happened.` : "";
		const show = () => app.go("clock");
		app.toast({ text: `${text}.${happened}`, ...(answer.acts ? { action: { text: "Show", run: show } } : {}) });
	} catch (error) {
		app.toast({ text: "", error });
	}
}

/** @param {App} app */
function showKeys(app) {
	const general = [
		["/", "filter"],
		["Ctrl K", "go to, search, do"],
		["Esc", "close, back to the list"],
		["j k", "next, previous row"],
		["Enter o", "open"],
		["y", "copy as command"],
		["t", "relative or absolute times"],
		[".", "advance to the next event"],
		["?", "this table"],
	];
	const places = views.filter((one) => one.goto).map((one) => [`g ${one.goto}`, one.title]);
	const table = (/** @type {string} */ title, /** @type {string[][]} */ rows) =>
		rows.length
			? h(
					"section",
					{},
					h("h3", {}, title),
					h(
						"dl",
						{},
						rows.map(([key = "", what]) =>
							h(
								"div",
								{},
								h(
									"dt",
									{},
									key.split(" ").map((one) => h("kbd", {}, one)),
								),
								h("dd", {}, what),
							),
						),
					),
				)
			: null;
	const dialog = h("dialog.keys", { "aria-labelledby": "keys-title" });
	fill(
		dialog,
		h("h2", { id: "keys-title" }, "Keys"),
		h(
			"div.columns",
			{},
			table("Everywhere", general),
			table("Go to", places),
			table("In this view", app.view?.keys ?? []),
		),
		h("div.row-of", {}, h("button.btn", { autofocus: true, onclick: () => dialog.close() }, "Close")),
	);
	dialog.addEventListener("close", () => dialog.remove());
	dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
	document.body.append(dialog);
	dialog.showModal();
}
