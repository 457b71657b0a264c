// Toasts: what was done, for six seconds; errors until they are closed.

import { errorText } from "../elements/parts.js";
import { h, icon } from "../render.js";

const SHOWN_MS = 6000;
const MAX_TOASTS = 3;

export class Toasts {
	/** @param {HTMLElement} place */
	constructor(place) {
		this.place = place;
	}

	/** @param {unknown} error */
	error(error) {
		this.show({ text: "", error });
	}

	/** @param {ToastOptions} toast */
	show({ text, action, error }) {
		const failed = error !== undefined;
		const element = h(
			`div.toast${failed ? ".wrong" : ""}`,
			{ role: failed ? "alert" : "status" },
			h("p", {}, [text, failed ? errorText(error) : ""].filter(Boolean).join(" ")),
			action &&
				h(
					"button.btn.bare",
					{
						onclick: () => {
							element.remove();
							action.run();
						},
					},
					action.text,
				),
			h("button.btn.bare", { "aria-label": "Close", onclick: () => element.remove() }, icon("x")),
		);
		this.place.append(element);
		while (this.place.children.length > MAX_TOASTS) this.place.firstElementChild?.remove();
		if (failed) return;
		const leave = () => (element.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : element.remove());
		setTimeout(leave, SHOWN_MS);
	}
}
