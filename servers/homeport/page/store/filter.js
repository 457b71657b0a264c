// The filter language: `word`, `"two words"`, `key:value`, `key:a,b`, `-key:value`, `key:>100`.

/**
 * A term of a filter.
 * @typedef {object} Term
 * @property {string} key empty for text
 * @property {string[]} values one of them must match
 * @property {boolean} negated
 * @property {boolean} [muted] kept, but not applied
 */

const TERM = /(-?)(?:([A-Za-z_]+):)?((?:"(?:[^"\\]|\\.)*"|[^\s"])+)/gy;
export const EVENT_KEYS = [
	"service",
	"type",
	"conn",
	"peer",
	"level",
	"id",
	"code",
	"command",
	"object",
	"fault",
	"text",
	"listener",
];

/**
 * @param {string} text
 * @returns {Term[]}
 */
export function parseFilter(text) {
	const terms = [];
	const source = text.slice(0, 4096);
	let at = 0;
	while (at < source.length) {
		TERM.lastIndex = at;
		const found = TERM.exec(source);
		if (!found) {
			at += 1;
			continue;
		}
		const [whole, minus, key = "", value = ""] = found;
		terms.push({ key: key.toLowerCase(), negated: minus === "-", values: values(value, key !== "") });
		at += whole.length;
	}
	return terms;
}

/**
 * @param {string} text
 * @param {boolean} several true if commas separate values
 */
function values(text, several) {
	const pattern = several ? /"((?:[^"\\]|\\.)*)"|[^,"]+/g : /"((?:[^"\\]|\\.)*)"|[^"]+/g;
	return [...text.matchAll(pattern)].map((found) => (found[1] ?? found[0]).replace(/\\(.)/g, "$1"));
}

/** @param {string} value */
const quoted = (value) => (/^[^\s",]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`);

/** @param {Term} term */
export const termText = (term) =>
	`${term.negated ? "-" : ""}${term.key && `${term.key}:`}${term.values.map(quoted).join(",")}`;

/** @param {Term[]} terms */
export const filterText = (terms) =>
	terms
		.filter((term) => !term.muted)
		.map(termText)
		.join(" ");

/**
 * Return the first key that is not known, with what was meant.
 * @param {Term[]} terms
 * @param {readonly string[]} keys
 * @returns {{key: string, text: string} | null}
 */
export function unknownKey(terms, keys) {
	const wrong = terms.find((term) => term.key && !keys.includes(term.key));
	if (!wrong) return null;
	const near = keys
		.filter((key) => distance(key, wrong.key) <= 2)
		.sort((a, b) => distance(a, wrong.key) - distance(b, wrong.key))[0];
	return {
		key: wrong.key,
		text: `no key '${wrong.key}'; ${near ? `did you mean ${near}?` : `there are ${keys.join(", ")}`}`,
	};
}

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} number of edits between two short words
 */
export function distance(a, b) {
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i += 1) {
		const next = [i];
		for (let j = 1; j <= b.length; j += 1)
			next[j] = Math.min(
				(row[j] ?? 0) + 1,
				(next[j - 1] ?? 0) + 1,
				(row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
			);
		row = next;
	}
	return row[b.length] ?? 0;
}

const LEVELS = ["advice", "should", "must"];

/**
 * Tell whether an event matches, as the API does for its lists: it decides for events that arrive after them.
 * @param {HpEvent} event
 * @param {Term[]} terms
 */
export function matches(event, terms) {
	return terms.every(
		(term) => term.muted || term.values.some((value) => holds(event, term.key, value)) !== term.negated,
	);
}

/**
 * @param {HpEvent} event
 * @param {string} key
 * @param {string} value
 * @returns {boolean}
 */
function holds(event, key, value) {
	const wanted = value.toLowerCase();
	switch (key) {
		case "":
		case "text":
			return Object.values(event).some((field) => typeof field === "string" && field.toLowerCase().includes(wanted));
		case "peer":
			return event.peer === value || (event.peer?.startsWith(value) ?? false);
		case "level":
			return event.level !== undefined && compare(LEVELS.indexOf(event.level), wanted, (text) => LEVELS.indexOf(text));
		case "code":
			return String(event.code ?? "").startsWith(value);
		case "command":
			return [event.verb, event.command].some((field) => String(field ?? "").toLowerCase() === wanted);
		case "object":
			return [event.object, event.argument].some((field) =>
				String(field ?? "")
					.toLowerCase()
					.includes(wanted),
			);
		case "fault":
			return event.type === "fault" && event.id === value;
		case "id":
			return event.id === value || (event.id?.endsWith(`.${value}`) ?? false);
		default:
			return String(event[key] ?? "").toLowerCase() === wanted;
	}
}

/**
 * Compare with a value such as `>=should` or `must`.
 * @param {number} left
 * @param {string} value
 * @param {(text: string) => number} read
 */
function compare(left, value, read) {
	const [, operator = "", text = ""] = /^(>=|<=|>|<)?(.*)$/.exec(value) ?? [];
	const right = read(text);
	if (operator === ">") return left > right;
	if (operator === "<") return left < right;
	if (operator === ">=") return left >= right;
	return operator === "<=" ? left <= right : left === right;
}
