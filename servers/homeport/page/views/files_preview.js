// The preview of a file: text to 64 KiB, pictures, or hex.

import { hex, isText, lines } from "../elements/bytes.js";
import { button, card, failure, grow, segments, skeleton } from "../elements/parts.js";
import { fill, h, number, size, visible, wire } from "../render.js";
import { ApiError } from "../store/api.js";
import { filePath } from "./files_actions.js";

const LENGTH = 64 << 10;
/** The first bytes of the pictures that browsers show. SVG is text here. */
const PICTURES = [/^\x89PNG\r\n/, /^\xff\xd8\xff/, /^GIF8[79]a/, /^RIFF.{4}WEBP/s];

/**
 * Show the preview of a file.
 * @param {App} app
 * @param {HTMLElement} place
 * @param {string[]} path
 * @param {string} form text, hex, picture; auto for what fits
 * @param {string} close the address of the folder
 * @param {AbortSignal} signal
 */
export async function preview(app, place, path, form, close, signal) {
	const address = app.world.path(filePath(path));
	const name = path.at(-1) ?? "";
	const key = `${path.join("/")}?${form}`;
	if (place.dataset.shown !== path.join("/")) fill(place, card(wire(name), null, skeleton(3)));
	place.dataset.shown = path.join("/");
	place.dataset.wanted = key;
	const still = () => place.dataset.wanted === key && !signal.aborted;
	try {
		const response = await app.api.send("GET", address, { query: { length: LENGTH + 1 }, signal });
		if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})));
		// A link to a folder.
		if (response.headers.get("content-type")?.startsWith("application/json"))
			return app.go(["files", ...path], {}, true);
		const bytes = new Uint8Array(await response.arrayBuffer());
		if (!still()) return undefined;
		const cut = bytes.length > LENGTH;
		const part = cut ? bytes.subarray(0, LENGTH) : bytes;
		const head = String.fromCharCode(...part.subarray(0, 16));
		const picture = PICTURES.some((one) => one.test(head));
		const as = form === "text" || form === "hex" ? form : picture ? "picture" : isText(part) ? "text" : "hex";
		const to = (/** @type {string} */ wanted) => app.href(["files", ...path], { preview: wanted });
		const content =
			as === "picture"
				? h("div.picture", {}, h("img", { src: await app.api.address(address), alt: `The picture ${visible(name)}` }))
				: h(
						"div.bytes",
						{ tabindex: 0, role: "region", "aria-label": "Content" },
						as === "text" ? lines(part) : hex(part),
					);
		if (!still()) return undefined;
		const ends = as === "text" ? lineEnds(part) : "";
		content.classList.toggle("all-lf", ends === "LF");
		fill(
			place,
			card(
				h("span.mono", {}, wire(name)),
				[
					h(
						"small",
						{},
						cut ? `the first ${size(LENGTH)}` : `${number(bytes.length)} bytes`,
						ends && `, lines end with ${ends}`,
					),
					grow(),
					segments("Show as", [
						...(picture ? [{ text: "Picture", on: as === "picture", href: to("picture") }] : []),
						{ text: "Text", on: as === "text", href: to("text") },
						{ text: "Hex", on: as === "hex", href: to("hex") },
					]),
					button("Download", () => app.api.download(address, visible(name)), { icon: "down" }),
					h("a.btn.bare", { href: close }, "Close"),
				],
				bytes.length ? content : h("p.none", {}, "The file is empty."),
			),
		);
		place.firstElementChild?.classList.add("preview");
		place.firstElementChild?.scrollIntoView({ block: "nearest" });
	} catch (error) {
		if (still()) fill(place, card(wire(name), [grow(), h("a.btn.bare", { href: close }, "Close")], failure(error)));
	}
	return undefined;
}

/**
 * Return how lines end; empty if there is one line without an end.
 * @param {Uint8Array} bytes
 */
function lineEnds(bytes) {
	let lf = 0;
	let crlf = 0;
	bytes.forEach((byte, at) => {
		if (byte !== 10) return;
		if (bytes[at - 1] === 13) crlf += 1;
		else lf += 1;
	});
	return lf && crlf ? "CR LF and LF" : lf ? "LF" : crlf ? "CR LF" : "";
}
