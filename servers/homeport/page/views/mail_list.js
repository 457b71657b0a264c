// The list of messages, and what its filter knows.

export const LIST = "smtp/messages";
/** Events after which messages are fetched again. */
export const WHEN = ["message", "world"];
export const SOURCE = { path: LIST, order: "desc", when: WHEN };
/** Keys of the filter, and what a message can have. */
export const KEYS =
	"to from subject has text mailbox cc bcc header size before after filename link id conn peer auth service level".split(
		" ",
	);
export const HAS = ["attachment", "html", "text", "link", "finding", "unread"];
