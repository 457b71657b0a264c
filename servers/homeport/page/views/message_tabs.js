// The forms in which a message is shown.

import { hex, lines } from "../elements/bytes.js";
import { HpCopy } from "../elements/copy.js";
import { drawStep } from "../elements/ladder.js";
import { button, tag } from "../elements/parts.js";
import { counted, h, icon, number, size, wire } from "../render.js";
import { ApiError } from "../store/api.js";
import { stepsOf } from "../store/talk.js";

/** @typedef {{app: App, detail: MailDetail, path: string, as: string}} Form */

const MAX_LINES = 2000;
const MAX_LINKS = 100;
const MAX_STEPS = 400;
/** Octets of the source that are shown at once, and at most. */
const MAX_FIRST = 64 << 10;
const MAX_SOURCE = 1 << 20;
const MAX_PICTURE = 8 << 20;
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/**
 * The HTML in a frame without scripts and without an origin, under a policy of its own.
 * @param {App} app
 * @param {MailDetail} detail
 * @param {string} path
 * @param {boolean} remote
 */
export async function html(app, detail, path, remote) {
	if (!detail.html) return h("p.pick.dim", {}, "This message has no HTML.");
	const src = await app.api.address(app.world.path(`${path}/view?remote=${remote ? 1 : 0}`));
	return h("iframe.paper", { sandbox: "", src, title: `HTML of message ${detail.id}`, referrerpolicy: "no-referrer" });
}

/**
 * What the HTML would fetch from other hosts.
 * @param {MailDetail} detail
 * @param {boolean} loaded
 * @param {() => void} load
 */
export function remoteBar({ remote }, loaded, load) {
	if (!remote.length) return null;
	const sheets = remote.filter((url) => /\.css\b|\/css\b|fonts\./i.test(url)).length;
	const images = remote.length - sheets;
	const kinds = [images && counted(images, "image"), sheets && counted(sheets, "style sheet")];
	const hosts = h(
		"details",
		{},
		h("summary", {}, "Which"),
		h(
			"ul",
			{},
			remote.map((url) => h("li.mono", {}, wire(url))),
		),
	);
	const text = loaded
		? `${counted(images, "image")} on other hosts ${images === 1 ? "was" : "were"} asked for, this once.${sheets ? " Style sheets never are." : ""}`
		: `${kinds.filter(Boolean).join(" and ")} on other hosts ${remote.length === 1 ? "was" : "were"} not fetched.`;
	return h(
		"div.remote",
		{ role: "note" },
		h("span.grow", {}, text),
		hosts,
		!loaded && images > 0 && button("Load once", load, { kind: "bare" }),
	);
}

/** @param {MailDetail} detail */
export function text(detail) {
	if (!detail.text.trim())
		return h(
			"p.pick.dim",
			{},
			detail.html
				? "This message has no text: a program that shows text only shows nothing."
				: "This message is empty.",
		);
	const all = detail.text.split(/\r\n|\n/);
	const draw = (/** @type {string[]} */ some) => some.map((line) => h("div.line", {}, wire(line)));
	const body = h("div.plain", {}, draw(all.slice(0, MAX_LINES)));
	return [body, rest(all.length - MAX_LINES, "line", () => body.append(...draw(all.slice(MAX_LINES))))];
}

/**
 * A button that shows what was left out.
 * @param {number} count
 * @param {string} what
 * @param {() => unknown} show
 */
function rest(count, what, show) {
	if (count <= 0) return null;
	const more = button(`Show ${counted(count, `more ${what}`)}`, async () => {
		await show();
		more.remove();
	});
	return more;
}

/**
 * Links of the texts with their whole target: the frame opens none.
 * @param {MailDetail} detail
 */
export function links(detail) {
	if (!detail.links.length) return null;
	return h(
		"details.links",
		{ open: detail.links.length <= 3 },
		h("summary", {}, `${counted(detail.links.length, "link")} in it`),
		h(
			"ul",
			{},
			detail.links.slice(0, MAX_LINKS).map((url) => h("li", {}, link(url), new HpCopy(url, "Copy"))),
		),
		detail.links.length > MAX_LINKS && h("p.dim", {}, `${number(detail.links.length - MAX_LINKS)} more are not shown.`),
	);
}

/** @param {string} url */
function link(url) {
	if (!/^https?:/i.test(url) || !URL.canParse(url)) return h("span.mono.grow", {}, wire(url));
	// The host as the resolver gets it: other scripts have letters that look like ASCII.
	const { hostname } = new URL(url);
	const host = url.toLowerCase().includes(hostname) ? null : h("span.dim", {}, ` host ${hostname}`);
	return h("span.grow", {}, h("a.mono", { href: url, target: "_blank", rel: "noopener noreferrer" }, wire(url)), host);
}

/**
 * @param {MailPart} node
 * @returns {MailPart[]} the node and all below it, in order
 */
const flat = (node) => [node, ...node.children.flatMap(flat)];

/**
 * @param {App} app
 * @param {MailDetail} detail
 * @param {string} path
 */
export function attachments(app, detail, path) {
	const pictured = (/** @type {MailPart} */ one) => one.content_id && detail.html.includes(`cid:${one.content_id}`);
	const all = flat(detail.tree).filter((one) => one.attachment && one.part !== null && !pictured(one));
	if (!all.length) return null;
	return h(
		"ul.clips",
		{ "aria-label": "Attachments" },
		all.map((one) =>
			h(
				"li",
				{},
				save(app, path, one, [
					icon("clip"),
					wire(one.filename || "without a name", 120),
					h("span.dim", {}, `${one.content_type}, ${size(one.size)}`),
				]),
			),
		),
	);
}

