// Dialogs: a question before what cannot be undone, one for a name, one for the token.

import { h } from "../render.js";
import { field } from "./parts.js";

/**
 * Open a dialog with a form. Return what `value` gives when the form is sent; null if it is not.
 * @template T
 * @param {Child} title
 * @param {Child} content
 * @param {HTMLButtonElement} go
 * @param {() => T} value
 * @param {string} [cancel] on the button that closes it
 * @returns {Promise<T | null>}
 */
export function openForm(title, content, go, value, cancel = "Cancel") {
	const dialog = h("dialog.ask", { "aria-labelledby": "ask-title" });
	const form = h(
		"form",
		{ method: "dialog" },
		h("h2", { id: "ask-title" }, title),
		content,
		h("div.row-of", {}, go, h("button.btn", { onclick: () => dialog.close() }, cancel)),
	);
	return new Promise((resolve) => {
		/** @type {T | null} */
		let given = null;
		// `form-action 'none'` forbids submitting, so the dialog is closed by script.
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			given = value();
			dialog.close();
		});
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(given);
		});
		dialog.append(form);
		document.body.append(dialog);
		dialog.showModal();
	});
}

/**
 * Ask; return true if the answer is yes.
 * @param {{title: string, text: Child, verb: string, name?: string}} question verb: on the button; name: what must be
 *   typed, for what is large
 */
export async function ask({ title, text, verb, name }) {
	const go = h("button.btn.danger", { type: "submit", disabled: name !== undefined }, verb);
	const typed = h("input", { type: "text", autocomplete: "off", "aria-label": `Type ${name}` });
	typed.addEventListener("input", () => {
		go.disabled = typed.value !== name;
	});
	const content = [h("p", {}, text), name !== undefined && field(`Type ${name} to go on`, typed)];
	return (await openForm(title, content, go, () => true)) ?? false;
}

/**
 * Ask for a text, such as a new name; return it, or null if there is none.
 * @param {{title: string, label: string, value?: string, verb: string}} question verb: on the button
 */
export function askText({ title, label, value = "", verb }) {
	const text = h("input", { type: "text", autocomplete: "off", required: true, value, onfocus: () => text.select() });
	return openForm(title, field(label, text), h("button.btn.go", { type: "submit" }, verb), () => text.value);
}
