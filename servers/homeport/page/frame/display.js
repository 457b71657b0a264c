// How the page looks to this reader: theme, density, form of times. The browser keeps it.

import { timesAreRelative, toggleTimes } from "../elements/time.js";

const THEME = "homeport.theme";
const DENSITY = "homeport.density";

/** Show the page as this reader chose; `?theme=dark` in its address goes before. */
export function applyDisplay() {
	const { dataset } = document.documentElement;
	const theme = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem(THEME);
	if (theme === "light" || theme === "dark") dataset.theme = theme;
	else delete dataset.theme;
	if (localStorage.getItem(DENSITY) === "compact") dataset.density = "compact";
	else delete dataset.density;
	document.dispatchEvent(new Event("density"));
}

/**
 * Keep a choice; null for the usual one.
 * @param {string} key
 * @param {string | null} value
 */
function choose(key, value) {
	if (value === null) localStorage.removeItem(key);
	else localStorage.setItem(key, value);
	applyDisplay();
}

/** The choices, for a menu. */
export function displayChoices() {
	const { theme, density } = document.documentElement.dataset;
	const relative = timesAreRelative();
	return [
		{ text: "Light or dark as the system", on: !theme, run: () => choose(THEME, null) },
		{ text: "Light", on: theme === "light", run: () => choose(THEME, "light") },
		{ text: "Dark", on: theme === "dark", run: () => choose(THEME, "dark") },
		{ text: "Rows of usual height", on: density !== "compact", run: () => choose(DENSITY, null) },
		{ text: "Compact rows", on: density === "compact", run: () => choose(DENSITY, "compact") },
		{ text: "Absolute times", on: !relative, run: () => relative && toggleTimes() },
		{ text: "Relative times", on: relative, run: () => relative || toggleTimes() },
	];
}
