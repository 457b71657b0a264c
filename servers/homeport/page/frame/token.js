// The dialog that asks for the farm's token.

import { openForm } from "../elements/ask.js";
import { field } from "../elements/parts.js";
import { h } from "../render.js";

/**
 * Ask for the token. Return null if none is given.
 * @param {boolean} wrong true if one was refused
 */
export async function askToken(wrong) {
	const token = h("input", {
		type: "password",
		required: true,
		autocomplete: "off",
		"aria-describedby": "token-problem",
	});
	const problem = wrong ? "The farm does not take this token." : "";
	const content = [
		h(
			"p",
			{},
			"It is ",
			h("code", {}, "[control] token"),
			" in the configuration, or ",
			h("code", {}, "HOMEPORT_TOKEN"),
			". It is kept until this tab is closed.",
		),
		field("Token", token),
		h("small.problem", { id: "token-problem", role: "alert" }, problem),
	];
	const use = h("button.btn.go", { type: "submit" }, "Use it");
	const given = await openForm("This farm asks for its token", content, use, () => token.value.trim(), "Not now");
	return given || null;
}
