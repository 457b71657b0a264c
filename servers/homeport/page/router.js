import { textOf } from "./render.js";

// The address is the state: `/#/w/<world>/<path>?<query>`. The world `default` may be left out.

/**
 * Read an address. A part that cannot be decoded is taken as it is.
 * @param {string} hash
 * @returns {Route}
 */
export function readRoute(hash) {
	const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
	const parts = path.split("/").map(decode);
	const files = parts.indexOf("files");
	if (files === 0 || files === 2) parts.splice(0, parts.length, ...path.split("/").map(decodeName));
	if (parts.at(-1) === "") parts.pop();
	const named = parts[0] === "w" && parts[1];
	return {
		world: named ? (parts[1] ?? "default") : "default",
		path: named ? parts.slice(2) : parts,
		query: new URLSearchParams(query),
	};
}

/** @param {string} part */
function decode(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/**
 * Decode the name of a file. Bytes that are no UTF-8 become U+DC80 to U+DCFF, which `encodeName` takes.
 * @param {string} part
 */
export function decodeName(part) {
	const encoder = new TextEncoder();
	const bytes = [...part.matchAll(/%([0-9a-f]{2})|./gisu)].flatMap(([found, pair]) =>
		pair ? Number.parseInt(pair, 16) : [...encoder.encode(found)],
	);
	return textOf(Uint8Array.from(bytes));
}

/**
 * Percent-encode the name of a file, or another part of an address.
 * @param {string} name
 */
export const encodeName = (name) =>
	name
		.split(/([\udc80-\udcff])/u)
		.map((part, at) => (at % 2 ? `%${(part.charCodeAt(0) - 0xdc00).toString(16)}` : encodeURIComponent(part)))
		.join("");

/**
 * Write an address.
 * @param {string} world
 * @param {readonly string[]} path
 * @param {Record<string, string | null | undefined> | URLSearchParams} [query] what is empty is left out
 */
export function writeRoute(world, path, query = {}) {
	const pairs = query instanceof URLSearchParams ? [...query] : Object.entries(query);
	const search = new URLSearchParams();
	for (const [name, value] of pairs) if (value) search.set(name, value);
	const where = [...(world === "default" ? [] : ["w", world]), ...path].map(encodeName).join("/");
	return `#/${where}${search.size ? `?${search}` : ""}`;
}
