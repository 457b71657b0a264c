// One log message: its fields, its structured data, what was wrong with it, and its bytes.

import { decode, hex, lines } from "../elements/bytes.js";
import { connection, facts, failure, grow, level, menu, rfc, segments } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { fill, h, icon, size, wire } from "../render.js";
import { LEVELS, sentence } from "../store/findings.js";
import { facilityWords, priority, severityTag, severityWords } from "./log_row.js";

/** @type {Record<LogSummary["format"], Child>} */
const FORMATS = {
	rfc5424: "RFC 5424",
	bsd: "BSD syslog, as RFC 3164 describes it",
	cisco: "as Cisco's devices write it",
	unknown: "text without a header",
};
/** @type {Record<string, string>} */
const FRAMINGS = {
	datagram: "a datagram",
	"octet-counting": "counted bytes",
	line: "a line",
};

export class LogRecord {
	/**
	 * @param {App} app
	 * @param {(as?: string) => string} href its address, with its bytes as text or hex
	 */
	constructor(app, href) {
		this.app = app;
		this.href = href;
		this.id = "";
		this.as = "";
		/** @type {LogDetail | null} */
		this.detail = null;
		this.life = new AbortController();
		this.element = h("article.record", { "aria-label": "Log message", tabindex: -1 });
	}

	/**
	 * Show a message; none if the identifier is empty.
	 * @param {string} id
	 * @param {string} as text or hex
	 */
	async show(id, as) {
		const same = id === this.id;
		this.as = as;
		if (same) return this.#draw();
		this.life.abort();
		this.life = new AbortController();
		const { signal } = this.life;
		this.id = id;
		this.detail = null;
		fill(this.element);
		if (!id) return;
		this.element.setAttribute("aria-busy", "true");
		try {
			this.detail = await this.app.world.get(`syslog/messages/${encodeURIComponent(id)}`, { signal });
			this.element.scrollTop = 0;
			this.#draw();
		} catch (error) {
			if (signal.aborted) return;
			fill(this.element, failure(error, h("a.btn", { href: this.app.href("logs") }, "All messages")));
		}
		this.element.removeAttribute("aria-busy");
	}

	#draw() {
		const { app, detail, as } = this;
		if (!detail) return;
		const bytes = decode(detail.bytes);
		const raw = app.world.path(`syslog/messages/${detail.id}/raw`);
		const back = { q: app.route.query.get("q") };
		fill(
			this.element,
			h(
				"header",
				{},
				h("a.btn.bare.s-only", { href: app.href("logs", back) }, icon("back"), "Logs"),
				severityTag(detail.severity),
				h("span.mono", {}, priority(detail)),
				h("small.dim", {}, detail.id),
				grow(),
				menu(
					icon("more"),
					() => [
						{ text: "Save as received", run: () => app.api.download(raw, `${detail.id}.log`) },
						...(detail.conn
							? [{ text: `Open connection ${detail.conn}`, href: app.href(["connections", detail.conn]) }]
							: []),
					],
					{ kind: "btn.bare", label: "More about this message" },
				),
				h("a.btn.bare.h-s", { href: app.href("logs", back), "aria-label": "Close", title: "Close (Esc)" }, icon("x")),
			),
			h("p.said.mono", {}, detail.message ? wire(detail.message) : h("span.dim", {}, "no text")),
			this.#findings(detail),
			this.#facts(detail),
			structured(detail),
			h(
				"section",
				{},
				h(
					"header",
					{},
					h("h2", {}, "As received"),
					h("small.dim", {}, size(detail.size)),
					grow(),
					segments("Form", [
						{ text: "Text", on: as !== "hex", href: this.href() },
						{ text: "Hex", on: as === "hex", href: this.href("hex") },
					]),
				),
				h("div.bytes.mono", {}, as === "hex" ? dump(bytes) : lines(bytes)),
				bytes.length < detail.size && h("p.note", {}, `${size(detail.size - bytes.length)} more were not kept.`),
			),
		);
	}

	/** @param {LogDetail} detail */
	#facts(detail) {
		const { app } = this;
		const { pri, severity, facility, timestamp, moment } = detail;
		const moved = Math.abs(Date.parse(detail.world_time) - Date.parse(detail.time)) > 1000;
		return facts([
			[
				"Arrived",
				[
					time(detail.time),
					` as ${FRAMINGS[detail.framing] ?? detail.framing} over ${detail.listener}`,
					detail.conn && [", ", connection(app, detail.conn)],
					moved && h("span.dim", {}, `, world time ${detail.world_time.slice(0, 19).replace("T", " ")}`),
				],
			],
			["From", h("span.mono", {}, detail.peer)],
			["Format", [FORMATS[detail.format], detail.version !== null && `, version ${detail.version}`]],
			[
				"Priority",
				pri === null
					? "none"
					: `${pri}: ${facility} (${facilityWords(facility ?? "")}), ${severity} (${severityWords(severity ?? "")})`,
			],
			timestamp !== null && [
				"Timestamp",
				[
					wire(timestamp),
					moment !== null &&
						Date.parse(moment) !== Date.parse(timestamp) &&
						h("span.dim", {}, ` is ${moment.replace(/\.?0+Z$/, "Z")}`),
				],
			],
			...fields(detail),
		]);
	}

	/** @param {LogDetail} detail */
	#findings({ findings, conn }) {
		if (!findings.length) return null;
		return h(
			"ul.broken",
			{ "aria-label": "Findings" },
			[...findings]
				.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
				.map((one) =>
					h(
						"li",
						{},
						level(one.level),
						h(
							"span.grow",
							{},
							h("a.plain", { href: this.app.href(["findings", `syslog.${one.id}`]) }, `${sentence(one.text)}.`),
							" ",
							rfc(one.reference),
						),
						conn && h("a", { href: this.app.href(["connections", conn]) }, "in its connection"),
					),
				),
		);
	}
}

/**
 * A hex dump that can be scrolled by keys where it is wider than its place.
 * @param {Uint8Array} bytes
 */
function dump(bytes) {
	const found = hex(bytes);
	found.tabIndex = 0;
	found.setAttribute("role", "region");
	found.setAttribute("aria-label", "Bytes");
	return found;
}

/**
 * @param {LogDetail} detail
 * @returns {(readonly [string, Child] | false)[]}
 */
const fields = (detail) =>
	/** @type {const} */ ([
		["Host", "host"],
		["App", "app"],
		["Process", "procid"],
		["Message id", "msgid"],
	]).map(([title, name]) => detail[name] !== null && [title, h("span.mono", {}, wire(detail[name] ?? ""))]);

/** @param {LogDetail} detail */
function structured({ structured_data: elements }) {
	if (!elements.length) return null;
	return h(
		"section",
		{},
		h("header", {}, h("h2", {}, "Structured data")),
		elements.map(({ id, parameters }) => [
			h("h3.mono", {}, wire(id)),
			parameters.length
				? facts(parameters.map(({ name, value }) => [name, h("span.mono", {}, wire(value))]))
				: h("p.dim", {}, "no parameters"),
		]),
	);
}
