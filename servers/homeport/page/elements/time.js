// Times: absolute or relative by one switch (`t`), the other form in the title. All are UTC, as in the API.

import { h } from "../render.js";

const KEY = "homeport.times";
let relative = localStorage.getItem(KEY) === "relative";

export const timesAreRelative = () => relative;

/** Switch between relative and absolute times, everywhere. */
export function toggleTimes() {
	relative = !relative;
	localStorage.setItem(KEY, relative ? "relative" : "absolute");
	refresh();
}

function refresh() {
	for (const element of document.querySelectorAll("time[data-at]")) show(/** @type {HTMLElement} */ (element));
}
setInterval(() => relative && !document.hidden && refresh(), 5000);

/** @param {HTMLElement} element */
function show(element) {
	const iso = element.dataset.at ?? "";
	const texts = [absolute(iso, element.dataset.form), ago(Date.parse(iso) - Date.now())];
	element.textContent = texts[relative ? 1 : 0] ?? "";
	element.title = `${iso} (${texts[1]})`;
}

/**
 * @param {string} iso
 * @param {string} [form] micro for the time of day with microseconds, date for date and minute
 */
function absolute(iso, form) {
	if (form === "date") return `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
	return form === "micro" ? iso.slice(11, 26) : iso.slice(11, 19);
}

/**
 * A time of the API.
 * @param {string | null} iso
 * @param {"second" | "micro" | "date"} [form]
 */
export function time(iso, form = "second") {
	if (!iso) return h("span.dim", {}, "never");
	const element = h("time", { datetime: iso, "data-at": iso, "data-form": form });
	show(element);
	return element;
}

const UNITS = /** @type {const} */ ([
	["y", 31_556_952],
	["d", 86_400],
	["h", 3600],
	["min", 60],
	["s", 1],
]);

/**
 * A length of time, in its two largest units: `1 d 4 h`, `23 h 58 min`, `0.4 s`.
 * @param {number} ms
 */
export function duration(ms) {
	const seconds = Math.abs(ms) / 1000;
	if (seconds < 0.1) return `${(seconds * 1000).toFixed(1)} ms`;
	if (seconds < 10) return `${seconds.toFixed(2)} s`;
	const first = UNITS.findIndex(([, length]) => seconds >= length);
	const [unit, length] = UNITS[first] ?? ["s", 1];
	const next = UNITS[first + 1];
	const count = Math.floor(seconds / length);
	const rest = next ? Math.floor((seconds - count * length) / next[1]) : 0;
	return `${count} ${unit}${rest && next ? ` ${rest} ${next[0]}` : ""}`;
}

/**
 * @param {number} ms from now; negative for the past
 * @returns {string} such as "4 s ago", "in 20 d"
 */
export function ago(ms) {
	if (Math.abs(ms) < 1000) return "now";
	return ms < 0 ? `${duration(ms)} ago` : `in ${duration(ms)}`;
}
