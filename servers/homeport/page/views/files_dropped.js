// What was dropped or chosen: files with their paths, folders read to the end, and all of it bounded.

export const MAX_FILES = 1000;
const MAX_FOLDERS = 1000;
const MAX_DEPTH = 32;

/**
 * @typedef {object} Dropped
 * @property {{path: string[], file: File}[]} files
 * @property {string[][]} empty folders without anything in them
 * @property {boolean} cut true if there was more than is taken
 */

/**
 * Return what a field for files or for a folder holds.
 * @param {readonly File[]} files
 * @returns {Dropped}
 */
export function chosen(files) {
	const taken = files.slice(0, MAX_FILES).map((file) => ({
		path: (file.webkitRelativePath || file.name).split("/"),
		file,
	}));
	return { files: taken, empty: [], cut: taken.length < files.length };
}

/**
 * Read what was dropped. The entries are taken from the event at once, as it has none of them later.
 * @param {DataTransfer} data
 * @returns {Promise<Dropped>}
 */
export async function dropped(data) {
	const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
	if (!entries.some((entry) => entry.isDirectory)) return chosen([...data.files]);
	/** @type {Dropped} */
	const all = { files: [], empty: [], cut: false };
	let folders = 0;
	// Breadth first: of a tree that is too large, what is near its root is taken.
	const waiting = entries.map((entry) => ({ entry, path: [entry.name] }));
	for (let next = waiting.shift(); next; next = waiting.shift()) {
		const { entry, path } = next;
		if (all.files.length >= MAX_FILES || folders >= MAX_FOLDERS || path.length > MAX_DEPTH) {
			all.cut = true;
			break;
		}
		if (entry.isFile) all.files.push({ path, file: await fileOf(/** @type {FileSystemFileEntry} */ (entry)) });
		else {
			folders += 1;
			const inside = await inFolder(/** @type {FileSystemDirectoryEntry} */ (entry));
			if (!inside.length) all.empty.push(path);
			for (const one of inside) waiting.push({ entry: one, path: [...path, one.name] });
		}
	}
	return all;
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/**
 * Read the entries of a folder, which come in parts, up to one more than are taken.
 * @param {FileSystemDirectoryEntry} folder
 */
async function inFolder(folder) {
	const reader = folder.createReader();
	/** @type {FileSystemEntry[]} */
	const all = [];
	while (all.length <= MAX_FILES) {
		/** @type {FileSystemEntry[]} */
		const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
		if (!some.length) break;
		all.push(...some);
	}
	return all;
}
