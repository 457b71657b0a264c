// A log message as a row of the list, and the words for its severity and facility.

import { level } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { fill, h, wire } from "../render.js";

/** Characters of a field that a row shows. */
const MAX_SHOWN = 300;
/** Severities by number, with what RFC 5424 6.2.1 says of them. */
export const SEVERITIES = /** @type {const} */ ([
	["emerg", "the system is unusable"],
	["alert", "action must be taken at once"],
	["crit", "critical condition"],
	["err", "error condition"],
	["warning", "warning condition"],
	["notice", "normal, but significant"],
	["info", "informational"],
	["debug", "for debugging"],
]);
/** Facilities that are no name of a program, in words. @type {Record<string, string>} */
const FACILITY_WORDS = {
	kern: "the kernel",
	user: "user programs",
	daemon: "system daemons",
	auth: "security and logins",
	syslog: "the logger itself",
	lpr: "printers",
	news: "network news",
	cron: "clock daemon",
	authpriv: "logins, for administrators",
	security: "log audit",
	console: "log alert",
	"solaris-cron": "clock daemon",
};
export const FACILITIES = [
	..."kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron".split(" "),
	...Array.from({ length: 8 }, (_, number) => `local${number}`),
];

/** @param {string} facility */
export const facilityWords = (facility) =>
	FACILITY_WORDS[facility] ?? (facility.startsWith("local") ? "local use" : `${facility} programs`);

/** @param {string} severity */
export const severityWords = (severity) => SEVERITIES.find(([name]) => name === severity)?.[1] ?? "";

/**
 * Return facility and severity as configuration files have them: local0.warning.
 * @param {{facility: string | null, severity: string | null}} one
 */
export const priority = ({ facility, severity }) => (severity ? `${facility}.${severity}` : "no priority");

/**
 * The severity as a tag, the louder the more severe.
 * @param {string | null} severity
 */
export const severityTag = (severity) =>
	h(
		`span.sev${severity ? `.${severity}` : ""}`,
		{ title: severity ? severityWords(severity) : "The message has no PRI" },
		severity ?? "none",
	);

/** @param {string} text */
const short = (text) => wire(text.slice(0, MAX_SHOWN));

/** @returns {import("../elements/list.js").Row<LogSummary>} */
export function row() {
	const element = h("div");
	return {
		element,
		show(one) {
			const today = one.time.slice(0, 10) === new Date().toISOString().slice(0, 10);
			element.classList.toggle("quiet", one.severity === "debug");
			fill(
				element,
				h("span.when.dim", {}, time(one.time, today ? "second" : "date")),
				severityTag(one.severity),
				h("span.fac.dim", { title: one.facility && facilityWords(one.facility) }, one.facility ?? ""),
				h("span.host", {}, one.host === null ? h("span.dim", {}, "no host") : short(one.host)),
				h("span.app", {}, one.app === null ? h("span.dim", {}, "no app") : short(one.app)),
				h("span.txt", {}, one.text ? short(one.text) : h("span.dim", {}, "no text")),
				h("span.worst", {}, one.worst && level(one.worst)),
			);
		},
	};
}
