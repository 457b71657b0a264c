// Small parts without state: functions that return elements.

import { fill, h, icon } from "../render.js";
import { ApiError } from "../store/api.js";

/**
 * A level of a finding, as a word on its colour.
 * @param {Level | string} name
 */
export const level = (name) =>
	h(`span.level.${["must", "should", "advice"].includes(name) ? name : "advice"}`, {}, name);

/** Services whose flags are in the sprite; others fly a plain pennant. */
const FLAGS =
	"echo discard users daytime qotd chargen time finger whois smtp ftp epp dns imap pop3 ldap telnet ntp gopher tftp ident syslog dict exam".split(
		" ",
	);

/**
 * The flag of a service; `named` adds its name.
 * @param {string | null} service
 * @param {string | false} [name] the name beside it; false for the flag alone
 */
export function flag(service, name = service ?? "") {
	if (!service) return h("span.svc");
	const symbol = icon(FLAGS.includes(service) ? service : "plain", "f");
	return name === false ? symbol : h("span.svc", {}, symbol, h("span", {}, name));
}

/**
 * A section of an RFC: text, and a link to the RFC editor, which is fetched only when it is followed.
 * @param {string} reference such as `RFC 5321 4.1.4`
 */
export function rfc(reference) {
	const found = /^RFC (\d+)(?: ([\d.A-Z]+))?/.exec(reference);
	const text = reference.replace(/^(RFC \d+) (\d)/, "$1 §$2");
	if (!found) return h("span.rfc", {}, text);
	const href = `https://www.rfc-editor.org/rfc/rfc${found[1]}${found[2] ? `#section-${found[2]}` : ""}`;
	return h("a.rfc", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}

/**
 * A sparkline. Its sentence for screen readers is `label`.
 * @param {readonly number[]} values
 * @param {string} label
 * @param {readonly number[]} [marks] indices at which something was wrong
 */
export function spark(values, label, marks = []) {
	const top = Math.max(1, ...values);
	const x = (/** @type {number} */ index) => ((index / Math.max(values.length - 1, 1)) * 108).toFixed(1);
	const y = (/** @type {number} */ value) => (19 - (value / top) * 17).toFixed(1);
	const line = values.map((value, index) => `${index ? "L" : "M"}${x(index)} ${y(value)}`).join("");
	return h(
		`svg.spark${values.some(Boolean) ? "" : ".still"}`,
		{ viewBox: "0 0 108 20", role: "img", "aria-label": label, preserveAspectRatio: "none" },
		h("path.area", { d: line && `${line}L108 20L0 20Z` }),
		h("path", { d: line }),
		marks.map((index) => h("path.mark", { d: `M${x(index)} ${y(values[index] ?? 0)}h0` })),
	);
}

/**
 * A button. While its action runs it is disabled and busy; an error of the action is a toast.
 * @param {string} text
 * @param {() => unknown} action
 * @param {{kind?: string, icon?: string, label?: string, key?: string, pressed?: boolean, title?: string, disabled?: boolean}} [options]
 *   kind: go, bare, danger, or several with dots between
 */
export function button(text, action, options = {}) {
	const element = h(
		`button.btn${options.kind ? `.${options.kind}` : ""}`,
		{
			title: options.title,
			disabled: options.disabled,
			"aria-label": options.label,
			"aria-pressed": options.pressed === undefined ? null : String(options.pressed),
		},
		options.icon && icon(options.icon),
		text,
		options.key && h("kbd.h-s", {}, options.key),
	);
	element.addEventListener("click", async () => {
		const running = action();
		if (!(running instanceof Promise)) return;
		element.disabled = true;
		const timer = setTimeout(() => element.setAttribute("aria-busy", "true"), 150);
		try {
			await running;
		} catch (error) {
			element.dispatchEvent(new CustomEvent("failure", { bubbles: true, detail: error }));
		} finally {
			clearTimeout(timer);
			element.disabled = options.disabled ?? false;
			element.removeAttribute("aria-busy");
		}
	});
	return element;
}

/**
 * A choice of a few, of which one is on. Addresses are links, functions are buttons.
 * @param {string} label
 * @param {readonly {text: string, on: boolean, href?: string, run?: () => void}[]} choices
 */
export function segments(label, choices) {
	return h(
		"div.seg",
		{ role: "group", "aria-label": label },
		choices.map(({ text, on, href, run }) =>
			href
				? h("a", { href, "aria-current": on ? "true" : null }, text)
				: h("button", { "aria-pressed": String(on), onclick: run }, text),
		),
	);
}

let menus = 0;
/**
 * A button that opens a menu. Entries are made when it opens.
 * @param {Child} text
 * @param {() => {text: Child, href?: string, run?: () => unknown, disabled?: boolean, title?: string, on?: boolean}[]} entries
 *   on: whether it is chosen, if it is a choice
 * @param {{kind?: string, label?: string}} [options]
 */
export function menu(text, entries, options = {}) {
	menus += 1;
	const id = `menu-${menus}`;
	const popover = h("div.menu", { id, popover: "auto", role: "menu" });
	const opener = h(
		`button.${options.kind ?? "btn"}`,
		{ popovertarget: id, "aria-haspopup": "menu", "aria-label": options.label },
		text,
	);
	popover.addEventListener("beforetoggle", (event) => {
		if (/** @type {ToggleEvent} */ (event).newState !== "open") return;
		fill(
			popover,
			entries().map(({ text: name, href, run, disabled, title, on }) =>
				href
					? h("a", { href, role: "menuitem", title, onclick: () => popover.hidePopover() }, name)
					: h(
							"button",
							{
								role: on === undefined ? "menuitem" : "menuitemradio",
								"aria-checked": on === undefined ? null : String(on),
								disabled,
								title,
								onclick: () => {
									popover.hidePopover();
									const running = run?.();
									if (running instanceof Promise)
										running.catch((error) =>
											opener.dispatchEvent(new CustomEvent("failure", { bubbles: true, detail: error })),
										);
								},
							},
							name,
						),
			),
		);
		const box = opener.getBoundingClientRect();
		const low = box.top > innerHeight / 2;
		popover.style.setProperty(low ? "bottom" : "top", `${low ? innerHeight - box.top + 4 : box.bottom + 4}px`);
		popover.style.setProperty(
			box.left > innerWidth / 2 ? "right" : "left",
			`${box.left > innerWidth / 2 ? innerWidth - box.right : box.left}px`,
		);
	});
	popover.addEventListener("toggle", (event) => {
		if (/** @type {ToggleEvent} */ (event).newState === "open")
			/** @type {HTMLElement | null} */ (popover.querySelector("[role^=menuitem]"))?.focus();
	});
	popover.addEventListener("keydown", (event) => {
		const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
		if (!step) return;
		event.preventDefault();
		const all = /** @type {HTMLElement[]} */ ([...popover.querySelectorAll("[role^=menuitem]")]);
		all[(all.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step + all.length) % all.length]?.focus();
	});
	return h("span.has-menu", {}, opener, popover);
}

/**
 * The heading of a view: title, what stands beside it, actions at the right.
 * @param {Child} title
 * @param {...Child} rest
 */
export const heading = (title, ...rest) => h("div.head", {}, h("h1", {}, title), rest);

/** What separates the left part of a row from the right one. */
export const grow = () => h("span.grow");

/**
 * A card with a header.
 * @param {Child} title
 * @param {Child} beside small text, or actions, in the header
 * @param {...Child} content
 */
export function card(title, beside, ...content) {
	return h("section.card", {}, title ? h("header", {}, h("h2", {}, title), beside) : null, content);
}

/**
 * The head of a column, with classes after points as in `h`: "Count.n". Without text it is of a column of buttons.
 * @param {string} head
 */
export function headCell(head) {
	const [text, ...kinds] = head.split(".");
	return h([text ? "th" : "td", ...kinds].join("."), {}, text);
}

/**
 * A table of rows.
 * @param {string} kind its classes, such as `.tall`
 * @param {readonly string[]} heads as `headCell` takes them
 * @param {Child} rows
 */
export const table = (kind, heads, rows) =>
	h(`table.list${kind}`, {}, h("thead", {}, h("tr", {}, heads.map(headCell))), rows);

/**
 * A field of a form with its label, and what stands below it.
 * @param {Child} label
 * @param {Child} control
 * @param {Child} [below]
 */
export const field = (label, control, below) => h("label.field", {}, h("span", {}, label), control, below);

/**
 * A link to a connection, or to one of its events.
 * @param {App} app
 * @param {string | null | undefined} conn
 * @param {number | null} [seq]
 * @param {string | null} [text]
 */
export const connection = (app, conn, seq, text = conn) =>
	conn ? h("a.mono", { href: app.href(["connections", conn], { at: seq ? String(seq) : null }) }, text) : null;

/**
 * A link to where a rule was broken: a place in a connection, or a log message.
 * @param {App} app
 * @param {Finding | null} one
 * @param {string | null} [text] for a place in a connection
 */
export function broken(app, one, text = one?.conn ?? null) {
	if (one?.service === "syslog" && one.transaction)
		return h("a.mono", { href: app.href(["logs", one.transaction]) }, one.transaction);
	return connection(app, one?.conn, one?.seq, text);
}

/**
 * A list of facts: term and description.
 * @param {readonly (readonly [string, Child] | null | false)[]} pairs
 */
export function facts(pairs) {
	return h(
		"dl.facts",
		{},
		pairs.map((pair) => pair && [h("dt", {}, pair[0]), h("dd", {}, pair[1])]),
	);
}

/**
 * What an empty view shows: one sentence and one command to paste.
 * @param {{icon?: string, service?: string, title: string, text?: Child, command?: Child, action?: Child}} options
 */
export function empty({ icon: name, service, title, text, command, action }) {
	const picture = service ? flag(service, false) : name ? icon(name) : null;
	picture?.classList.add("big");
	return h("div.empty", {}, picture, h("h2", {}, title), text && h("p", {}, text), command, action);
}

/**
 * What a view shows that could not be loaded: the API's words, and what to do.
 * @param {unknown} error
 * @param {Child} [action]
 */
export function failure(error, action) {
	const gone = error instanceof ApiError && error.status === 404;
	return h(
		"div.empty.failure",
		{ role: "alert" },
		icon(gone ? "search" : "warn"),
		h("h2", {}, gone ? "It is not here (any more)" : "This could not be loaded"),
		h("p", {}, errorText(error)),
		action,
	);
}

/** @param {unknown} error */
export function errorText(error) {
	if (!(error instanceof Error)) return String(error);
	const problems = error instanceof ApiError ? (error.problem.problems ?? []) : [];
	return [error.message, ...problems].join("\n");
}

/**
 * Rows in the shape of what is loading. They are seen only after 150 ms.
 * @param {number} [rows]
 */
export const skeleton = (rows = 6) =>
	h(
		"div.skeleton",
		{ "aria-hidden": "true", "aria-busy": "true" },
		Array.from({ length: rows }, () => h("i")),
	);

/**
 * A name under which something is planned, stored or known, in the type of the wire.
 * @param {Child} text
 */
export const mono = (text) => h("span.mono", {}, text);

/** @param {string} text */
export const tag = (text, kind = "") => h(`span.tag${kind && `.${kind}`}`, {}, text);
