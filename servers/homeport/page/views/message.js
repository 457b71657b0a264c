// One message: facts, what was wrong while it was sent, and its content in six forms.

import { HpCopy } from "../elements/copy.js";
import { facts, failure, grow, level, menu, rfc, segments } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { counted, fill, h, icon, wire } from "../render.js";
import { LEVELS, sentence } from "../store/findings.js";
import { attachments, headers, html, links, parts, remoteBar, source, talk, text } from "./message_tabs.js";

/** Findings and recipients that are shown at once. */
const MAX_FINDINGS = 3;
const MAX_RECIPIENTS = 20;
const TABS = /** @type {const} */ ([
	["html", "HTML"],
	["text", "Text"],
	["headers", "Headers"],
	["parts", "Parts"],
	["source", "Source"],
	["talk", "Talk"],
]);
const FORMS = { headers, parts, source, talk };

/**
 * Replace the children of an element; the focus stays where it was among its links and buttons.
 * @param {Element} parent
 * @param {...Child} children
 */
export function refill(parent, ...children) {
	const all = () => /** @type {HTMLElement[]} */ ([...parent.querySelectorAll("a, button")]);
	const at = all().indexOf(/** @type {HTMLElement} */ (document.activeElement));
	fill(parent, ...children);
	if (at >= 0) all()[at]?.focus();
}

/**
 * What the list does for a message.
 * @typedef {{href: (tab: string, as?: string) => string, remove: () => Promise<void>, mark: (read: boolean) => Promise<void>}} Hooks
 */

export class Letter {
	/**
	 * @param {App} app
	 * @param {Hooks} hooks
	 */
	constructor(app, hooks) {
		this.app = app;
		this.hooks = hooks;
		this.id = "";
		this.tab = "";
		this.as = "";
		/** @type {MailDetail | null} */
		this.detail = null;
		/** True if remote content may be fetched, until another message is shown. */
		this.remote = false;
		this.drawn = "";
		this.life = new AbortController();
		this.head = h("header");
		this.bar = h("div.bar");
		this.content = h("div.content");
		this.element = h(
			"article.letter",
			{ "aria-label": "Message", tabindex: -1 },
			h("p.pick.dim", {}, "Select a message to read it."),
		);
	}

	/** @returns {string} the path of the message below the world */
	get path() {
		return `smtp/messages/${encodeURIComponent(this.id)}`;
	}

	/** The farm is another one: what is shown may be of the old one. */
	forget() {
		const { id } = this;
		this.id = "";
		void this.show(id, this.tab, this.as);
	}

	/**
	 * Show a message; none if the identifier is empty.
	 * @param {string} id
	 * @param {string} tab
	 * @param {string} as
	 */
	async show(id, tab, as) {
		this.tab = tab;
		this.as = as;
		if (id === this.id) return this.#draw();
		this.life.abort();
		this.life = new AbortController();
		const { signal } = this.life;
		this.id = id;
		this.detail = null;
		this.remote = false;
		this.drawn = "";
		if (!id) return void fill(this.element, h("p.pick.dim", {}, "Select a message to read it."));
		this.element.setAttribute("aria-busy", "true");
		try {
			this.detail = await this.app.world.get(this.path, { signal });
			this.#draw();
			if (this.detail?.unread) void this.hooks.mark(true);
		} catch (error) {
			if (signal.aborted) return;
			fill(this.element, failure(error, h("a.btn", { href: this.app.href("mail") }, "All mail")));
		}
		this.element.removeAttribute("aria-busy");
	}

	#draw() {
		const { detail, hooks } = this;
		if (!detail) return;
		const tab = TABS.find(([name]) => name === this.tab)?.[0] ?? (detail.html ? "html" : "text");
		if (this.head.parentElement !== this.element || !this.drawn) {
			fill(this.head, this.#facts(detail));
			fill(this.element, this.head, this.bar, this.content);
			this.element.scrollTop = 0;
		}
		const tabs = TABS.filter(([name]) => name !== "html" || detail.html || tab === "html");
		refill(
			this.bar,
			segments(
				"Show",
				tabs.map(([name, title]) => ({ text: title, on: name === tab, href: hooks.href(name) })),
			),
			tab === "html" && h("span.h-s", {}, this.#choice("Width", "phone", "Wide", "Phone")),
			tab === "headers" && this.#choice("Form", "sent", "Decoded", "As sent"),
			tab === "source" && this.#choice("Form", "hex", "Text", "Hex"),
			grow(),
			menu(icon("more"), () => this.#actions(detail), { kind: "btn.bare", label: "More about this message" }),
		);
		this.content.classList.toggle("phone", tab === "html" && this.as === "phone");
		const form = `${this.id} ${tab} ${this.remote}${tab === "html" ? "" : this.as}`;
		if (form === this.drawn) return;
		this.drawn = form;
		void this.#fill(detail, tab, form);
	}

	/**
	 * @param {MailDetail} detail
	 * @param {string} tab
	 * @param {string} form
	 */
	async #fill(detail, tab, form) {
		const { app, content, path, as } = this;
		content.setAttribute("aria-busy", "true");
		/** @type {Child} */
		let filling;
		try {
			if (tab === "html")
				filling = [
					remoteBar(detail, this.remote, () => {
						this.remote = true;
						this.#draw();
					}),
					await html(app, detail, path, this.remote),
					links(detail),
					attachments(app, detail, path),
				];
			else if (tab === "text") filling = [text(detail), links(detail), attachments(app, detail, path)];
			else filling = await FORMS[/** @type {keyof typeof FORMS} */ (tab)]({ app, detail, path, as });
		} catch (error) {
			filling = failure(error);
		}
		if (this.drawn !== form) return;
		fill(content, filling);
		content.removeAttribute("aria-busy");
	}

	/**
	 * A choice of two forms, the second of which is in the address.
	 * @param {string} label
	 * @param {string} value
	 * @param {string} plain
	 * @param {string} other
	 */
	#choice(label, value, plain, other) {
		return segments(label, [
			{ text: plain, on: this.as !== value, href: this.hooks.href(this.tab) },
			{ text: other, on: this.as === value, href: this.hooks.href(this.tab || "html", value) },
		]);
	}

