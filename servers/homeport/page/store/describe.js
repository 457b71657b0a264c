// What events say, in one line.

/** @type {Record<string, string>} */
export const ARROWS = { in: "→", out: "←", finding: "!", fault: "↯", clock: "◷", registry: "◷", datagram: "⇄" };
/** What is alike at the beginning of every EPP frame: length, declaration, `epp`. */
const ENVELOPE = /^.{0,20}?<\?xml[^>]*\?>(?:\\n|\s)*(?:<epp[^>]*>)?(?:\\n|\s)*/;
/** Events of files whose bytes were transferred. */
const TRANSFERS = new Set(["store", "append", "retrieve", "list"]);
const SHORT = /(?:\\r\\n|\r\n)/g;

/**
 * @param {HpEvent} event
 * @returns {string} the event as one line, without time, service and connection
 */
export function describe(event) {
	const field = (/** @type {string} */ name) =>
		event[name] === null || event[name] === undefined ? "" : String(event[name]);
	const all = (/** @type {string[]} */ ...names) => names.map(field).filter(Boolean).join(" ");
	switch (event.type) {
		case "in":
		case "out":
			return (event.text ?? "").replace(ENVELOPE, "").replace(SHORT, " ⏎ ").trimEnd() || `${field("size")} bytes`;
		case "datagram":
			return `${event.direction ? `${field("direction")}: ` : ""}${(field("shown") || field("text")).replace(SHORT, " ⏎ ").replaceAll("\n", "  ")}${event.dropped ? ` dropped: ${field("dropped")}` : ""}`;
		case "opened":
			return `from ${field("peer")}`;
		case "closed":
			return `${field("reason")}; ${field("received")} in, ${field("sent")} out`;
		case "tls":
			return event.error
				? `failed: ${field("error")}`
				: `${all("version", "cipher").replace("TLSv", "TLS ")}${event.server_name ? `, asked for ${field("server_name")}` : ""}${event.resumed ? ", resumed" : ""}`;
		case "command":
			return `${all("verb", "argument")} ${field("code") && `→ ${field("code")}`}`;
		case "epp":
			return `${all("command", "object")}  ${field("code")} ${all("reason")}  ${[field("cl_trid"), field("sv_trid")].filter(Boolean).join(" / ")}`;
		case "login":
			return `${field("login") || "refused"}, mechanism ${field("mechanism")}, code ${field("code")}`;
		case "message":
			return `${field("id")} from ${field("from")} to ${field("to")}: ${field("subject")}`;
		case "mailbox": {
			const where = `${field("login")}/${field("mailbox")}`;
			return `${all("what", "uids")} in ${where}${event.to ? ` to ${field("to")}` : ""}  ${all("flags", "items", "old")}`;
		}
		case "file":
			if (!TRANSFERS.has(field("what")))
				return `${all("what", "path")}${event.to ? ` to ${field("to")}` : ""} ${all("mode", "modified")}`;
			return `${all("what", "path")}, ${field("octets")} bytes${event.reason ? `, ${event.reason}` : ""}`;
		case "data":
			return `${all("what", "direction", "path")}, ${field("octets")} bytes${event.problem || event.reason ? `, ${all("problem", "detail", "reason")}` : ""}`;
		case "finding":
			return `${field("id")}  ${field("text")}  ${field("reference")}  ${field("shown")}`;
		case "fault":
			return `${field("id")} ${field("kind")}: ${field("did")}`;
		case "clock":
			return `${field("what")}: ${field("from")} to ${field("to")}`;
		case "registry":
			return `${all("object", "text")}  ${field("world_time").slice(0, 16).replace("T", " ")}`;
		case "option":
			return `${all("option", "state")} at the ${field("side")}`;
		case "syslog":
			return `${field("id")} ${event.severity ? `${field("facility")}.${field("severity")}` : "no priority"} ${all("host", "app")}: ${field("message")}`;
		case "world":
			return all("what", "thing", "name");
		default:
			return Object.entries(event)
				.filter(([name, value]) => !COMMON.has(name) && value !== null && value !== "")
				.map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
				.join(", ");
	}
}

/** Fields that every event has. */
export const COMMON = new Set(["seq", "time", "world", "service", "listener", "conn", "peer", "type"]);

/**
 * The word that stands for the type of an event: a finding's level.
 * @param {HpEvent} event
 */
export const kindOf = (event) => (event.type === "finding" ? (event.level ?? "finding") : event.type);

/**
 * The class that tints the row of an event.
 * @param {HpEvent} event
 */
export const toneOf = (event) => (event.type === "finding" ? `finding ${event.level}` : event.type);
