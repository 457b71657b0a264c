// A message as a row of the list.

import { level } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { counted, fill, h, size, wire } from "../render.js";

/** Characters of a field that a row shows. */
const MAX_SHOWN = 200;

/**
 * Return the name of a sender, or the address if there is none: `Robert Anchor <bob@example.test>`.
 * @param {string} from the field From
 * @param {string} path the reverse-path
 */
function senderOf(from, path) {
	const [, name = "", address = ""] = /^\s*(.*?)\s*<([^<>]*)>\s*$/s.exec(from) ?? [];
	return name.replace(/^"(.*)"$/s, "$1").replace(/\\(.)/g, "$1") || address || from || path || "no sender";
}

/**
 * @param {ReadonlySet<string>} picked identifiers of the messages that are selected
 * @returns {import("../elements/list.js").Row<MailSummary>}
 */
export function row(picked) {
	const element = h("div");
	return {
		element,
		show(one) {
			const chosen = picked.has(one.id);
			const today = one.time.slice(0, 10) === new Date().toISOString().slice(0, 10);
			element.classList.toggle("new", one.unread);
			element.classList.toggle("picked", chosen);
			fill(
				element,
				h("span.sr", {}, `${chosen ? "selected, " : ""}${one.unread ? "unread, " : ""}`),
				h("b.who", {}, wire(senderOf(one.from, one.envelope.from).slice(0, MAX_SHOWN))),
				h("span.when.dim", {}, time(one.time, today ? "second" : "date")),
				h("span.what", {}, one.subject ? wire(one.subject.slice(0, MAX_SHOWN)) : "(no subject)"),
				h("span.worst", {}, one.findings.worst && level(one.findings.worst)),
				h(
					"span.more.dim",
					{},
					`${one.id}, ${size(one.size)}${one.attachments ? `, ${counted(one.attachments, "attachment")}` : ""}`,
					one.snippet && [" \u00b7 ", wire(one.snippet)],
				),
			);
		},
	};
}
