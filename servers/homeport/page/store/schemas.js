// Schemas of the API's description, for forms. It is fetched once, by the first form that needs it.

/** @type {Promise<Record<string, Schema>> | null} */
let read = null;

/**
 * Return the schema of that name, with only some of its fields, in this order.
 * @param {import("./api.js").Api} api
 * @param {string} name
 * @param {(name: string) => boolean} [wanted] tells which fields
 * @returns {Promise<Schema>}
 */
export async function schemaOf(api, name, wanted = () => true) {
	read ??= api
		.json("GET", "/api/v1/openapi.json")
		.then((description) => description.components.schemas)
		.catch((error) => {
			read = null;
			throw error;
		});
	const schema = (await read)[name] ?? {};
	const properties = Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([field]) => wanted(field)));
	return { ...schema, properties };
}
