// A host, a contact, a registrar; the poll queue of a registrar.

import { commandLine } from "../elements/copy.js";
import { button, card, empty, facts, failure, grow, skeleton } from "../elements/parts.js";
import { fill, h, wire } from "../render.js";
import { commandsFor } from "../store/commands.js";
import { actButtons } from "./registry_acts.js";
import { showOte } from "./registry_ote.js";

/** Types of events after which what is shown may have changed. */
export const WHEN = ["epp", "world", "clock"];

/**
 * Show a host, a contact or a registrar as facts.
 * @param {App} app
 * @param {HTMLElement} place
 * @param {string} kind in the plural
 * @param {string} name
 * @param {AbortSignal} signal
 */
export function showObject(app, place, kind, name, signal) {
	const path = `registry/${kind}/${encodeURIComponent(name)}`;
	const [object, acts] = [h("div", {}, skeleton()), h("div")];
	fill(place, object, acts);
	const gone = h("a.btn", { href: app.href(["registry", kind]) }, `All ${kind}`);
	const watch = (/** @type {string} */ below, /** @type {(answer: any, error: unknown) => void} */ show) =>
		app.world.watch(`${path}${below}`, { when: WHEN }, show, signal);
	watch("", (one, error) => {
		if (!one) return void (error && fill(place, failure(error, gone)));
		const queue =
			kind === "registrars" && h("a.btn", { href: app.href(["registry", kind, name, "messages"]) }, "Poll queue");
		fill(object, card(h("span.mono", {}, wire(name)), [grow(), queue], factsOf(app, one)));
	});
	if (kind === "registrars") showOte(app, acts, name, WHEN, signal);
	else
		watch("/acts", (answer) => {
			if (answer)
				fill(
					acts,
					card(
						"Acts of the registry",
						null,
						Object.values(actButtons(app, /** @type {"hosts"} */ (kind), name, answer.items)),
					),
				);
		});
}

/**
 * Show the poll queue of a registrar.
 * @param {App} app
 * @param {HTMLElement} place
 * @param {string} name of the registrar
 * @param {AbortSignal} signal
 */
export function showQueue(app, place, name, signal) {
	const path = `registry/registrars/${encodeURIComponent(name)}/messages`;
	app.world.watch(
		path,
		{ when: WHEN },
		(answer, error) => {
			if (!answer)
				return void (
					error &&
					fill(place, failure(error, h("a.btn", { href: app.href(["registry", "queues"]) }, "All poll queues")))
				);
			const clear = button("Delete all", () => app.world.change("DELETE", path), { kind: "danger" });
			const rows = answer.items.map((/** @type {any} */ one) =>
				h(
					"li",
					{},
					h("span.mono.dim", {}, one.date.slice(0, 16).replace("T", " ")),
					h("span.grow", {}, wire(one.text)),
					one.about?.kind === "domain"
						? h("a.mono", { href: app.href(["registry", "domains", one.about.name]) }, wire(one.about.name))
						: null,
				),
			);
			const none = empty({
				icon: "anchor",
				title: `No message waits for ${name}`,
				text: "Messages come with transfers, renewals at expiry, deletes by the registry. Add one:",
				command: commandLine(commandsFor(app.world, "POST", path, { body: { text: "Ahoy" } }).curl ?? ""),
			});
			fill(
				place,
				card(
					`Poll queue of ${name}`,
					[h("small", {}, "oldest first"), grow(), answer.items.length ? clear : null],
					answer.items.length ? h("ul.lines", {}, rows) : none,
				),
			);
		},
		signal,
	);
}

/**
 * @param {App} app
 * @param {RegistryItem} one
 */
function factsOf(app, one) {
	const words = (/** @type {string} */ key) => key.replaceAll("_", " ");
	/** @param {unknown} value @returns {Child} */
	const shown = (value) => {
		if (Array.isArray(value)) return value.map((each) => [shown(each), " "]);
		if (value && typeof value === "object")
			return Object.entries(value)
				.filter(([, each]) => each !== "" && each !== null && String(each))
				.map(([key, each]) => [h("span.dim", {}, `${words(key)} `), shown(each), " "]);
		return h("span.mono", {}, wire(String(value)));
	};
	return facts(
		Object.entries(one)
			.filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length))
			.map(([key, value]) => [
				words(key),
				key === "registrar"
					? h("a.mono", { href: app.href(["registry", "registrars", String(value)]) }, wire(String(value)))
					: shown(value),
			]),
	);
}
