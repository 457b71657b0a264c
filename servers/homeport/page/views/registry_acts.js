// The registry's own acts on an object: what is possible as buttons, the rest disabled with the reason.

import { ask } from "../elements/ask.js";
import { HpCommand } from "../elements/copy.js";
import { button, menu } from "../elements/parts.js";
import { h } from "../render.js";
import { commandsFor, python, shell } from "../store/commands.js";

/** Acts in the order in which they are offered: the first possible one is what the state asks for. */
const WORDS = {
	restore: "Restore",
	approve_review: "Approve review",
	approve_transfer: "Approve transfer",
	renew: "Renew 1 year",
	reject_review: "Reject review",
	reject_transfer: "Reject transfer",
	cancel_transfer: "Cancel transfer",
	hold: "Hold",
	unhold: "Release hold",
	lock: "Lock",
	unlock: "Unlock",
	set: "Set status",
	unset: "Remove status",
	request_transfer: "Request transfer",
	force_transfer: "Force transfer",
	expire: "Expire now",
	delete: "Delete",
	purge: "Purge now",
};
const SUGGESTED = new Set(["restore", "approve_review", "approve_transfer", "renew"]);
const DANGER = new Set(["delete", "purge"]);

/**
 * @param {string} kind
 * @param {string} name
 * @param {Record<string, unknown>} body
 * @returns {string} an act as the command line has it
 */
function actCommand(kind, name, { act, statuses = [], ...rest }) {
	const options = /** @type {string[]} */ (statuses).map((status) => ` --status ${shell(status)}`);
	options.push(...Object.entries(rest).map(([key, value]) => ` --${key} ${shell(value)}`));
	return `registry act ${kind} ${shell(name)} ${act}${options.join("")}`;
}

/**
 * @param {App} app
 * @param {"domains" | "hosts" | "contacts"} plural
 * @param {string} name
 * @param {PossibleAct[]} acts
 * @param {() => void} [before] called before an act
 */
export function actButtons(app, plural, name, acts, before = () => {}) {
	const path = `registry/${plural}/${encodeURIComponent(name)}/acts`;
	const command = new HpCommand();
	const hint = (/** @type {Record<string, unknown>} */ body) => {
		const { act, ...rest } = body;
		const options = Object.entries(rest).map(([key, value]) => `, ${key}=${python(value)}`);
		command.commands = commandsFor(app.world, "POST", path, {
			body,
			homeport: actCommand(plural.slice(0, -1), name, body),
			python: `homeport.registry.act(${[plural, name, act].map(python).join(", ")}${options.join("")})`,
		});
	};
	const run = async (/** @type {Record<string, unknown>} */ body, /** @type {string} */ words) => {
		if (DANGER.has(String(body.act))) {
			const title = `${words} ${name}?`;
			const text = body.act === "purge" ? "It is gone at once; it cannot be restored." : "As the registry, at once.";
			if (!(await ask({ title, text, verb: words }))) return;
		}
		before();
		await app.world.change("POST", path, body);
		app.toast(`${name}: ${words.toLowerCase()} done.`);
	};
	const known = /** @type {[keyof typeof WORDS, string][]} */ (Object.entries(WORDS));
	const found = known.flatMap(([act, words]) => {
		const one = acts.find((each) => each.act === act);
		return one ? [{ one, words }] : [];
	});
	const possible = found.filter(({ one }) => one.possible);
	const first = possible.find(({ one }) => SUGGESTED.has(one.act));
	if (possible[0]) hint(bodyOf((first ?? possible[0]).one));
	const can = h(
		"div.row-of",
		{},
		possible.map(({ one, words }) => {
			const part = one.choices.length
				? menu(`${words}…`, () =>
						one.choices.map((choice) => ({ text: choice, run: () => run(bodyOf(one, choice), `${words} ${choice}`) })),
					)
				: button(words, () => run(bodyOf(one), words), {
						kind: one === first?.one ? "go" : DANGER.has(one.act) ? "danger" : "",
					});
			for (const type of ["pointerenter", "focusin"])
				part.addEventListener(type, () => hint(bodyOf(one, one.choices[0])));
			return part;
		}),
	);
	const same = h("details.same", {}, h("summary", {}, "The same as a command"), command);
	return { can: h("div.acts", {}, can, same), cannot: refusals(found, possible) };
}

/** Acts of which one undoes the other: the one that is possible says enough. */
const OPPOSITE = { hold: "unhold", unhold: "hold", lock: "unlock", unlock: "lock" };

/**
 * The acts that are not possible now, by reason.
 * @param {{one: PossibleAct, words: string}[]} found
 * @param {{one: PossibleAct}[]} possible
 */
function refusals(found, possible) {
	/** @type {Map<string, string[]>} */
	const reasons = new Map();
	for (const { one, words } of found) {
		const other = OPPOSITE[/** @type {keyof typeof OPPOSITE} */ (one.act)];
		if (one.possible || possible.some((each) => each.one.act === other)) continue;
		reasons.set(one.reason ?? "", [...(reasons.get(one.reason ?? "") ?? []), words]);
	}
	return h(
		"ul.cannot",
		{ "aria-label": "Not possible now" },
		[...reasons].map(([reason, all]) =>
			h(
				"li",
				{},
				all.map((words) => button(words, () => {}, { disabled: true, title: reason })),
				h("small", {}, reason),
			),
		),
	);
}

/**
 * @param {PossibleAct} one
 * @param {string} [choice] a status or a registrar
 * @returns {Record<string, unknown>}
 */
function bodyOf(one, choice = "") {
	if (one.takes.includes("statuses")) return { act: one.act, statuses: [choice] };
	if (one.takes.includes("registrar")) return { act: one.act, registrar: choice };
	return { act: one.act, ...(one.act === "renew" ? { years: 1 } : {}) };
}