	/** @param {MailDetail} detail */
	#actions(detail) {
		const { app, hooks } = this;
		const raw = app.world.path(`${this.path}/raw`);
		return [
			{ text: "Mark as unread", run: () => hooks.mark(false) },
			{ text: "Save as .eml", run: () => app.api.download(raw, `${detail.id}.eml`) },
			...(detail.conn
				? [{ text: `Open connection ${detail.conn}`, href: app.href(["connections", detail.conn]) }]
				: []),
			{ text: "Delete", run: hooks.remove },
		];
	}

	/** @param {MailDetail} detail */
	#facts(detail) {
		const { envelope, conn } = detail;
		const field = (/** @type {string} */ name) => detail.headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? "";
		const named = ["to", "cc", "bcc"].map(field).join(" ").toLowerCase();
		const asked = envelope.to.map((one) => one.address);
		const blind = asked.filter((one) => !named.includes(one.toLowerCase()));
		const boxes = [...new Set(detail.delivered_to.map((one) => one.mailbox))];
		const elsewhere = boxes.length !== asked.length || boxes.some((one) => !asked.includes(one));
		const from = field("from");
		const by = [
			envelope.tls ? envelope.tls.version : "plain",
			envelope.auth ? ["login ", wire(envelope.auth)] : "without login",
		];
		const moved = Math.abs(Date.parse(detail.world_time) - Date.parse(detail.time)) > 1000;
		return [
			h(
				"a.btn.bare.s-only",
				{ href: this.app.href("mail", { q: this.app.route.query.get("q") }) },
				icon("back"),
				"Mail",
			),
			h("h2", {}, detail.subject ? wire(detail.subject) : "(no subject)"),
			facts([
				["From", from ? wire(from) : "nothing in From"],
				!from.toLowerCase().includes(envelope.from.toLowerCase() || "\n") && [
					"Sender",
					envelope.from
						? [wire(envelope.from), h("span.dim", {}, " in the envelope")]
						: "none in the envelope, as in reports",
				],
				["To", field("to") ? wire(field("to")) : "nothing in To"],
				field("cc") !== "" && ["Cc", wire(field("cc"))],
				blind.length > 0 && ["Envelope", [people(blind), h("span.dim", {}, " only in the envelope")]],
				elsewhere && ["Delivered", boxes.length ? people(boxes) : "to no mailbox"],
				[
					"Arrived",
					[
						time(detail.time),
						conn ? [" by ", h("a", { href: this.app.href(["connections", conn]) }, conn)] : " from the farm itself",
						conn && by.map((one) => [", ", one]),
						moved && h("span.dim", {}, `, world time ${detail.world_time.slice(0, 16).replace("T", " ")}`),
					],
				],
				detail.codes.length > 0 && ["Code", detail.codes.map((code) => new HpCopy(code))],
			]),
			this.#findings(detail),
		];
	}

	/** @param {MailDetail} detail */
	#findings({ findings, conn }) {
		if (!findings.length) return null;
		const worst = [...findings].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
		const more = findings.length - MAX_FINDINGS;
		return h(
			"ul.broken",
			{ "aria-label": "Findings while it was sent" },
			worst.slice(0, MAX_FINDINGS).map((one) =>
				h(
					"li",
					{},
					level(one.level),
					h("span.grow", {}, `${sentence(one.text)}. `, rfc(one.reference)),
					conn &&
						h(
							"a",
							{
								href: this.app.href(["connections", conn], { at: String(one.seq) }),
								"aria-label": `${one.id} at its line`,
							},
							"at its line",
						),
				),
			),
			more > 0 &&
				h("li", {}, h("a", { href: this.hooks.href("talk") }, `${counted(more, "more finding")} in its connection`)),
		);
	}
}

/** @param {readonly string[]} addresses */
const people = (addresses) => [
	addresses.slice(0, MAX_RECIPIENTS).map((one, index) => [index ? ", " : "", wire(one)]),
	addresses.length > MAX_RECIPIENTS && ` and ${counted(addresses.length - MAX_RECIPIENTS, "more", "more")}`,
];
