// Copying: a value that is a button, and the same as a command in three forms.

import { fill, h, icon } from "../render.js";

/**
 * Copy a text. Return false if the browser does not allow it.
 * @param {string} text
 */
export async function copyText(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// Without a secure context (http on another host) there is only the old way.
		const field = h("textarea", { "aria-hidden": "true", class: "sr" });
		field.value = text;
		document.body.append(field);
		field.select();
		const done = document.execCommand("copy");
		field.remove();
		return done;
	}
}

/** A value as a button that copies it: `new HpCopy("127.0.0.1:10025", "10025")`. */
export class HpCopy extends HTMLElement {
	/**
	 * @param {string} [value]
	 * @param {string} [label] what is shown instead of the value
	 */
	constructor(value = "", label = value) {
		super();
		this.value = value;
		this.label = label;
	}

	connectedCallback() {
		if (this.firstChild) return;
		const text = h("span", {}, this.label);
		const button = h(
			"button.copy",
			{
				"aria-label": this.label === this.value ? `Copy ${this.value}` : `Copy ${this.label}, ${this.value}`,
				title: this.value,
			},
			text,
			icon("copy"),
		);
		button.addEventListener("click", async (event) => {
			event.stopPropagation();
			text.textContent = (await copyText(this.value)) ? "Copied" : "Select it and copy it";
			setTimeout(() => {
				text.textContent = this.label;
			}, 1000);
		});
		this.append(button);
	}
}
customElements.define("hp-copy", HpCopy);

const FORM = "homeport.command";
/** @type {readonly (keyof Commands)[]} */
const FORMS = ["homeport", "curl", "python"];
const TITLES = { homeport: "homeport", curl: "curl", python: "Python" };

/** The same as a command. The chosen form is remembered; set `commands` to show others. */
export class HpCommand extends HTMLElement {
	/** @param {Commands} [commands] */
	constructor(commands = {}) {
		super();
		/** @type {Commands} */
		this.shown = commands;
	}

	/** @param {Commands} commands */
	set commands(commands) {
		this.shown = commands;
		if (this.isConnected) this.#draw();
	}

	connectedCallback() {
		this.#draw();
	}

	#draw() {
		const forms = FORMS.filter((form) => this.shown[form]);
		const wanted = localStorage.getItem(FORM);
		const form = forms.find((one) => one === wanted) ?? forms[0];
		const text = (form && this.shown[form]) ?? "";
		fill(
			this,
			forms.length > 1 &&
				h(
					"div.seg",
					{ role: "group", "aria-label": "Command for" },
					forms.map((one) =>
						h("button", { "aria-pressed": String(one === form), onclick: () => this.#choose(one) }, TITLES[one]),
					),
				),
			commandLine(text),
		);
	}

	/** @param {string} form */
	#choose(form) {
		localStorage.setItem(FORM, form);
		this.#draw();
		/** @type {HTMLElement | null} */ (this.querySelector("[aria-pressed=true]"))?.focus();
	}
}
customElements.define("hp-command", HpCommand);

/**
 * One command to paste.
 * @param {string} text
 */
export function commandLine(text) {
	const button = h("button.btn.bare", { "aria-label": "Copy the command" }, icon("copy"));
	button.addEventListener("click", async () => {
		const done = await copyText(text);
		fill(button, done ? "Copied" : "Not allowed");
		setTimeout(() => fill(button, icon("copy")), 1000);
	});
	return h("div.cmd", {}, button, h("code", {}, text));
}