/**
 * @param {App} app
 * @param {string} path
 * @param {MailPart} part
 * @param {Child} content
 */
function save(app, path, part, content) {
	const name = part.filename || `part-${part.part}`;
	const run = () => app.api.download(app.world.path(`${path}/parts/${part.part}`), name);
	const element = button("", run, { title: "Save it as a file" });
	element.append(...[content].flat(9).map((one) => /** @type {Node} */ (one)));
	return element;
}

/** @param {Form} form */
export async function headers({ app, detail, path, as }) {
	if (as === "sent") {
		const bytes = await read(app, `${path}/raw`, detail.tree.body);
		return h("div.plain.mono", {}, lines(bytes));
	}
	return h(
		"table.list.fields",
		{},
		h("thead.sr", {}, h("tr", {}, h("th", { scope: "col" }, "Field"), h("th", { scope: "col" }, "Value"))),
		h(
			"tbody",
			{},
			detail.headers.map(([name, value]) =>
				h("tr", {}, h("th", { scope: "row" }, wire(name)), h("td", {}, wire(value))),
			),
		),
	);
}

/** @param {Form} form */
export async function parts({ app, detail, path }) {
	const draw = async (/** @type {MailPart} */ one, /** @type {number} */ depth) => {
		const leaf = one.part !== null;
		const about = [
			one.charset,
			one.encoding,
			leaf ? size(one.size) : counted(one.children.length, "part"),
			one.disposition,
			one.content_id && `cid:${one.content_id}`,
			one.subject !== null && depth > 0 && `subject: ${one.subject}`,
		];
		const element = h(
			"li",
			{},
			h("span.mono.dim", {}, one.section || "\u2013"),
			h(
				"span.grow",
				{},
				h("b", {}, wire(one.content_type, 120)),
				one.filename && [" ", wire(one.filename, 200)],
				!one.complete && tag("not read to its end", "should"),
				h("small.dim", {}, wire(about.filter(Boolean).join(", "), 400)),
			),
			leaf && save(app, path, one, [icon("down"), "Save"]),
			PICTURES.includes(one.content_type) && leaf && one.size < MAX_PICTURE
				? h("img", {
						src: await app.api.address(app.world.path(`${path}/parts/${one.part}`)),
						alt: one.filename || one.content_type,
						loading: "lazy",
					})
				: null,
		);
		element.style.setProperty("--depth", String(depth));
		return element;
	};
	const walk = async (/** @type {MailPart} */ one, depth = 0) => {
		const rows = [await draw(one, depth)];
		for (const child of one.children) rows.push(...(await walk(child, depth + 1)));
		return rows;
	};
	return h("ul.tree", {}, await walk(detail.tree));
}

/** @param {Form} form */
export async function source({ app, detail, path, as }) {
	const draw = (/** @type {Uint8Array} */ bytes) => (as === "hex" ? [hex(bytes, 0, MAX_SOURCE)] : lines(bytes));
	const body = h("div.plain.mono", {}, draw(await read(app, `${path}/raw`, MAX_FIRST)));
	const all = Math.min(detail.size, MAX_SOURCE);
	return [
		body,
		all > MAX_FIRST &&
			button(`Show ${size(all)}`, async () => body.replaceChildren(...draw(await read(app, `${path}/raw`, all)))),
		detail.size > MAX_SOURCE && h("p.dim", {}, `It has ${size(detail.size)}: save it to read the rest.`),
	];
}

/**
 * Read the beginning of a file.
 * @param {App} app
 * @param {string} path
 * @param {number} limit
 */
async function read(app, path, limit) {
	const response = await app.api.send("GET", app.world.path(path));
	if (!response.ok || !response.body) throw new ApiError(response.status, await response.json().catch(() => ({})));
	const reader = response.body.getReader();
	const bytes = new Uint8Array(limit);
	let length = 0;
	while (length < limit) {
		const { done, value } = await reader.read();
		if (done) break;
		const piece = value.subarray(0, limit - length);
		bytes.set(piece, length);
		length += piece.length;
	}
	void reader.cancel();
	return bytes.subarray(0, length);
}

/** @param {Form} form */
export async function talk({ app, detail }) {
	const { conn, envelope } = detail;
	if (!conn) return h("p.pick.dim", {}, "The farm made this message itself: no client sent it.");
	/** @type {Talk} */
	const answer = await app.world.get(`connections/${encodeURIComponent(conn)}/transcript`);
	// A message can be older than the journal, whose connections begin again with c1.
	if (answer.connection.peer !== envelope.peer)
		return h("p.pick.dim", {}, `The journal does not have its connection any more: ${conn} is another one now.`);
	const steps = stepsOf(answer, false);
	return [
		h("p.pick", {}, h("a", { href: app.href(["connections", conn]) }, `Open connection ${conn}`)),
		h(
			"ol.ladder",
			{},
			steps.slice(0, MAX_STEPS).map((step) => drawStep(step, "text")),
		),
		steps.length > MAX_STEPS &&
			h("p.pick.dim", {}, `${counted(steps.length - MAX_STEPS, "more step")} in the connection.`),
	];
}
