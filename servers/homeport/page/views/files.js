// Files: the tree at the left, a folder at the right, a preview below it; files that are dropped are uploaded.

import { commandLine } from "../elements/copy.js";
import { button, connection, empty, failure, grow, menu, skeleton, table } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { counted, fill, h, icon, keyed, number, size, visible, wire } from "../render.js";
import { decodeName, encodeName } from "../router.js";
import { commandsFor, shell } from "../store/commands.js";
import { fileActions, filePath } from "./files_actions.js";
import { preview } from "./files_preview.js";
import { transfers } from "./files_transfers.js";
import { uploads } from "./files_upload.js";

/** Commands of FTP that change the tree without a transfer. */
const CHANGES = /^(DELE|RNTO|MKD|XMKD|RMD|XRMD|MFMT|SITE)$/;
const PAGE = 500;

/**
 * @param {App} app
 * @returns {View}
 */
export function files(app) {
	const { world } = app;
	const crumbs = h("nav.crumbs", { "aria-label": "Folder" });
	const tree = h("nav.card.tree", { "aria-label": "Folders" });
	const body = h("div", {}, skeleton());
	const count = h("span.dim.h-s");
	const below = h("div");
	const rows = h("tbody");
	const more = h("div.note", { hidden: true });
	/** @type {string[]} */
	let folder = [];
	/** @type {Map<number, Page<FileState>>} listings of the folders on the way, by depth */
	let listings = new Map();
	let life = new AbortController();
	let shown = "";
	let limit = PAGE;
	let lftp = "";
	const sending = uploads(app, () => folder);
	const act = fileActions(
		app,
		() => folder,
		() => previewed(),
	);
	/** The name of the file that is previewed; empty if there is none. */
	const previewed = () => (app.route.query.has("preview") ? (app.route.path.at(-1) ?? "") : "");

	const href = (/** @type {readonly string[]} */ path, /** @type {Record<string, string>} */ query = {}) =>
		app.href(["files", ...path], query);
	const openOf = (/** @type {FileState} */ one) =>
		one.kind === "directory" ? href([...folder, one.name]) : href([...folder, one.name], { preview: "auto" });

	const row = (/** @type {FileState & {chosen: boolean}} */ one) =>
		h(
			"tr",
			{ "aria-selected": one.chosen ? "true" : null },
			h(
				"td.name",
				{},
				h(
					"a",
					{ href: openOf(one) },
					icon(one.kind === "directory" ? "file" : "doc"),
					wire(one.name),
					one.target ? h("span.dim", {}, " → ", wire(one.target)) : null,
				),
			),
			h("td.n", {}, one.kind === "directory" ? h("span.dim", {}, "folder") : size(one.size)),
			h("td.date.h-s", {}, time(one.modified, "date")),
			h("td.mono.dim.h-m", {}, one.mode),
			h("td.h-s", {}, writer(one)),
			h(
				"td.n",
				{},
				menu(icon("more"), () => act.entries(one), { kind: "btn.bare", label: `Actions for ${visible(one.name)}` }),
			),
		);
	const writer = (/** @type {FileState} */ { kind, writer: who }) => {
		if (kind === "directory") return null;
		if (!who) return h("span.dim", { title: "It is from before the journal, or from the seed" }, "–");
		if (!who.conn) return h("span.dim", {}, "API");
		return [
			who.login ? [h("a", { href: app.href(["people", who.login]) }, wire(who.login)), " "] : null,
			connection(app, who.conn, who.seq),
		];
	};

	const teach = () =>
		empty({
			icon: "file",
			title: "This folder is empty",
			text: "Drop files here, or upload one with a client:",
			command: commandLine(`${lftp}${folder.map((one) => `${shell(encodeName(one))}/`).join("")}`),
		});

	const drawFolder = () => {
		const answer = listings.get(folder.length);
		if (!answer) return;
		body.removeAttribute("aria-busy");
		const name = previewed();
		const folders = answer.items.filter((one) => one.kind === "directory");
		count.textContent = `${counted(folders.length, "folder")}, ${counted(answer.total - folders.length, "file")}`;
		more.hidden = answer.total <= limit;
		fill(more, `${number(limit)} of ${number(answer.total)} shown.`, button("Show more", showMore));
		if (!answer.total) return void fill(body, teach());
		if (!rows.isConnected)
			fill(body, table("", ["Name", "Size.n", "Changed.h-s", "Mode.h-m", "Written by.h-s", ""], rows));
		const items = [...folders, ...answer.items.filter((one) => one.kind !== "directory")].slice(0, limit);
		keyed(
			rows,
			items.map((one) => ({ ...one, chosen: one.name === name })),
			(one) => `${folder.join("/")}/${one.name}`,
			row,
		);
	};
	const showMore = () => {
		limit += PAGE;
		drawFolder();
	};

	/** The tree is open along the way to the folder. */
	const drawTree = () => {
		/** @type {(depth: number) => Child} */
		const level = (depth) => {
			const folders = listings.get(depth)?.items.filter((one) => one.kind === "directory") ?? [];
			if (!folders.length) return null;
			return h(
				"ul",
				{},
				folders.map((one) => {
					const path = [...folder.slice(0, depth), one.name];
					const open = folder[depth] === one.name;
					const here = open && depth === folder.length - 1;
					return h(
						"li",
						{},
						h("a", { href: href(path), "aria-current": here ? "page" : null }, icon("file"), wire(one.name)),
						open ? level(depth + 1) : null,
					);
				}),
			);
		};
		fill(tree, h("a", { href: href([]), "aria-current": folder.length ? null : "page" }, icon("file"), "/"), level(0));
	};

	/** List the folders on the way one after another: what is a file, or missing, is known from the one above. */
	const watch = (/** @type {number} */ depth) => {
		const { signal } = life;
		let deeper = false;
		world.watch(
			`${filePath(folder.slice(0, depth))}${depth ? "/" : ""}?writers=true`,
			{ when: ["world"] },
			(answer, error) => {
				if (!answer) return void (error && fill(body, failure(error, h("a.btn", { href: href([]) }, "Go to /"))));
				for (const one of answer.items) if (one.encoded) one.name = decodeName(one.encoded);
				const has = (/** @type {Page<FileState> | undefined} */ list) =>
					list?.items.some((/** @type {FileState} */ one) => one.name === previewed());
				const gone = depth === folder.length && previewed() && has(listings.get(depth)) && !has(answer);
				listings.set(depth, answer);
				if (gone) return app.go(["files", ...folder], {}, true);
				const next = folder[depth];
				const entry = answer.items.find((/** @type {FileState} */ one) => one.name === next);
				if (next !== undefined && entry?.kind === "file")
					return app.go(["files", ...folder], { preview: "auto" }, true);
				if (depth < folder.length && !deeper) {
					deeper = true;
					watch(depth + 1);
				}
				drawTree();
				if (depth === folder.length) drawFolder();
			},
			signal,
		);
	};

	const take = (/** @type {Route} */ route) => {
		const path = route.path.slice(1);
		const open = route.query.has("preview");
		const wanted = open ? path.slice(0, -1) : path;
		fill(
			crumbs,
			[[], ...wanted.map((_, at) => wanted.slice(0, at + 1))].map((part, at, all) => [
				at > 1 ? h("span.dim", { "aria-hidden": "true" }, "/") : null,
				h(
					"a.mono",
					{ href: href(part), "aria-current": at === all.length - 1 && !open ? "page" : null },
					at ? wire(part.at(-1) ?? "") : "/",
				),
			]),
		);
		if (shown !== `/${wanted.join("/")}`) {
			shown = `/${wanted.join("/")}`;
			folder = wanted;
			limit = PAGE;
			life.abort();
			life = new AbortController();
			listings = new Map([...listings].filter(([depth]) => depth < 0));
			body.setAttribute("aria-busy", "true");
			rows.remove();
			fill(body, skeleton());
			watch(0);
		} else drawFolder();
		if (open) preview(app, below, path, route.query.get("preview") ?? "", href(wanted), life.signal);
		else fill(below);
	};

	return {
		async mount(main, route, signal) {
			signal.addEventListener("abort", () => life.abort());
			fill(
				main,
				h(
					"div.head",
					{},
					h("h1", {}, "Files"),
					crumbs,
					count,
					grow(),
					button("New folder", act.makeFolder, { icon: "plus" }),
					sending.buttons,
				),
				sending.list,
				h(
					"div.files",
					{},
					tree,
					h("div.stack", {}, h("div.card.folder", {}, body, more), below, transfers(app, signal)),
				),
			);
			sending.accept(main, signal);
			const { services } = await world.get("");
			const port = services.ftp?.tcp;
			lftp = port
				? `curl -T FILE ftp://alice:alice-pass@${port.host}:${port.port}//`
				: `curl -T FILE ${location.origin}${world.path("ftp/files/")}`;
			world.on(
				"events",
				(batch) => {
					if (batch.some((one) => one.type === "file" || (one.service === "ftp" && CHANGES.test(String(one.verb)))))
						world.touch("ftp/files");
				},
				signal,
			);
			take(route);
		},
		update: take,
		keys: [["u", "the folder above"]],
		key(event) {
			const up = event.key === "u" && folder.length;
			if (up || (event.key === "Escape" && below.childElementCount))
				app.go(["files", ...(up ? folder.slice(0, -1) : folder)]);
			else return false;
			return true;
		},
		commands: () => commandsFor(world, "GET", filePath(folder), { query: { recursive: "true", writers: "true" } }),
	};
}
