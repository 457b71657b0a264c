// Elements without a framework. Text is added as text nodes only, addresses are checked, and nothing parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "use", "path", "rect", "line", "text", "g", "polyline"]);
const ADDRESSES = new Set(["href", "src"]);
/** Addresses that an element may have: in the page, of this farm, or of the web; what runs a script is none. */
const SAFE_ADDRESS = /^(?:#|\/(?!\/)|blob:|https?:\/\/|mailto:)/;
const SPRITE = new URL("./icons.svg", import.meta.url).href;

/**
 * Return an element: `h("td.n", {title: "x", onclick: fn}, "text", child)`. Attributes that are null or false are left
 * out, true is the empty string, and functions under `on...` are listeners. A button submits no form unless it says so.
 * @template {string} S
 * @param {S} spec tag and classes, such as `button.btn.go`
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {ElementOf<S>}
 */
export function h(spec, attributes = {}, ...children) {
	const [tag = "div", ...classes] = spec.split(".");
	const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
	const names = classes.filter(Boolean);
	if (names.length) element.setAttribute("class", names.join(" "));
	if (tag === "button") element.setAttribute("type", "button");
	set(element, attributes);
	append(element, children);
	return /** @type {ElementOf<S>} */ (/** @type {unknown} */ (element));
}

/**
 * Set attributes and listeners of an element, as `h` does.
 * @param {Element} element
 * @param {Attributes} attributes
 */
export function set(element, attributes) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) {
			if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
		} else if (value === null || value === undefined || value === false) element.removeAttribute(name);
		else if (name === "style" || name === "srcdoc") throw new Error(`${name} is set by the style sheet or a property`);
		else if (ADDRESSES.has(name) && !SAFE_ADDRESS.test(String(value))) element.removeAttribute(name);
		else element.setAttribute(name, value === true ? "" : String(value));
	}
}

/**
 * @param {Element} parent
 * @param {readonly Child[]} children
 */
function append(parent, children) {
	for (const child of children) {
		if (child === null || child === undefined || child === false) continue;
		if (Array.isArray(child)) append(parent, child);
		else parent.append(child instanceof Node ? child : String(child));
	}
}

/**
 * Replace the children of an element. Return the element.
 * @template {Element} E
 * @param {E} parent
 * @param {...Child} children
 * @returns {E}
 */
export function fill(parent, ...children) {
	parent.replaceChildren();
	append(parent, children);
	return parent;
}

/** @type {WeakMap<Element, Map<string, {item: unknown, element: Element}>>} */
const kept = new WeakMap();

/**
 * Show a list: elements are kept by key, made again only if their item is another object, and moved only if needed. So
 * focus, selection and scrolling survive a refresh.
 * @template T
 * @param {Element} parent an element that has no other children
 * @param {readonly T[]} items
 * @param {(item: T) => string | number} key
 * @param {(item: T) => Element} make
 * @param {(a: T, b: T) => boolean} [same] true if two items look the same; compares their JSON if left out
 */
export function keyed(parent, items, key, make, same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b)) {
	const before = kept.get(parent) ?? new Map();
	const after = new Map();
	let place = parent.firstElementChild;
	for (const item of items) {
		const name = String(key(item));
		const old = before.get(name);
		const keep = old !== undefined && same(/** @type {T} */ (old.item), item);
		const element = keep ? old.element : make(item);
		after.set(name, { item, element });
		if (!keep && old !== undefined) {
			if (place === old.element) place = element;
			old.element.replaceWith(element);
		}
		if (place === element) place = element.nextElementSibling;
		else parent.insertBefore(element, place);
	}
	for (const [name, { element }] of before) if (!after.has(name)) element.remove();
	while (place) {
		const next = place.nextElementSibling;
		if (![...after.values()].some((one) => one.element === place)) place.remove();
		place = next;
	}
	kept.set(parent, after);
}

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/**
 * Fill an element when what it shows has changed, and only then: focus, open menus and selections stay.
 * @param {Element} element
 * @param {unknown} state what it shows, as JSON
 * @param {() => Child} make
 */
export function put(element, state, make) {
	const text = JSON.stringify(state);
	if (drawn.get(element) === text) return;
	drawn.set(element, text);
	fill(element, make());
}

/**
 * Return a symbol of the sprite, which is hidden from screen readers: a word stands beside it, or `aria-label`.
 * @param {string} name
 * @param {string} [kind] i for icons, f for flags
 */
export function icon(name, kind = "i") {
	const use = h("use");
	use.setAttribute("href", `${SPRITE}#${kind}-${name}`);
	return h(`svg.${kind === "f" ? "flag" : "i"}`, { "aria-hidden": "true" }, use);
}

