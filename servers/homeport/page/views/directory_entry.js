// One entry of a directory: its attributes, its members, and the same as a command.

import { copyText, HpCommand, HpCopy } from "../elements/copy.js";
import { button, card, failure, grow, menu, skeleton, tag } from "../elements/parts.js";
import { counted, fill, h, icon, number, put, wire } from "../render.js";
import { shell } from "../store/commands.js";
import { foldDn, isBelow, parentOf, rdnOf, splitDn } from "../store/dn.js";
import { ENTRIES } from "./directory_tree.js";

/** Attributes whose values are names of entries. */
const NAMES = new Set(
	"member uniquemember memberof manager owner seealso secretary roleoccupant creatorsname modifiersname entrydn".split(
		" ",
	),
);
const SECRET = "***";
/** Values of an attribute that are shown at once. */
const MAX_VALUES = 50;
const MEMBERS = ["member", "uniquemember", "memberuid"];

/** @typedef {Record<string, string[]>} Values */

export class EntryCard {
	/**
	 * @param {App} app
	 * @param {{href: (dn: string) => string, toggle: () => void, base: () => string, server: () => string}} hooks
	 *   toggle: show operational attributes or not; base: the DN with the world's people; server: the address of LDAP
	 */
	constructor(app, hooks) {
		this.app = app;
		this.hooks = hooks;
		this.dn = "";
		this.operational = false;
		/** @type {Values | null} */
		this.kept = null;
		/** @type {Values | null} */
		this.following = null;
		/** @type {Set<string>} attributes of which all values are shown */
		this.whole = new Set();
		this.life = new AbortController();
		this.element = h("div.stack.entry", { tabindex: -1 });
	}

	/**
	 * @param {string} dn
	 * @param {boolean} operational
	 */
	show(dn, operational) {
		const same = dn === this.dn;
		this.operational = operational;
		if (same) return this.#draw();
		this.life.abort();
		this.life = new AbortController();
		this.dn = dn;
		this.kept = this.following = null;
		this.whole.clear();
		fill(this.element, skeleton());
		const { signal } = this.life;
		const asked = (/** @type {string} */ attributes) =>
			`${ENTRIES}?${new URLSearchParams({ base: dn, scope: "base", passwords: "false", attributes })}`;
		this.app.world.watch(
			asked("*"),
			{ when: ["world"] },
			(answer, error) => {
				if (!answer) return void (error && fill(this.element, failure(error)));
				this.kept = answer.items[0]?.attributes ?? {};
				this.#draw();
			},
			signal,
		);
		this.app.world.watch(
			asked("+"),
			{ when: ["world"] },
			(answer) => {
				this.following = answer?.items[0]?.attributes ?? null;
				this.#draw();
			},
			signal,
		);
	}

	close() {
		this.life.abort();
		this.dn = "";
	}

	/** @returns {string} the same as a command of ldap-utils */
	get command() {
		const rest = this.operational ? " '*' +" : "";
		return `ldapsearch -x -H ${this.hooks.server()} -b ${shell(this.dn)} -s base${rest}`;
	}

	#draw() {
		const { kept, following, dn, operational } = this;
		if (!kept) return;
		put(this.element, [dn, kept, following, operational, [...this.whole], this.hooks.base()], () => this.#cards());
	}

