// The palette: go to, search, do. Opens by Ctrl K.

import { ask } from "../elements/ask.js";
import { fill, h, icon, visible } from "../render.js";
import { views } from "../views.js";
import { displayChoices } from "./display.js";
import { advanceToNext, moveClock, STEPS } from "./keys.js";

/**
 * @typedef {object} Entry
 * @property {string} text
 * @property {string} group
 * @property {string} icon
 * @property {string} [key]
 * @property {() => unknown} run
 */

/** @param {App} app */
export function palette(app) {
	if (document.querySelector("dialog[open]")) return;
	/** @type {Entry[]} */
	let shown = [];
	/** @type {Entry[]} */
	let named = [];
	let active = 0;
	const list = h("div.results", { role: "listbox", id: "palette-list", "aria-label": "Results" });
	const input = h("input", {
		type: "text",
		role: "combobox",
		"aria-expanded": "true",
		"aria-controls": "palette-list",
		"aria-label": "Go to, search, do",
		placeholder: "Type a view, c9, m3, a domain, a login, an address, or what to do",
		autocomplete: "off",
		spellcheck: "false",
	});
	const dialog = h("dialog.palette", { "aria-label": "Go to, search, do" }, input, list);
	const run = () => {
		const entry = shown[active];
		dialog.close();
		entry?.run();
	};
	const draw = () => {
		shown = search(app, input.value, named);
		active = Math.max(Math.min(active, shown.length - 1), 0);
		fill(
			list,
			shown.map((entry, index) => [
				entry.group !== shown[index - 1]?.group && h("p", { role: "presentation" }, entry.group),
				h(
					"div.entry",
					{
						role: "option",
						id: `palette-${index}`,
						"aria-selected": String(index === active),
						onclick: () => {
							active = index;
							run();
						},
					},
					icon(entry.icon),
					h("span.grow", {}, entry.text),
					h("kbd", {}, index === active ? "Enter" : (entry.key ?? "")),
				),
			]),
			!shown.length && h("p", {}, "Nothing is called so. Words search the journal with Enter in Live."),
		);
		input.setAttribute("aria-activedescendant", `palette-${active}`);
		document.getElementById(`palette-${active}`)?.scrollIntoView({ block: "nearest" });
	};
	input.addEventListener("input", () => {
		active = 0;
		draw();
	});
	input.addEventListener("keydown", (event) => {
		const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
		if (step) {
			active = (active + step + shown.length) % Math.max(shown.length, 1);
			draw();
		} else if (event.key === "Enter") run();
		else return;
		event.preventDefault();
	});
	dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
	dialog.addEventListener("close", () => dialog.remove());
	document.body.append(dialog);
	draw();
	dialog.showModal();
	input.focus();
	void known(app).then((entries) => {
		named = entries;
		if (dialog.open && input.value) draw();
	});
}

/**
 * What the world has names for: people, and recipes of faults. What cannot be fetched is left out.
 * @param {import("../app.js").App} app
 * @returns {Promise<Entry[]>}
 */
async function known(app) {
	const { world } = app;
	const [people, recipes] = await Promise.all(
		["people", "faults/recipes"].map((path) => world.get(path).catch(() => ({ items: [] }))),
	);
	return [
		...recipes.items.map((/** @type {FaultRecipe} */ one) => ({
			text: `Plan a fault: ${one.title}`,
			group: "Do",
			icon: "bolt",
			run: () => change(app, "POST", "faults", one.plan, `Planned: ${one.title}.`),
		})),
		...people.items.map((/** @type {Person} */ one) => ({
			text: `${visible(one.login)}, ${visible(one.name)}`,
			group: "People",
			icon: "people",
			run: () => app.go(["people", one.login]),
		})),
	];
}

/**
 * @param {App} app
 * @param {string} text
 * @param {readonly Entry[]} named
 * @returns {Entry[]}
 */
function search(app, text, named) {
	const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
	const entries = [
		...objects(app, text.trim()),
		...places(app),
		...actions(app),
		...(words.length ? named : []),
		...journal(app, text.trim()),
	];
	return entries
		.filter(
			(entry) =>
				entry.group === "Open" ||
				entry.group === "Search" ||
				words.every((word) => entry.text.toLowerCase().includes(word)),
		)
		.slice(0, 14);
}

