// The form that adds a domain, host, contact or registrar as it is: the registry does not check references.

import { python } from "../store/commands.js";
import { schemaOf } from "../store/schemas.js";
import { putForm } from "./put_form.js";

/** @type {Record<string, {one: string, key: string, fields: string[], postal?: string[]}>} What can be added. */
export const ADDED = {
	domains: {
		one: "domain",
		key: "name",
		fields: ["name", "registrar", "expires", "created", "registrant", "nameservers", "statuses", "password", "deleted"],
	},
	hosts: { one: "host", key: "name", fields: ["name", "registrar", "addresses", "statuses"] },
	contacts: {
		one: "contact",
		key: "id",
		fields: ["id", "registrar", "email", "voice", "statuses", "password"],
		postal: ["name", "organization", "city", "country"],
	},
	registrars: {
		one: "registrar",
		key: "id",
		fields: ["id", "name", "password", "email", "zones", "sessions", "balance"],
	},
};

/**
 * @param {import("../app.js").App} app
 * @param {string} kind in the plural
 */
export function addForm(app, kind) {
	const { one = "", key = "", postal = [] } = ADDED[kind] ?? {};
	const name = (/** @type {Record<string, unknown>} */ value) => String(value[key] ?? "NAME");
	const body = (/** @type {Record<string, unknown>} */ value) => {
		const { postal: parts, plain } = apart(value, postal);
		return postal.length ? { ...plain, postal: parts } : plain;
	};
	return putForm(app, {
		title: `Add a ${one}`,
		schema: schema(app, kind),
		value: kind === "domains" ? { expires: "+P1Y" } : {},
		verb: "Add",
		path: (value) => `registry/${kind}/${encodeURIComponent(name(value))}`,
		body,
		python: (value) => {
			const options = Object.entries(body(value)).filter(([field]) => field !== key);
			return `homeport.registry.${kind}.put(${[python(name(value)), ...options.map(([field, given]) => `${field}=${python(given)}`)].join(", ")})`;
		},
		done: (value) => {
			const path = ["registry", kind, name(value)];
			const undo = () => void app.world.change("DELETE", path.map(encodeURIComponent).join("/"));
			app.toast({ text: `${name(value)} was added.`, action: { text: "Undo", run: undo } });
			app.go(path);
		},
		close: app.href(["registry", kind]),
		beside: null,
	});
}

/**
 * The schema of the form: some fields of the request's body, those of its postal address among them, and the registrars
 * that there are as a choice.
 * @param {import("../app.js").App} app
 * @param {string} kind
 * @returns {Promise<Schema>}
 */
async function schema(app, kind) {
	const { one = "", key = "", fields = [], postal = [] } = ADDED[kind] ?? {};
	const [whole, address, registrars] = await Promise.all([
		schemaOf(app.api, `${one.charAt(0).toUpperCase()}${one.slice(1)}Body`),
		schemaOf(app.api, "PostalInfo"),
		app.world.get("registry/registrars"),
	]);
	/** @type {Record<string, Schema>} */
	const properties = {};
	for (const field of fields) properties[field] = { ...whole.properties?.[field], narrow: field !== key };
	for (const field of postal) properties[`postal_${field}`] = { ...address.properties?.[field], narrow: true };
	// The key is the one of the path.
	if (properties[key]) properties[key].description = key === "name" ? "in lower case, with A-labels" : "";
	if (properties.registrar)
		properties.registrar.enum = registrars.items.map((/** @type {RegistryItem} */ each) => each.id);
	const required = [...(whole.required ?? []), key, ...(postal.length ? ["postal_name"] : [])];
	return { ...whole, properties, required };
}

/**
 * Separate the parts of a postal address from other fields.
 * @param {Record<string, unknown>} value
 * @param {readonly string[]} fields
 */
function apart(value, fields) {
	const plain = { ...value };
	/** @type {Record<string, unknown>} */
	const postal = {};
	for (const field of fields) {
		if (`postal_${field}` in plain) postal[field] = plain[`postal_${field}`];
		delete plain[`postal_${field}`];
	}
	return { plain, postal };
}
