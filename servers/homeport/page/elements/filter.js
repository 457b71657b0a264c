// The filter: terms with a key become chips, which can be muted, edited and removed; the rest is text.

import { fill, h, icon } from "../render.js";
import { filterText, parseFilter, termText, unknownKey } from "../store/filter.js";

/** @typedef {import("../store/filter.js").Term} Term */

/** Fires `change` when the terms changed; `terms` and `value` have them. */
export class HpFilter extends HTMLElement {
	/**
	 * @param {{label: string, keys: readonly string[], placeholder?: string, values?: (key: string) => Iterable<string>}} [options]
	 *   values: what occurred, for completion by Tab
	 */
	constructor(options = { label: "Filter", keys: [] }) {
		super();
		this.options = options;
		/** @type {Term[]} */
		this.chips = [];
		this.input = h("input", {
			type: "text",
			"aria-label": options.label,
			placeholder: options.placeholder,
			autocomplete: "off",
			spellcheck: "false",
			"aria-keyshortcuts": "/",
		});
		this.tokens = h("span.tokens");
		this.hint = h("small.hint", { role: "alert" });
		this.input.addEventListener("keydown", (event) => this.#key(event));
		this.input.addEventListener("input", () => this.#later());
		this.input.addEventListener("blur", () => this.#commit());
		this.timer = 0;
		this.last = "";
	}

	connectedCallback() {
		if (this.firstChild) return;
		this.classList.add("filter");
		this.setAttribute("role", "search");
		this.append(icon("search"), this.tokens, this.input, this.hint, h("kbd", { "aria-hidden": "true" }, "/"));
		this.addEventListener("click", (event) => event.target === this && this.input.focus());
		this.#draw();
	}

	/** @returns {string} the filter as text, without what is muted */
	get value() {
		return filterText(this.terms);
	}

	set value(text) {
		if (text === this.value) return;
		const terms = parseFilter(text);
		this.chips = [...terms.filter((term) => term.key), ...this.chips.filter((term) => term.muted)];
		this.input.value = filterText(terms.filter((term) => !term.key));
		this.last = this.value;
		this.#draw();
	}

	/** @returns {Term[]} */
	get terms() {
		return [...this.chips, ...parseFilter(this.input.value)];
	}

	/** @override */
	focus() {
		this.input.focus();
		this.input.select();
	}

	#later() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => {
			const wrong = unknownKey(parseFilter(this.input.value), this.options.keys);
			if (!wrong && !/[:,\-"]$/.test(this.input.value)) this.#changed();
			this.#judge();
		}, 250);
	}

	/** Turn terms with a key into chips. */
	#commit() {
		clearTimeout(this.timer);
		const terms = parseFilter(this.input.value);
		const whole = terms.filter((term) => term.key && this.options.keys.includes(term.key) && term.values.length);
		if (whole.length) {
			this.chips.push(...whole);
			this.input.value = terms
				.filter((term) => !whole.includes(term))
				.map(termText)
				.join(" ");
			this.#draw();
		}
		this.#judge();
		this.#changed();
	}

	#changed() {
		if (this.value === this.last) return;
		this.last = this.value;
		this.dispatchEvent(new Event("change"));
	}

	#judge() {
		const wrong = unknownKey(parseFilter(this.input.value), this.options.keys);
		this.hint.textContent = wrong?.text ?? "";
		this.input.setAttribute("aria-invalid", String(wrong !== null));
	}

	/** @param {KeyboardEvent} event */
	#key(event) {
		const { input } = this;
		if (event.key === "Enter" || (event.key === " " && /\S+:\S+$/.test(input.value) && !/"[^"]*$/.test(input.value))) {
			this.#commit();
			if (event.key === " " && input.value === "") event.preventDefault();
		} else if (event.key === "Backspace" && input.value === "" && this.chips.length) {
			event.preventDefault();
			const last = this.chips.pop();
			input.value = last ? termText(last) : "";
			this.#draw();
			this.#changed();
		} else if (event.key === "Tab" && !event.shiftKey && this.#complete()) event.preventDefault();
		else if (event.key === "Escape") {
			event.stopPropagation();
			if (input.value) {
				input.value = "";
				this.#commit();
			} else input.blur();
		}
	}

	/** Complete the key or the value that is being typed. Return true if there was one. */
	#complete() {
		const found = /(-?)(\w+)(?::(?:.*,)?([^,\s]*))?$/.exec(this.input.value);
		if (!found) return false;
		const [, , key = "", start] = found;
		const candidates =
			start === undefined ? this.options.keys.map((one) => `${one}:`) : [...(this.options.values?.(key) ?? [])];
		const typed = start ?? key;
		const match = candidates.find((one) => one.startsWith(typed) && one !== typed);
		if (!match) return false;
		this.input.value += match.slice(typed.length);
		return true;
	}

	#draw() {
		fill(
			this.tokens,
			this.chips.map((term, index) => {
				const text = termText(term);
				const split = text.indexOf(":") + 1;
				return h(
					`span.token${term.muted ? ".muted" : ""}`,
					{},
					h(
						"button",
						{
							"aria-pressed": String(!term.muted),
							title: term.muted ? "Apply it again" : "Keep it, but do not apply it",
							onclick: () => {
								term.muted = !term.muted;
								this.#draw();
								this.#changed();
							},
						},
						h("b", {}, text.slice(0, split)),
						text.slice(split),
					),
					h(
						"button",
						{
							"aria-label": `Remove the filter ${text}`,
							onclick: () => {
								this.chips.splice(index, 1);
								this.#draw();
								this.#changed();
								this.input.focus();
							},
						},
						"×",
					),
				);
			}),
		);
	}
}
customElements.define("hp-filter", HpFilter);
