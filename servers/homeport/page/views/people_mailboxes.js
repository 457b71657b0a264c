// The mailboxes of a person, as IMAP and POP3 show them.

import { card, table } from "../elements/parts.js";
import { fill, h, number, size, wire } from "../render.js";

/**
 * A card that shows the mailboxes of the person that was last named.
 * @param {App} app
 */
export function mailboxesOf(app) {
	const element = h("div", { hidden: true });
	let life = new AbortController();
	let shown = "";
	/** @param {MailboxState} one */
	const row = (one) =>
		h(
			"tr",
			{},
			h("td", {}, wire(one.name), one.special_use ? h("span.dim", {}, ` ${one.special_use}`) : null),
			h("td.n", {}, number(one.messages)),
			h("td.n", {}, one.unseen ? number(one.unseen) : h("span.dim", {}, "0")),
			h("td.n.h-s", {}, size(one.size)),
			h("td.n.mono.h-s", {}, String(one.uid_validity)),
		);
	return {
		element,
		/**
		 * @param {string} login empty to hide the card
		 * @param {AbortSignal} signal of the view
		 */
		show: (login, signal) => {
			if (login === shown) return;
			shown = login;
			life.abort();
			life = new AbortController();
			element.hidden = true;
			if (!login) return;
			app.world.watch(
				`mailboxes/${encodeURIComponent(login)}`,
				{ when: ["mailbox", "message", "world"] },
				(/** @type {Page<MailboxState> | undefined} */ answer) => {
					element.hidden = !answer;
					const heads = ["Mailbox", "Messages.n", "Unseen.n", "Size.n.h-s", "UIDVALIDITY.n.h-s"];
					if (answer) fill(element, card("Mailboxes", null, table("", heads, h("tbody", {}, answer.items.map(row)))));
				},
				AbortSignal.any([life.signal, signal]),
			);
		},
	};
}
