// What Active Users and Finger answer, as it would be sent.

import { lines } from "../elements/bytes.js";
import { HpCopy } from "../elements/copy.js";
import { card, errorText, flag, grow } from "../elements/parts.js";
import { fill, h, size } from "../render.js";
import { ApiError } from "../store/api.js";

/**
 * Two cards with the answers; `show` is called whenever people or presences may have changed.
 * @param {App} app
 */
export function asSent(app) {
	const { world } = app;
	const users = answer("Answer of Active Users");
	const finger = answer("Answer of Finger");
	const field = h("input", {
		type: "text",
		"aria-label": "Query for Finger",
		placeholder: "alice, /W alice, or nothing",
		autocomplete: "off",
		spellcheck: "false",
		maxlength: 512,
	});
	let timer = 0;
	let services = /** @type {Record<string, Record<string, Listener>>} */ ({});
	const refresh = async () => {
		timer = 0;
		services = services.finger || services.users ? services : ((await world.get("")).services ?? {});
		const query = field.value;
		await Promise.all([
			users.show(world, "preview/users", services.users, ""),
			finger.show(world, `preview/finger?q=${encodeURIComponent(query)}`, services.finger, query),
		]);
	};
	const later = (delay = 150) => {
		if (!timer) timer = setTimeout(() => void refresh(), delay);
	};
	field.addEventListener("input", () => later());
	return {
		element: h(
			"div.pair.sent",
			{},
			card([flag("users", false), " Active Users, as sent"], [grow(), users.beside], users.body),
			card(
				[flag("finger", false), " Finger, as sent"],
				[grow(), finger.beside],
				h("div.sent-query", {}, field),
				finger.body,
			),
		),
		/** @param {unknown} _present */
		show: (_present) => later(),
		/** @param {string} query */
		ask: (query) => {
			field.value = query;
			later(0);
		},
	};
}

/**
 * One answer: its bytes as they are, and the command that asks for it.
 * @param {string} label
 */
function answer(label) {
	const body = h("div.sent-body", { tabindex: 0, role: "region", "aria-label": label });
	const beside = h("span.sent-command");
	let shown = "";
	/**
	 * @param {World} world
	 * @param {string} path
	 * @param {Record<string, Listener> | undefined} listeners
	 * @param {string} query
	 */
	const show = async (world, path, listeners, query) => {
		const port = listeners?.tcp;
		if (!port) return void fill(body, h("p.dim", {}, "This world does not have the service."));
		const response = await world.api.send("GET", world.path(path));
		if (!response.ok) {
			shown = "";
			const error = new ApiError(response.status, await response.json().catch(() => ({})));
			return void fill(body, h("p.dim", { role: "alert" }, errorText(error)));
		}
		const bytes = new Uint8Array(await response.arrayBuffer());
		const state = `${query}\n${bytes.join()}`;
		if (state === shown) return undefined;
		shown = state;
		const command = path.includes("finger")
			? `printf '%s\\r\\n' '${query.replaceAll("'", `'\\''`)}' | nc ${port.host} ${port.port}`
			: `nc ${port.host} ${port.port} </dev/null`;
		fill(beside, h("small", {}, size(bytes.length)), new HpCopy(command, `${port.host}:${port.port}`));
		fill(
			body,
			bytes.length
				? h("div.bytes", {}, lines(bytes))
				: h("p.dim", {}, "An empty answer: the connection is closed without a byte."),
		);
		return undefined;
	};
	return { body, beside, show };
}