/**
 * Find an element that must exist.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement}
 */
export function find(selector, root = document) {
	const found = root.querySelector(selector);
	if (!(found instanceof HTMLElement)) throw new Error(`there is no ${selector}`);
	return found;
}

const NAMES = ["NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI"];
const MORE = [
	"DLE",
	"DC1",
	"DC2",
	"DC3",
	"DC4",
	"NAK",
	"SYN",
	"ETB",
	"CAN",
	"EM",
	"SUB",
	"ESC",
	"FS",
	"GS",
	"RS",
	"US",
];
const CONTROLS = [...NAMES, ...MORE];
/** Characters that cannot be seen, or that change how others are seen: they are shown as boxed names. */
const RANGES = "0-1f 7f-9f ad 61c 180e 200b-200f 2028-202e 2060-206f feff fff9-fffb d800-dfff e0000-e007f".split(" ");
const UNSEEN = new RegExp(`[${RANGES.map((one) => one.replace(/\w+/g, "\\u{$&}")).join("")}]`, "gu");

/**
 * Return one line of text in which nothing is unseen, for places that take no elements.
 * @param {string} text
 */
export const visible = (text) => text.replace(UNSEEN, (one) => `␣${nameOf(one)}␣`);

/**
 * Return the name of a character that cannot be seen, or of a byte that is no UTF-8: LF, NUL, U+202E, \xE9.
 * @param {string} character
 */
export function nameOf(character) {
	const point = character.codePointAt(0) ?? 0;
	if (point >= 0xdc80 && point <= 0xdcff) return `\\x${(point - 0xdc00).toString(16).toUpperCase()}`;
	return CONTROLS[point] ?? (point === 127 ? "DEL" : `U+${point.toString(16).toUpperCase().padStart(4, "0")}`);
}

/**
 * Decode UTF-8. A byte that is none becomes U+DC80 to U+DCFF, as in Python, which `wire` shows by the byte's value.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function textOf(bytes) {
	const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	const decoded = (/** @type {number} */ from, /** @type {number} */ to) => {
		try {
			return decoder.decode(bytes.subarray(from, to));
		} catch {
			return null;
		}
	};
	const whole = decoded(0, bytes.length);
	if (whole !== null) return whole;
	const parts = [];
	let start = 0;
	for (let at = 0; at < bytes.length; ) {
		const first = bytes[at] ?? 0;
		const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
		if (first < 0x80 || (at + length <= bytes.length && decoded(at, at + length)?.length === (length > 3 ? 2 : 1)))
			at += length;
		else {
			parts.push(decoded(start, at) ?? "", String.fromCharCode(0xdc00 + first));
			at += 1;
			start = at;
		}
	}
	return [...parts, decoded(start, bytes.length) ?? ""].join("");
}

/** The longest text that is shown at once; the rest is one click away. */
const MAX_SHOWN = 4096;

/**
 * Return text from the wire as nodes: isolated from the text around it, unseen characters as boxed names, cut at 4 KiB.
 * @param {string} text
 * @param {number} [limit]
 * @returns {HTMLElement}
 */
export function wire(text, limit = MAX_SHOWN) {
	const shown = text.length > limit ? text.slice(0, limit) : text;
	const parts = [];
	let last = 0;
	for (const found of shown.matchAll(UNSEEN)) {
		parts.push(shown.slice(last, found.index), h("span.eol", {}, nameOf(found[0])));
		last = found.index + found[0].length;
	}
	const element = h("bdi.wire", {}, parts, shown.slice(last));
	if (shown.length < text.length) {
		const more = h("button.btn.bare", {}, `show all ${size(text.length)}`);
		more.addEventListener("click", () => element.replaceWith(wire(text, Number.POSITIVE_INFINITY)));
		element.append(more);
	}
	return element;
}

/**
 * @param {number} bytes
 * @returns {string} such as 1,204 B, 61 KiB, 1.5 MiB
 */
export function size(bytes) {
	for (const [unit, factor] of /** @type {const} */ ([
		["GiB", 1 << 30],
		["MiB", 1 << 20],
		["KiB", 1 << 10],
	]))
		if (bytes >= factor) return `${(bytes / factor).toFixed(bytes < 10 * factor ? 1 : 0)} ${unit}`;
	return `${number(bytes)} B`;
}

/**
 * Write a number with separators of thousands. `toLocaleString` would load its tables, which delays the first paint.
 * @param {number} value
 */
export const number = (value) => String(value).replace(/(?<!\.\d*)\B(?=(\d{3})+(?!\d))/g, ",");

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 * @returns {string} such as "1 finding", "3 findings"
 */
export function counted(count, one, many = `${one}s`) {
	return `${number(count)} ${count === 1 ? one : many}`;
}
