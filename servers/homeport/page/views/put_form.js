// A form that puts an object: its fields from the API's schema, the API's objections at them, and the same as a command.

import { HpCommand } from "../elements/copy.js";
import { HpForm } from "../elements/form.js";
import { card, failure, grow, skeleton } from "../elements/parts.js";
import { fill, h } from "../render.js";
import { ApiError } from "../store/api.js";
import { commandsFor } from "../store/commands.js";

/**
 * A card with the form.
 * @param {import("../app.js").App} app
 * @param {{title: Child, schema: Promise<Schema>, value: Record<string, unknown>, verb: string, path: (value: Record<string, unknown>) => string,
 *   body: (value: Record<string, unknown>) => Record<string, unknown>,
 *   python?: (value: Record<string, unknown>) => string,
 *   done: (value: Record<string, unknown>) => void, close: string, beside: Child}} options
 */
export function putForm(app, options) {
	const fields = new HpForm();
	const command = new HpCommand();
	const rest = h("p.problem", { role: "alert" });
	const place = h("div", {}, skeleton());
	const send = async () => {
		const { value } = fields;
		if (!fields.valid) {
			fields.querySelector(":invalid")?.dispatchEvent(new Event("blur"));
			/** @type {HTMLInputElement | null} */ (fields.querySelector(":invalid"))?.reportValidity();
			return;
		}
		try {
			await app.world.change("PUT", options.path(value), options.body(value));
		} catch (error) {
			if (!(error instanceof ApiError)) throw error;
			rest.textContent = fields.showProblems(error.problem.problems ?? [error.message]).join("\n");
			return;
		}
		options.done(value);
	};
	const changed = () => {
		const { value } = fields;
		command.commands = commandsFor(app.world, "PUT", options.path(value), {
			body: options.body(value),
			...(options.python ? { python: options.python(value) } : {}),
		});
	};
	fields.addEventListener("input", changed);
	const element = h(
		"form.put-form",
		{
			novalidate: true,
			onsubmit: (/** @type {Event} */ event) => {
				event.preventDefault();
				send().catch((error) => element.dispatchEvent(new CustomEvent("failure", { bubbles: true, detail: error })));
			},
		},
		place,
		h(
			"div.form-foot",
			{},
			rest,
			h(
				"div.row-of",
				{},
				h("button.btn.go", { type: "submit" }, options.verb),
				options.beside,
				grow(),
				h("a.btn.bare", { href: options.close }, "Close"),
			),
			h("h3", {}, "The same as a command"),
			command,
		),
	);
	options.schema.then(
		(schema) => {
			fill(place, fields);
			fields.show(schema, options.value);
			changed();
			const first = /** @type {HTMLInputElement | null} */ (fields.querySelector("input, select"));
			if (!first?.value) first?.focus();
		},
		(error) => fill(place, failure(error)),
	);
	return card(options.title, null, element);
}