/**
 * @param {App} app
 * @returns {Entry[]}
 */
const places = (app) =>
	views
		.filter((row) => row.group !== null)
		.map((row) => ({
			text: row.title,
			group: "Go to",
			icon: row.icon,
			...(row.goto ? { key: `g ${row.goto}` } : {}),
			run: () => app.go(row.name),
		}));

/**
 * Objects whose name was typed.
 * @param {App} app
 * @param {string} text
 * @returns {Entry[]}
 */
function objects(app, text) {
	const open = (/** @type {string} */ name, /** @type {string} */ symbol, /** @type {string[]} */ path) => ({
		text: name,
		group: "Open",
		icon: symbol,
		run: () => app.go(path),
	});
	if (/^c\d+$/.test(text)) return [open(`Connection ${text}`, "ladder", ["connections", text])];
	if (/^m\d+$/.test(text)) return [open(`Message ${text}`, "mail", ["mail", text])];
	if (/^l\d+$/.test(text)) return [open(`Log message ${text}`, "log", ["logs", text])];
	if (/^f\d+$/.test(text)) return [open(`Fault ${text}`, "bolt", ["faults", text])];
	if (/^[\w.-]+=[^,]+,/.test(text)) return [open(`Entry ${text}`, "tree", ["directory", text])];
	if (/^[^@\s]+@[^@\s]+$/.test(text))
		return [{ ...open(`Mail to ${text}`, "mail", []), run: () => app.go("mail", { q: `to:${text}` }) }];
	if (/^(\d+(\.\d+){3}|[\da-f]*:[\da-f:]+)$/i.test(text))
		return [
			{ ...open(`Connections of ${text}`, "ladder", []), run: () => app.go("connections", { q: `peer:${text}` }) },
		];
	if (/^[\w-]+(\.[\w-]+)+$/.test(text)) return [open(`Domain ${text}`, "anchor", ["registry", "domains", text])];
	return [];
}

/**
 * @param {App} app
 * @param {string} text
 * @returns {Entry[]}
 */
function journal(app, text) {
	if (!text) return [];
	const run = () => app.go("live", { q: text });
	return [{ text: `Search the journal for ${text}`, group: "Search", icon: "search", run }];
}

/**
 * What can be done from anywhere.
 * @param {App} app
 * @returns {Entry[]}
 */
function actions(app) {
	const frozen = app.world.clock?.frozen ?? false;
	const action = (
		/** @type {string} */ text,
		/** @type {string} */ symbol,
		/** @type {() => unknown} */ run,
		key = "",
	) => ({ text, group: "Do", icon: symbol, run, key });
	return [
		...STEPS.map(([, advance, words]) =>
			action(`Advance the clock by ${words}`, "clock", () => moveClock(app, { advance }, `Advanced by ${words}`)),
		),
		action("Advance to the next thing that falls due", "clock", () => advanceToNext(app), "."),
		frozen
			? action("Resume the clock", "clock", () => moveClock(app, { resume: true }, "The clock runs"))
			: action("Freeze the clock", "clock", () => moveClock(app, { freeze: true }, "The clock is frozen")),
		action(
			"Remove all faults",
			"bolt",
			() => void change(app, "DELETE", "faults", undefined, "All faults were removed."),
		),
		action(`Reset the world ${app.world.name}`, "worlds", () => void reset(app)),
		...displayChoices()
			.filter((one) => !one.on)
			.map(({ text, run }) => action(text, "moon", run)),
		action(
			"Notify me of new mail and broken rules",
			"flag",
			() => void import("./notify.js").then((module) => module.notify(app)),
		),
	];
}

/**
 * @param {App} app
 * @param {"POST" | "DELETE"} method
 * @param {string} path
 * @param {unknown} body
 * @param {string} text
 */
async function change(app, method, path, body, text) {
	try {
		await app.world.change(method, path, body);
		app.toast(text);
	} catch (error) {
		app.toast({ text: "", error });
	}
}

/** @param {App} app */
export async function reset(app) {
	const title = `Reset the world ${app.world.name}?`;
	const text = "Its journal, mail, files and registry begin again. They cannot be brought back.";
	if (await ask({ title, text, verb: "Reset" })) await change(app, "POST", "reset", {}, "The world was reset.");
}