	#cards() {
		const { kept, following, dn, hooks, operational } = this;
		const { memberof = [], ...rest } = following ?? {};
		const members = MEMBERS.flatMap((name) => kept?.[name] ?? []).length;
		return [
			card(
				h("span.mono", {}, wire(rdnOf(dn))),
				[
					grow(),
					button("Operational", hooks.toggle, {
						pressed: operational,
						title: "Show what the server keeps about the entry, too",
					}),
					this.#menu(),
				],
				h("div.dn", {}, new HpCopy(dn), this.#links(kept ?? {})),
				this.#table(kept ?? {}),
			),
			memberof.length ? card("Member of", h("small", {}, number(memberof.length)), this.#names(memberof)) : null,
			members ? h("p.dim.sr", {}, counted(members, "member")) : null,
			operational ? card("Operational attributes", null, following ? this.#table(rest) : skeleton(3)) : null,
			hooks.server() ? card("The same over LDAP", null, new HpCommand({ homeport: this.command })) : null,
		];
	}

	/**
	 * Where else what an entry stands for is shown.
	 * @param {Values} values
	 */
	#links(values) {
		const { app, dn, hooks } = this;
		const [, unit = ""] = splitDn(dn);
		if (foldDn(parentOf(parentOf(dn))) !== foldDn(hooks.base())) return null;
		const uid = values.uid?.[0];
		const name = values.cn?.[0] ?? "";
		if (unit.toLowerCase() === "ou=people" && uid)
			return h("a.btn", { href: app.href(["people", uid]) }, icon("people"), "Person ", wire(uid));
		if (unit.toLowerCase() === "ou=groups" && name)
			return h("a.btn", { href: app.href("directory", { group: name }) }, icon("people"), "Edit group");
		if (unit.toLowerCase() === "ou=hosts")
			return h("a.btn", { href: app.href(["registry", "hosts", name]) }, icon("anchor"), "Host in the registry");
		if (unit.toLowerCase() === "ou=registrars")
			return h("a.btn", { href: app.href(["registry", "registrars", name]) }, icon("anchor"), "Registrar");
		return null;
	}

	#menu() {
		const { app, dn } = this;
		const path = (/** @type {string} */ scope) =>
			`directory/ldif?${new URLSearchParams({ base: dn, scope, passwords: "false" })}`;
		const file = `${rdnOf(dn).replace(/[^\w.=-]+/g, "-")}.ldif`;
		return menu(
			[icon("down"), "LDIF"],
			() => [
				{
					text: "Copy this entry",
					run: async () => {
						const text = await (await app.api.send("GET", app.world.path(path("base")))).text();
						if (await copyText(text)) app.toast("Copied as LDIF, without passwords.");
					},
				},
				{ text: "Save this entry", run: () => app.api.download(app.world.path(path("base")), file) },
				{ text: "Save it with all below", run: () => app.api.download(app.world.path(path("sub")), file) },
			],
			{ label: "LDIF of this entry" },
		);
	}

	/** @param {Values} values */
	#table(values) {
		const names = Object.keys(values).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
		return h(
			"table.list.attributes",
			{},
			h("thead.sr", {}, h("tr", {}, h("th", { scope: "col" }, "Attribute"), h("th", { scope: "col" }, "Values"))),
			h(
				"tbody",
				{},
				names.map((name) => {
					const all = values[name] ?? [];
					return h(
						"tr",
						{},
						h("th.mono", { scope: "row" }, wire(name), all.length > 4 && h("small", {}, ` ${number(all.length)}`)),
						h("td", {}, this.#values(name, all)),
					);
				}),
			),
		);
	}

	/**
	 * @param {string} name
	 * @param {string[]} all
	 */
	#values(name, all) {
		if (name === "objectclass")
			return h(
				"span.row-of",
				{},
				all.map((one) => tag(one)),
			);
		const shown = this.whole.has(name) ? all : all.slice(0, MAX_VALUES);
		return [
			shown.map((one) => h("div.mono", {}, this.#value(name, one))),
			shown.length < all.length &&
				button(
					`Show all ${number(all.length)}`,
					() => {
						this.whole.add(name);
						this.#draw();
					},
					{ kind: "bare" },
				),
		];
	}

	/**
	 * @param {string} name
	 * @param {string} value
	 */
	#value(name, value) {
		const { app, hooks } = this;
		const [type = ""] = name.split(";");
		if (value === SECRET) return h("span.dim", { title: "Passwords are not shown" }, SECRET);
		if (NAMES.has(type) && value) return h("a", { href: hooks.href(value) }, wire(value));
		if (type === "memberuid") return h("a", { href: app.href(["people", value]) }, wire(value));
		if (type === "mail") return h("a", { href: app.href("mail", { q: `to:${value}` }) }, wire(value));
		return wire(value);
	}

	/** @param {string[]} names */
	#names(names) {
		return h(
			"ul.names",
			{},
			names.map((one) =>
				h(
					"li",
					{},
					h(
						"a.mono",
						{ href: this.hooks.href(one), title: one },
						wire(isBelow(one, this.hooks.base()) ? rdnOf(one) : one),
					),
				),
			),
		);
	}
}

const FIRST = ["objectclass", "uid", "cn", "sn", "givenname", "displayname", "mail", "description"];
/** @param {string} name */
const rank = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : MEMBERS.includes(name) ? 99 : 50);
