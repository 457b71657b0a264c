// The mailboxes, and what stands in place of a list without messages.

import { HpCommand } from "../elements/copy.js";
import { empty } from "../elements/parts.js";
import { counted, fill, h, number, wire } from "../render.js";
import { filterText, parseFilter } from "../store/filter.js";
import { refill } from "./message.js";

/** @typedef {{mailbox: string, messages: number, unread: number}} Box */

/** Mailboxes that are listed; the filter finds the others. */
const MAX_BOXES = 100;

/**
 * @param {Element} parent
 * @param {readonly Box[]} boxes
 * @param {number} total of all messages
 * @param {string} q the filter, in which one mailbox can be chosen
 * @param {(q: string) => string} href
 */
export function drawBoxes(parent, boxes, total, q, href) {
	const terms = parseFilter(q);
	const rest = terms.filter((term) => term.key !== "mailbox");
	const chosen = terms.find((term) => term.key === "mailbox" && !term.negated)?.values[0] ?? "";
	const most = [...boxes].sort((a, b) => b.messages - a.messages).slice(0, MAX_BOXES);
	const shown = boxes.filter((one) => most.includes(one));
	refill(
		parent,
		[{ mailbox: "", messages: total, unread: 0 }, ...shown].map(({ mailbox, messages, unread }) =>
			h(
				"a",
				{
					href: href(filterText(mailbox ? [...rest, { key: "mailbox", values: [mailbox], negated: false }] : rest)),
					"aria-current": mailbox === chosen ? "true" : null,
					title: mailbox && `${mailbox}: ${counted(messages, "message")}, ${number(unread)} unread`,
				},
				h("span.grow", {}, mailbox ? wire(mailbox) : "All mail"),
				unread > 0 && h("span.sr", {}, `${number(unread)} unread of`),
				h(unread ? "b" : "span", {}, number(messages)),
			),
		),
		h(
			"p.dim.h-m",
			{},
			boxes.length > MAX_BOXES
				? "The filter finds more of them: mailbox:name."
				: "Mail for any address is taken. Nothing leaves this farm.",
		),
	);
}

/**
 * Say why there is nothing, and what to do.
 * @param {App} app
 * @param {Element} pane
 * @param {string} q
 * @param {number} all number of messages without a filter
 * @param {() => boolean} still true if there is still nothing
 */
export async function teach(app, pane, q, all, still) {
	if (q) {
		const title = all > 1 ? `None of ${number(all)} messages match` : "No message matches";
		const action = h("a.btn", { href: app.href("mail") }, "Show all");
		return fill(pane, empty({ icon: "search", title, action }));
	}
	const [port] = /** @type {{host: string, port: number}[]} */ (
		Object.values((await app.world.get("")).services.smtp ?? {})
	);
	if (!still()) return pane;
	if (!port) return fill(pane, empty({ icon: "mail", title: "This world has no mail server" }));
	const host = /^(0\.0\.0\.0|::)$/.test(port.host) ? location.hostname : port.host;
	return fill(
		pane,
		empty({
			icon: "mail",
			title: "No mail has arrived",
			text: "Mail for any address is taken, and nothing leaves this farm. Try:",
			command: new HpCommand({ homeport: `swaks --server ${host}:${port.port} --to alice@homeport.test` }),
		}),
	);
}
