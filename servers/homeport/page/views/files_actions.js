// What can be done with a file or a folder: download, rename, delete, make.

import { ask, askText } from "../elements/ask.js";
import { visible } from "../render.js";
import { encodeName } from "../router.js";

/** @param {readonly string[]} path */
export const filePath = (path) => `ftp/files/${path.map(encodeName).join("/")}`;

/**
 * @param {App} app
 * @param {() => string[]} folder that is shown
 * @param {() => string} previewed the name of the file that is previewed
 */
export function fileActions(app, folder, previewed) {
	const { world } = app;
	const entries = (/** @type {FileState} */ one) => {
		const path = [...folder(), one.name];
		const directory = one.kind === "directory";
		return [
			...(directory
				? []
				: [{ text: "Download", run: () => app.api.download(world.path(filePath(path)), visible(one.name)) }]),
			{ text: "Rename…", run: () => rename(one) },
			{ text: directory ? "Remove the folder…" : "Delete…", run: () => remove(one) },
		];
	};
	const remove = async (/** @type {FileState} */ one) => {
		const title = `Delete ${visible(one.name)}?`;
		if (!(await ask({ title, text: "It cannot be brought back.", verb: "Delete" }))) return;
		await world.change("DELETE", filePath([...folder(), one.name]));
		app.toast(`${visible(one.name)} was deleted.`);
		if (previewed() === one.name) app.go(["files", ...folder()]);
	};
	const rename = async (/** @type {FileState} */ one) => {
		const label = "New name, or a path from the root with /";
		const name = await askText({ title: `Rename ${visible(one.name)}`, label, value: one.name, verb: "Rename" });
		if (!name || name === one.name) return;
		const to = name.startsWith("/") ? name.slice(1).split("/") : [...folder(), ...name.split("/")];
		const follows = previewed() === one.name;
		await world.change("POST", filePath([...folder(), one.name]), { to: to.map(encodeName).join("/") });
		if (follows) app.go(["files", ...to], { preview: "auto" }, true);
		const back = () => world.change("POST", filePath(to), { to: [...folder(), one.name].map(encodeName).join("/") });
		app.toast({
			text: `${visible(one.name)} is now /${to.join("/")}.`,
			action: { text: "Undo", run: () => void back() },
		});
	};
	const makeFolder = async () => {
		const name = await askText({ title: "New folder", label: `Name, in /${folder().join("/")}`, verb: "Make it" });
		if (!name) return;
		const path = [...folder(), ...name.split("/")].map(encodeName).join("/");
		await world.change("PUT", `ftp/directories/${path}`);
		app.toast(`/${[...folder(), name].join("/")} was made.`);
	};
	return { entries, makeFolder };
}
