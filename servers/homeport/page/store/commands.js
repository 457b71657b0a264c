// The same as a command: curl for every request, `homeport` and Python where they have one.

import { queryText } from "./api.js";

/**
 * Quote a word for a POSIX shell.
 * @param {unknown} word
 */
export function shell(word) {
	const text = String(word);
	return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Write a value as Python.
 * @param {unknown} value
 * @returns {string}
 */
export function python(value) {
	if (value === null || value === undefined) return "None";
	if (value === true) return "True";
	if (value === false) return "False";
	if (typeof value === "number") return String(value);
	if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
	if (typeof value === "object")
		return `{${Object.entries(value)
			.map(([key, one]) => `${python(key)}: ${python(one)}`)
			.join(", ")}}`;
	return JSON.stringify(value).replace(/\\u2028|\\u2029/g, (one) => one);
}

/**
 * Return a request as curl. The token is a variable of the shell, never its value.
 * @param {string} method
 * @param {string} path
 * @param {{query?: Record<string, unknown> | URLSearchParams, body?: unknown, token?: boolean, output?: string}} [options]
 */
export function curl(method, path, options = {}) {
	const words = ["curl -s"];
	if (method !== "GET") words.push(`-X ${method}`);
	if (options.output) words.push(`-o ${shell(options.output)}`);
	if (options.token) words.push('-H "Authorization: Bearer $HOMEPORT_TOKEN"');
	if (options.body !== undefined) words.push(`--json ${shell(JSON.stringify(options.body))}`);
	words.push(shell(location.origin + path + queryText(options.query)));
	return words.join(" ");
}

/**
 * Return the three forms of what a request does.
 * @param {World} world
 * @param {string} method
 * @param {string} path below the world
 * @param {{query?: Record<string, unknown> | URLSearchParams, body?: unknown, homeport?: string, python?: string}} [options]
 *   homeport: what follows the word `homeport`; python: a call of the fixture
 * @returns {Commands}
 */
export function commandsFor(world, method, path, options = {}) {
	const where = `${location.port === "18000" ? "" : ` --url ${location.origin}`}${world.name === "default" ? "" : ` --world ${shell(world.name)}`}`;
	return {
		...(options.homeport ? { homeport: `homeport ${options.homeport}${where}` } : {}),
		curl: curl(method, world.path(path), { ...options, token: world.api.token !== "" }),
		...(options.python ? { python: options.python } : {}),
	};
}
