// A domain as an object: facts, what Whois and RDAP answer, and the EPP commands that touched it.

import { frameLines } from "../elements/ladder.js";
import { card, connection, facts, failure, grow, segments, tag } from "../elements/parts.js";
import { fill, h, wire } from "../render.js";

/**
 * @typedef {{object: RegistryItem, statuses: string[], rgp_statuses: string[], hosts: string[]}} ObjectState
 */

/**
 * @param {App} app
 * @param {HTMLElement} place
 * @param {ObjectState} state
 */
export function drawObject(app, place, state) {
	const { object: one } = state;
	const tab = app.route.query.get("as") ?? "facts";
	const body = h("div");
	const href = (/** @type {string} */ as) => app.href(["registry", "domains", one.name], as === "facts" ? {} : { as });
	fill(
		place,
		card(
			"The object",
			[
				grow(),
				segments(
					"Shown as",
					[
						["facts", "Facts"],
						["whois", "Whois"],
						["rdap", "RDAP"],
					].map(([as = "", text = ""]) => ({ text, on: as === tab, href: href(as) })),
				),
			],
			body,
		),
	);
	if (tab !== "facts") return void showAnswer(app, body, tab, one.name);
	const link = (/** @type {string} */ kind, /** @type {string} */ name) =>
		h("a.mono", { href: app.href(["registry", kind, name]) }, wire(name));
	const contacts = /** @type {{role: string, id: string}[]} */ (one.contacts ?? []);
	const signers = /** @type {{key_tag: number, algorithm: number}[]} */ (one.signers ?? []);
	fill(
		body,
		facts([
			["Status", [...state.statuses, ...state.rgp_statuses].map((status) => [tag(status), " "])],
			["Sponsor", [link("registrars", one.registrar), ` roid ${one.roid}`]],
			one.registrant ? ["Registrant", link("contacts", String(one.registrant))] : null,
			contacts.length > 0 && ["Contacts", contacts.map(({ role, id }) => [`${role} `, link("contacts", id), " "])],
			["Servers", one.nameservers.length ? one.nameservers.map((name) => [link("hosts", name), " "]) : "none"],
			state.hosts.length > 0 && ["Hosts below it", state.hosts.map((name) => [link("hosts", name), " "])],
			["Expires", h("span.mono", {}, one.expires.slice(0, 16).replace("T", " "))],
			["DNSSEC", signers.length ? signers.map((each) => `DS ${each.key_tag}, algorithm ${each.algorithm} `) : "none"],
			...Object.entries(one.extras ?? {}).map(([name, value]) => extra(name, value)),
			["authInfo", one.password ? wire(String(one.password)) : "not set"],
		]),
	);
}

/**
 * A fact that an extension of EPP added: a text, or a value of any other type.
 * @param {string} name
 * @param {unknown} value
 * @returns {[string, HTMLElement]}
 */
function extra(name, value) {
	return [name.replaceAll("_", " "), h("span", {}, wire(typeof value === "string" ? value : JSON.stringify(value)))];
}

/**
 * Show what Whois or RDAP answer.
 * @param {App} app
 * @param {HTMLElement} body
 * @param {string} service whois or rdap
 * @param {string} name
 */
async function showAnswer(app, body, service, name) {
	const { world } = app;
	try {
		const text =
			service === "whois"
				? await (await app.api.send("GET", world.path("preview/whois"), { query: { q: name } })).text()
				: JSON.stringify(await world.get(`rdap/domain/${encodeURIComponent(name)}`), null, 2);
		const lines = text.split(/\r?\n/).map((line) => [wire(line), "\n"]);
		fill(body, h("pre.raw", { tabindex: 0, "aria-label": "As it is answered" }, lines));
	} catch (error) {
		fill(body, failure(error));
	}
}

/**
 * A command that named the domain; its frames are fetched when it is opened.
 * @param {App} app
 * @param {HpEvent} one
 */
export function commandLine(app, one) {
	const frames = h("div.say.frames");
	const ok = String(one.code ?? "").startsWith("1");
	const more = h(
		"details.grow",
		{},
		h(
			"summary",
			{},
			h("b.mono", {}, String(one.command)),
			" ",
			one.cl_trid ? wire(String(one.cl_trid)) : h("span.dim", {}, "no clTRID"),
		),
		frames,
	);
	more.addEventListener("toggle", async () => {
		if (!more.open || frames.firstChild) return;
		try {
			/** @type {Talk} */
			const talk = await app.world.get(`connections/${one.conn}/transcript`);
			const at = talk.messages.findIndex((each) => each.verdict?.sv_trid === one.sv_trid);
			const answer = talk.messages
				.slice(at)
				.find((each) => each.direction === "out" && each.text.includes(String(one.sv_trid)));
			const shown = [talk.messages[at], answer].flatMap((each) => (each ? frameLines(each) : []));
			fill(frames, shown.length ? shown : "The frames are not in the journal any more.");
		} catch (error) {
			fill(frames, failure(error));
		}
	});
	return h(
		"li.touched",
		{},
		more,
		h(`span.mono${ok ? "" : ".wrong"}`, { title: String(one.reason ?? "") }, String(one.code || "no answer")),
		connection(app, one.conn, one.seq),
	);
}
