// The form of a group of the world, which the directory shows as an entry.

import { ask } from "../elements/ask.js";
import { button, failure, skeleton } from "../elements/parts.js";
import { fill, h, wire } from "../render.js";
import { schemaOf } from "../store/schemas.js";
import { putForm } from "./put_form.js";

/** @param {unknown} name */
const path = (name) => `groups/${encodeURIComponent(String(name || "NAME"))}`;

/**
 * @param {App} app
 * @param {string} name new, or the name of a group
 * @param {(name: string) => void} done
 */
export function groupForm(app, name, done) {
	const place = h("div", {}, skeleton());
	const show = (/** @type {Record<string, any> | null} */ group) => {
		const of = (/** @type {Record<string, unknown>} */ value) => String(group?.name ?? value.name ?? "");
		fill(
			place,
			putForm(app, {
				title: group ? h("span.mono", {}, wire(String(group.name))) : "Add a group",
				schema: schemaOf(app.api, "Group", (field) => (field !== "name" || !group) && field !== "others"),
				value: { ...group },
				verb: group ? "Save" : "Add",
				path: (value) => path(of(value)),
				// Members by their DNs, which have commas, stay as they are.
				body: ({ name: _name, ...rest }) => ({ ...rest, ...(group?.others.length ? { others: group.others } : {}) }),
				done: (value) => {
					app.toast(`${of(value)} was ${group ? "saved" : "added"}.`);
					app.world.touch("directory");
					done(of(value));
				},
				close: app.href("directory"),
				beside: group && button("Delete", () => remove(app, String(group.name)), { kind: "danger", icon: "trash" }),
			}),
		);
	};
	if (name === "new") show(null);
	else app.world.get(path(name)).then(show, (/** @type {unknown} */ error) => fill(place, failure(error)));
	return place;
}

/**
 * @param {App} app
 * @param {string} name
 */
async function remove(app, name) {
	if (!(await ask({ title: `Delete ${name}?`, text: "Its members stay.", verb: "Delete" }))) return;
	const { name: _name, ...group } = await app.world.get(path(name));
	await app.world.change("DELETE", path(name));
	app.world.touch("directory");
	app.toast({
		text: `${name} was deleted.`,
		action: { text: "Undo", run: () => void app.world.change("PUT", path(name), group) },
	});
	app.go("directory");
}
