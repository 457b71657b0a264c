// A form from a JSON Schema, as the API's description has them.

import { fill, h, number } from "../render.js";

/** A text that may be longer than this has a field of several lines. */
const MAX_LINE = 1000;

/** Fires `input` when the value changed; `value` has what is filled in, `valid` tells whether it may be sent. */
export class HpForm extends HTMLElement {
	/**
	 * @param {Schema} [schema] of an object
	 * @param {Record<string, unknown>} [value]
	 */
	constructor(schema = {}, value = {}) {
		super();
		this.schema = schema;
		/** @type {Record<string, unknown>} */
		this.given = value;
		/** @type {Map<string, () => unknown>} */
		this.readers = new Map();
	}

	connectedCallback() {
		if (!this.firstChild) this.show(this.schema, this.given);
	}

	/**
	 * Show the fields of another schema.
	 * @param {Schema} schema
	 * @param {Record<string, unknown>} [value]
	 */
	show(schema, value = {}) {
		this.schema = schema;
		this.given = value;
		this.readers.clear();
		this.classList.add("form");
		fill(
			this,
			Object.entries(schema.properties ?? {}).map(([name, one]) => this.#field(name, one)),
		);
	}

	/** @returns {Record<string, unknown>} without fields that are empty */
	get value() {
		/** @type {Record<string, unknown>} */
		const value = {};
		for (const [name, read] of this.readers) {
			const one = read();
			if (one !== undefined) value[name] = one;
		}
		return value;
	}

	get valid() {
		return [...this.querySelectorAll("input,select,textarea")].every((field) =>
			/** @type {HTMLInputElement} */ (field).checkValidity(),
		);
	}

	/**
	 * Show the API's objections: those that name a field stand at it.
	 * @param {readonly string[]} problems
	 * @returns {string[]} the others
	 */
	showProblems(problems) {
		const rest = [];
		for (const small of this.querySelectorAll("[data-problem]")) small.textContent = "";
		for (const problem of problems) {
			const name = [...this.readers.keys()].find((one) => new RegExp(`\\b${one}\\b`).test(problem));
			const place = name && this.querySelector(`[data-problem="${CSS.escape(name)}"]`);
			if (place) place.textContent = problem;
			else rest.push(problem);
		}
		return rest;
	}

	/**
	 * @param {string} name
	 * @param {Schema} whole
	 */
	#field(name, whole) {
		const schema = plain(whole);
		const required = this.schema.required?.includes(name) ?? false;
		const start = this.given[name] ?? schema.default;
		const unit = schema.unit ?? unitOf(name);
		const label = h("span", {}, schema.title ?? title(name), required ? "" : h("span.dim", {}, " optional"));
		const control = this.#control(name, schema, start, required);
		const wide =
			!schema.narrow &&
			schema.type === "string" &&
			!schema.enum &&
			(schema.maxLength === undefined || Number(schema.maxLength) > 40);
		return h(
			`label.field${wide ? ".wide" : ""}`,
			{},
			label,
			unit ? h("span.unit", {}, control, h("i", {}, unit)) : control,
			h("small", {}, [schema.description, bounds(schema)].filter(Boolean).join("; ")),
			h("small.problem", { "data-problem": name, role: "alert" }),
		);
	}

	/**
	 * @param {string} name
	 * @param {Schema} schema
	 * @param {unknown} start
	 * @param {boolean} required
	 * @returns {HTMLElement}
	 */
	#control(name, schema, start, required) {
		const changed = () => this.dispatchEvent(new Event("input"));
		if (schema.enum || schema.type === "boolean") {
			const choices = schema.enum ?? [false, true];
			const select = h(
				"select",
				{ name, required },
				required ? null : h("option", { value: "" }, String(schema.unset ?? "as usual")),
				choices.map((one, index) =>
					h(
						"option",
						{ value: JSON.stringify(one), selected: one === start },
						[String(one), /** @type {string[] | undefined} */ (schema.meanings)?.[index]].filter(Boolean).join(": "),
					),
				),
			);
			this.readers.set(name, () => (select.value ? JSON.parse(select.value) : undefined));
			select.addEventListener("change", changed);
			return select;
		}
		if (schema.type === "string" && Number(schema.maxLength) > MAX_LINE) {
			const area = h("textarea", { name, required, rows: 3, maxlength: schema.maxLength }, String(start ?? ""));
			this.readers.set(name, () => area.value || undefined);
			area.addEventListener("input", changed);
			return area;
		}
		const numeric = schema.type === "integer" || schema.type === "number";
		const input = h("input", {
			name,
			required,
			type: numeric ? "number" : "text",
			min: schema.minimum ?? schema.exclusiveMinimum,
			max: schema.maximum,
			step: schema.type === "number" ? "any" : null,
			// As a regular expression of a field has it, where a hyphen in a class is escaped.
			pattern: numeric ? null : schema.pattern?.replaceAll("-]", "\\-]"),
			placeholder: schema.examples?.[0],
			autocomplete: "off",
			value: Array.isArray(start) ? start.join(", ") : start,
		});
		this.readers.set(name, () => {
			const text = input.value;
			if (text === "") return undefined;
			if (numeric) return Number(text);
			return schema.type === "array"
				? text
						.split(",")
						.map((one) => one.trim())
						.filter(Boolean)
				: text;
		});
		input.addEventListener("input", changed);
		return input;
	}
}
customElements.define("hp-form", HpForm);

/**
 * Return a schema without the alternative `null`.
 * @param {Schema} schema
 * @returns {Schema}
 */
function plain(schema) {
	const choices = (schema.anyOf ?? schema.oneOf ?? []).filter((one) => one.type !== "null");
	// An enumeration in which each value has a meaning.
	if (choices.length && choices.every((one) => "const" in one))
		return {
			...schema,
			enum: choices.map((one) => one.const),
			meanings: choices.map((one) => one.description ?? ""),
		};
	const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
	return { ...choices[0], ...schema, ...((type ?? choices[0]?.type) ? { type: type ?? choices[0]?.type } : {}) };
}

const ABBREVIATIONS = new Set(["ede", "ttl"]);

/** @param {string} name */
const title = (name) =>
	(ABBREVIATIONS.has(name) ? name.toUpperCase() : name.charAt(0).toUpperCase() + name.slice(1))
		.replace(/_(ms|per_s|bytes|seconds)$/, "")
		.replaceAll("_", " ");

/** @param {string} name */
function unitOf(name) {
	if (/_per_s$/.test(name)) return "bytes/s";
	return /(?:^|_)(ms|bytes|seconds|times)$/.exec(name)?.[1] ?? null;
}

/** @param {Schema} schema */
function bounds(schema) {
	const low =
		schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : `above ${schema.exclusiveMinimum}`);
	if (low === undefined && schema.maximum === undefined) return "";
	return schema.maximum === undefined ? `${low} or more` : `${low ?? "up"} to ${number(schema.maximum)}`;
}
