// The table of views. A new view is one row here, a module in views/ and, if it needs one, a style sheet.

import { number } from "./render.js";
import { countFindings } from "./store/findings.js";

/**
 * The number at the right of the rail: the total of a list, fetched again after some types of events.
 * @param {string} path of the list below the world
 * @param {string[]} when
 */
export const total =
	(path, when) =>
	(
		/** @type {World} */ world,
		/** @type {(text: string, hot?: boolean) => void} */ show,
		/** @type {AbortSignal} */ signal,
	) => {
		world.watch(path, { when }, (answer) => answer && show(answer.total ? number(answer.total) : ""), signal);
	};

/** @type {readonly ViewRow[]} */
export const views = [
	{
		name: "overview",
		group: "",
		icon: "home",
		title: "Overview",
		goto: "o",
		style: ["overview"],
		match: (path) => !path.length || path[0] === "overview",
	},
	{
		name: "live",
		group: "Watch",
		icon: "live",
		title: "Live",
		goto: "l",
		style: ["live"],
		count: (world, show, signal) => world.on("rate", () => show(number(world.seq)), signal),
	},
	{
		name: "connection",
		group: null,
		under: "connections",
		icon: "ladder",
		title: "Connection",
		style: ["ladder"],
		match: (path) => path[0] === "connections" && path[1] !== undefined,
	},
	{
		name: "connections",
		group: "Watch",
		icon: "ladder",
		title: "Connections",
		goto: "c",
		style: ["ladder"],
		count: total("connections?limit=1", ["opened"]),
	},
	{
		name: "compare",
		group: null,
		under: "connections",
		icon: "swap",
		title: "Compare",
		style: ["ladder"],
	},
	{
		name: "rule",
		group: null,
		under: "findings",
		icon: "flag",
		title: "Rule",
		style: ["findings"],
		match: (path) => path[0] === "findings" && path[1] !== undefined,
	},
	{
		name: "findings",
		group: "Watch",
		icon: "flag",
		title: "Findings",
		goto: "f",
		style: ["findings"],
		count: countFindings,
	},
	{
		name: "mail",
		group: "World",
		icon: "mail",
		title: "Mail",
		goto: "m",
		style: ["mail", "ladder"],
		count: (world, show, signal) =>
			world.watch(
				"smtp/messages?has=unread&limit=1",
				{ when: ["message", "world"] },
				(answer) => answer && show(answer.total ? `${number(answer.total)} new` : ""),
				signal,
			),
	},
	{
		name: "logs",
		group: "World",
		icon: "log",
		title: "Logs",
		goto: "s",
		style: ["logs"],
		count: total("syslog/messages?limit=1", ["syslog", "world"]),
	},
	{
		name: "files",
		group: "World",
		icon: "file",
		title: "Files",
		goto: "i",
		style: ["files"],
	},
	{
		name: "registry",
		group: "World",
		icon: "anchor",
		title: "Registry",
		goto: "r",
		style: ["ladder", "registry"],
		count: total("registry/domains?limit=1", ["epp", "world", "clock"]),
	},
	{
		name: "names",
		group: "World",
		icon: "doc",
		title: "Names",
		goto: "n",
		style: ["registry"],
		count: total("dns/zones", ["world"]),
	},
	{
		name: "people",
		group: "World",
		icon: "people",
		title: "People",
		goto: "p",
		style: ["people"],
		count: (world, show, signal) => {
			world.watch(
				"presence",
				{ when: ["login", "closed", "world"] },
				(answer) => answer && show(answer.total ? `${answer.total} on` : ""),
				signal,
			);
		},
	},
	{
		name: "directory",
		group: "World",
		icon: "tree",
		title: "Directory",
		goto: "d",
		style: ["directory"],
	},
	{
		name: "faults",
		group: "Steer",
		icon: "bolt",
		title: "Faults",
		goto: "x",
		style: ["faults"],
		count: total("faults", ["fault", "world"]),
	},
	{
		name: "clock",
		group: "Steer",
		icon: "clock",
		title: "Clock",
		goto: "t",
		style: ["clock"],
	},
	{
		name: "worlds",
		group: "Steer",
		icon: "worlds",
		title: "Worlds",
		goto: "w",
		style: ["worlds"],
		count: (world, show, signal) => {
			const refresh = async () => show(String((await world.api.json("GET", "/api/v1/worlds", { signal })).total));
			void refresh();
			document.addEventListener("worlds", () => void refresh(), { signal });
		},
	},
];
