// People: accounts, who is logged in, and what Active Users and Finger answer about them.

import { ask } from "../elements/ask.js";
import { HpCommand } from "../elements/copy.js";
import {
	button,
	connection,
	empty,
	failure,
	flag,
	grow,
	heading,
	segments,
	skeleton,
	table,
	tag,
} from "../elements/parts.js";
import { ago, duration, time } from "../elements/time.js";
import { fill, h, keyed, number, visible, wire } from "../render.js";
import { commandsFor, shell } from "../store/commands.js";
import { asSent } from "./people_answers.js";
import { logOnForm, personForm } from "./people_forms.js";
import { mailboxesOf } from "./people_mailboxes.js";

const WHEN = ["login", "closed", "world", "clock"];
/** Terminals that are services: their presences are sessions. */
const SERVICES = new Set(["ftp", "smtp", "imap", "pop3", "epp"]);

/**
 * @param {App} app
 * @returns {View}
 */
export function people(app) {
	const { world } = app;
	const tabs = h("div.people-tabs");
	const body = h("div.card.people-list", {}, skeleton());
	const side = h("aside.stack", { "aria-label": "Person" });
	const rows = h("tbody");
	/** @type {Page<Person> | null} */
	let known = null;
	/** @type {PresenceState[]} */
	let present = [];
	/** @type {Map<string, {messages: number, unread: number}>} */
	let mail = new Map();
	let chosen = "";
	let formOf = "";
	/** @type {unknown} */
	let wrong = null;
	const answers = asSent(app);
	const boxes = mailboxesOf(app);
	/** @type {AbortSignal} */
	let life = AbortSignal.abort();

	const personRow = (/** @type {Person & {on: number, mail: number, unread: number, chosen: boolean}} */ one) =>
		h(
			"tr",
			{ "aria-selected": one.chosen ? "true" : null },
			h("td.mono", {}, h("a", { href: app.href(["people", one.login]) }, wire(one.login))),
			h("td", {}, wire(one.name)),
			h(
				"td",
				{},
				one.on
					? h("a", { href: app.href("people/present") }, tag(one.on > 1 ? `on, ${one.on} times` : "on", "sea"))
					: null,
			),
			h(
				"td.n.h-s",
				{},
				one.mail
					? h(
							"a",
							{ href: app.href("mail", { q: `to:${one.email || one.login}` }), title: "Mail of this person" },
							number(one.mail),
						)
					: h("span.dim", {}, "0"),
				one.unread ? h("span.dim", {}, ` ${number(one.unread)} new`) : null,
			),
			h(
				"td.mono.h-m",
				{},
				h("a", { href: app.href(["files", ...home(one).split("/").filter(Boolean)]) }, visible(home(one))),
			),
		);

	const presentRow = (/** @type {PresenceState & {now: number}} */ one) =>
		h(
			"tr",
			{},
			h("td.mono", {}, h("a", { href: app.href(["people", one.login]) }, wire(one.login))),
			h("td", {}, SERVICES.has(one.terminal) ? flag(one.terminal) : mono(one.terminal)),
			h("td.mono.h-s", {}, one.origin ? wire(one.origin) : h("span.dim", {}, "local")),
			h(
				"td",
				{ title: one.since },
				h("span.h-s", {}, time(one.since, "date"), " "),
				h("span.dim", {}, ago(Date.parse(one.since) - one.now)),
			),
			h("td.h-m", {}, idle(one.now - Date.parse(one.active))),
			h(
				"td",
				{},
				connection(app, one.conn) ?? h("span.dim", { title: "Put by the configuration, the API or this page" }, "put"),
			),
			h(
				"td.n",
				{},
				button("Log off", () => logOff(one), { kind: "bare", label: `Log off ${one.login} on ${one.terminal}` }),
			),
		);

	const logOff = async (/** @type {PresenceState} */ one) => {
		await world.change("DELETE", `presence/${encodeURIComponent(one.id)}`);
		const { id, login, terminal, origin, since, active } = one;
		app.toast({
			text: `${login} is logged off ${terminal}.`,
			action: {
				text: "Undo",
				run: () =>
					void world.change("PUT", `presence/${encodeURIComponent(id)}`, { login, terminal, origin, since, active }),
			},
		});
	};

	const draw = () => {
		fill(tabs, segmentsOf());
		answers.show(present);
		if (!known) return void (wrong && fill(body, failure(wrong)));
		const now = world.now().getTime();
		const isPresent = chosen === "present";
		const items = isPresent ? present : known.items;
		drawSide();
		if (!items.length) return void fill(body, isPresent ? noPresence() : none());
		const heads = isPresent
			? ["Login", "Terminal", "From.h-s", "Since", "Idle.h-m", "Session", ""]
			: ["Login", "Name", "Present", "Mail.n.h-s", "Files.h-m"];
		if (!rows.isConnected || body.dataset.tab !== String(isPresent)) {
			body.dataset.tab = String(isPresent);
			fill(body, table("", heads, rows));
		}
		const on = Map.groupBy(present, (one) => one.login.toLowerCase());
		const minute = Math.floor(now / 1000) * 1000;
		if (isPresent)
			keyed(
				rows,
				present.map((one) => ({ ...one, now: minute })),
				(one) => `on ${one.id}`,
				presentRow,
			);
		else
			keyed(
				rows,
				known.items.map((one) => ({
					...one,
					on: on.get(one.login.toLowerCase())?.length ?? 0,
					mail: mailOf(one)?.messages ?? 0,
					unread: mailOf(one)?.unread ?? 0,
					chosen: one.login === chosen,
				})),
				(one) => one.login,
				personRow,
			);
		return undefined;
	};

	const mailOf = (/** @type {Person} */ one) => mail.get(String(one.email || one.login).toLowerCase());
	const segmentsOf = () =>
		segments("Show", [
			{ text: `People ${known ? number(known.total) : ""}`, on: chosen !== "present", href: app.href("people") },
			{ text: `Present ${number(present.length)}`, on: chosen === "present", href: app.href("people/present") },
		]);
	const none = () =>
		empty({
			icon: "people",
			title: "There are no people in this world",
			text: "Add one:",
			command: new HpCommand(commandsFor(world, "PUT", "people/zoe", { body: { login: "zoe", name: "Zoe Mast" } })),
		});
	const missing = () =>
		empty({
			icon: "people",
			title: "There is no such person",
			text: `This world has none with the login ${visible(chosen)}. Add one:`,
			command: new HpCommand(
				commandsFor(world, "PUT", `people/${encodeURIComponent(chosen)}`, { body: { login: chosen, name: chosen } }),
			),
		});
	const noPresence = () =>
		empty({
			icon: "people",
			title: "No one is logged in",
			text: "Log in over FTP, SMTP, IMAP, POP3 or EPP, or put a presence:",
			command: new HpCommand(commandsFor(world, "PUT", "presence/p1", { body: { login: "alice", terminal: "tty1" } })),
		});

	const remove = async (/** @type {string} */ login) => {
		// As it is now: the form may have been saved since it was shown.
		const one = await world.get(`people/${encodeURIComponent(login)}`);
		if (!(await ask({ title: `Delete ${one.login}?`, text: "Mail and files stay.", verb: "Delete" }))) return;
		await world.change("DELETE", `people/${encodeURIComponent(one.login)}`);
		app.toast({
			text: `${one.login} was deleted.`,
			action: { text: "Undo", run: () => void world.change("PUT", `people/${encodeURIComponent(one.login)}`, one) },
		});
		app.go("people");
	};

	/** The form stays as it is while lists are refreshed: it may be half filled in. */
	function drawSide() {
		const query = app.route.query;
		const person = known?.items.find((one) => one.login.toLowerCase() === chosen.toLowerCase());
		const wanted = query.has("new")
			? "new"
			: query.has("logon")
				? `logon ${chosen}`
				: person
					? `edit ${person.login}`
					: "";
		if (wanted === formOf) return;
		formOf = wanted;
		if (wanted === "new") fill(side, personForm(app, null, null));
		else if (wanted.startsWith("logon")) fill(side, logOnForm(app, person?.login ?? "", present));
		else if (person)
			fill(
				side,
				personForm(app, person, () => remove(person.login)),
			);
		else if (chosen && chosen !== "present") fill(side, missing());
		else fill(side);
		grid.classList.toggle("with-side", side.childElementCount > 0);
		boxes.show(person?.login ?? "", life);
		answers.ask(person?.login ?? (chosen && chosen !== "present" ? chosen : ""));
	}

	const grid = h("div.people", {}, h("div.stack", {}, body, boxes.element, answers.element), side);
	const take = (/** @type {Route} */ route) => {
		chosen = route.path[1] ?? "";
		formOf = "?";
		draw();
	};
	return {
		mount(main, route, signal) {
			life = signal;
			fill(
				main,
				heading(
					"People",
					tabs,
					grow(),
					button("Add person", () => app.go("people", { new: "1" })),
					button("Log on", () => app.go(["people", ...(chosen ? [chosen] : [])], { logon: "1" }), { kind: "go" }),
				),
				grid,
			);
			take(route);
			world.watch(
				"people",
				{ when: ["world"] },
				(answer, error) => {
					known = answer ?? known;
					wrong = error;
					draw();
				},
				signal,
			);
			world.watch(
				"presence",
				{ when: WHEN },
				(answer) => {
					present = answer?.items ?? present;
					draw();
				},
				signal,
			);
			world.watch(
				"smtp/mailboxes",
				{ when: ["message", "world"] },
				(answer) => {
					// A person without an address has that of the login at the farm's name.
					mail = new Map();
					for (const one of answer?.items ?? []) {
						const address = one.mailbox.toLowerCase();
						mail.set(address, one);
						if (!mail.has(address.split("@")[0])) mail.set(address.split("@")[0], one);
					}
					draw();
				},
				signal,
			);
			world.on("clock", draw, signal);
		},
		update: take,
		commands: () =>
			commandsFor(world, "GET", chosen === "present" ? "presence" : chosen ? `people/${chosen}` : "people", {
				homeport: chosen === "present" ? "presence" : chosen ? `people show ${shell(chosen)}` : "people",
			}),
	};
}

const mono = (/** @type {string} */ text) => h("span.mono", {}, wire(text));
const home = (/** @type {Person} */ one) => one.home || `/home/${one.login}`;
const idle = (/** @type {number} */ ms) => (ms < 60_000 ? h("span.dim", {}, "no") : duration(ms));
