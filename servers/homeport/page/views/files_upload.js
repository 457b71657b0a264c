// Uploads: files and folders, chosen by a field or dropped, several at once, each with a bar.

import { button, errorText } from "../elements/parts.js";
import { counted, h, icon, number, size, wire } from "../render.js";
import { encodeName } from "../router.js";
import { filePath } from "./files_actions.js";
import { chosen, dropped, MAX_FILES } from "./files_dropped.js";

const MAX_BYTES = 10 << 20;
const AT_ONCE = 3;

/** @param {readonly string[]} path */
const encoded = (path) => path.map(encodeName).join("/");

/**
 * @param {App} app
 * @param {() => readonly string[]} folder where files go
 */
export function uploads(app, folder) {
	const list = h("ul.card.uploads", { hidden: true, "aria-label": "Uploads" });
	const [field, folderField] = [
		h("input.sr", { type: "file", multiple: true, "aria-label": "Files to upload", tabindex: -1 }),
		h("input.sr", { type: "file", webkitdirectory: true, "aria-label": "Folder to upload", tabindex: -1 }),
	];
	for (const one of [field, folderField])
		one.addEventListener("change", () => {
			void add(chosen([...(one.files ?? [])]));
			one.value = "";
		});
	/** @type {(() => Promise<boolean>)[]} */
	const waiting = [];
	let running = 0;
	let done = 0;

	const next = async () => {
		const start = running < AT_ONCE && waiting.shift();
		if (!start) {
			if (running || !done) return;
			app.toast(`${counted(done, "file")} uploaded.`);
			done = 0;
			return;
		}
		running += 1;
		if (await start()) done += 1;
		running -= 1;
		void next();
	};

	const add = async (/** @type {import("./files_dropped.js").Dropped} */ { files, empty, cut }) => {
		const place = folder();
		if (cut)
			app.toast(
				`It is too much for one upload: the first ${number(files.length)} files are sent, ${number(MAX_FILES)} at most. Send the rest by FTP.`,
			);
		for (const { path: below, file } of files) {
			const path = [...place, ...below];
			const name = below.join("/");
			const bar = h("progress", { max: Math.max(file.size, 1), value: 0, "aria-label": name });
			const state = h("span.dim", {}, size(file.size));
			const life = new AbortController();
			const cancel = () => (bar.isConnected ? life.abort() : row.remove());
			/** @type {HTMLElement} */
			const row = h(
				"li",
				{},
				h("span.mono.clip-name", {}, wire(name)),
				bar,
				state,
				button("", cancel, {
					icon: "x",
					kind: "bare",
					label: `Cancel ${name}`,
				}),
			);
			list.append(row);
			list.hidden = false;
			waiting.push(async () => {
				try {
					if (file.size > MAX_BYTES)
						throw new Error(`It has ${size(file.size)}; the API takes ${size(MAX_BYTES)}: upload it by FTP.`);
					await app.api.upload(
						app.world.path(filePath(path)),
						file,
						(sent) => {
							bar.value = sent;
							state.textContent = `${size(sent)} of ${size(file.size)}`;
						},
						life.signal,
					);
					row.remove();
					return true;
				} catch (error) {
					bar.remove();
					state.className = "problem";
					state.textContent = errorText(error);
					return false;
				} finally {
					list.hidden = !list.childElementCount;
					app.world.touch("ftp/files");
				}
			});
			void next();
		}
		for (const path of empty) await app.world.change("PUT", `ftp/directories/${encoded([...place, ...path])}`);
	};

	/**
	 * Take files that are dropped on an element.
	 * @param {HTMLElement} main
	 * @param {AbortSignal} signal
	 */
	const accept = (main, signal) => {
		const over = (/** @type {DragEvent} */ event) => {
			if (!event.dataTransfer?.types.includes("Files")) return;
			event.preventDefault();
			main.classList.add("dropping");
		};
		const left = () => main.classList.remove("dropping");
		main.addEventListener("dragover", over, { signal });
		main.addEventListener("dragleave", (event) => event.target === main && left(), { signal });
		main.addEventListener(
			"drop",
			(event) => {
				event.preventDefault();
				left();
				const { dataTransfer: data } = event;
				if (data)
					dropped(data)
						.then(add)
						.catch((error) => app.toast({ text: "", error }));
			},
			{ signal },
		);
		signal.addEventListener("abort", left);
	};
	const choose = h("button.btn.go", { onclick: () => field.click() }, icon("up"), "Upload");
	const whole = h("button.btn", { onclick: () => folderField.click() }, icon("up"), "Upload folder");
	return { buttons: [h("span.h-s", {}, whole, folderField), h("span", {}, choose, field)], list, accept };
}
