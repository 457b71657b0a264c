// The forms of People: a person, and a log-in.

import { button } from "../elements/parts.js";
import { h } from "../render.js";
import { escapeDn } from "../store/dn.js";
import { schemaOf } from "../store/schemas.js";
import { putForm } from "./put_form.js";

/**
 * @param {App} app
 * @param {Person | null} person null for a new one
 * @param {(() => unknown) | null} remove
 */
export function personForm(app, person, remove) {
	const path = (/** @type {Record<string, unknown>} */ value) =>
		`people/${encodeURIComponent(String(person?.login ?? value.login ?? "LOGIN"))}`;
	return putForm(app, {
		title: person ? [h("span.mono", {}, person.login)] : "Add a person",
		schema: schemaOf(app.api, "Person", (name) => name !== "login" || !person),
		value: { ...person },
		verb: person ? "Save" : "Add",
		path,
		body: (value) => value,
		done: (value) => {
			const login = person?.login ?? String(value.login);
			app.toast(person ? `${login} was saved.` : `${login} was added.`);
			app.go(["people", login]);
		},
		close: app.href("people"),
		beside: remove && [
			button("Delete", remove, { kind: "danger", icon: "trash" }),
			person &&
				button("Entry", () => openEntry(app, person.login), { icon: "tree", title: "Its entry in the directory" }),
		],
	});
}

/**
 * @param {App} app
 * @param {string} login
 */
async function openEntry(app, login) {
	const { base } = await app.world.get("directory");
	app.go(["directory", `uid=${escapeDn(login)},ou=people,${base}`]);
}

/**
 * @param {App} app
 * @param {string} login
 * @param {readonly PresenceState[]} present
 */
export function logOnForm(app, login, present) {
	// An identifier that is not in use; sessions never get one that was put.
	const used = present.map((one) => Number(/^p(\d+)$/.exec(one.id)?.[1] ?? 0));
	const id = `p${Math.max(0, ...used) + 1}`;
	return putForm(app, {
		title: "Log on",
		schema: schemaOf(app.api, "PresenceState", (name) => ["login", "terminal", "origin"].includes(name)),
		value: login ? { login } : {},
		verb: "Log on",
		path: () => `presence/${id}`,
		body: (value) => value,
		done: (value) => {
			app.toast({
				text: `${value.login} is on ${value.terminal}.`,
				action: { text: "Undo", run: () => void app.world.change("DELETE", `presence/${id}`) },
			});
			app.go("people/present");
		},
		close: app.href("people"),
		beside: null,
	});
}
