// Names: the zones of the DNS, and the records of one of them beside the list.

import { HpFilter } from "../elements/filter.js";
import { button, card, facts, failure, grow, skeleton, table, tag } from "../elements/parts.js";
import { fill, h, icon, number, wire } from "../render.js";
import { commandsFor, python } from "../store/commands.js";
import { schemaOf } from "../store/schemas.js";
import { putForm } from "./put_form.js";

const WHEN = ["world", "update", "registry", "epp", "clock"];
const PAGE = 500;
const ZONES = "dns/zones";

/** @param {string} zone */
const at = (zone) => `${ZONES}/${encodeURIComponent(zone)}`;

/** @param {App} app @returns {View} */
export function names(app) {
	const side = h("div.card.side", {}, skeleton());
	const place = h("div.stack");
	const body = h("div.reg", {}, side, place);
	const count = h("span.dim", { role: "status" });
	let chosen = "";
	let life = new AbortController();

	/** @param {DnsZone} one */
	const row = (one) =>
		h(
			"tr",
			{},
			h(
				"td",
				{},
				h(
					"a.mono",
					{ href: app.href(["names", one.name]), "aria-current": one.name === chosen || null },
					wire(one.name),
				),
			),
			h("td", {}, one.changeable ? null : tag("computed", "sea")),
			h("td.n.mono.h-s", {}, String(one.serial)),
		);

	/** @param {AbortSignal} signal */
	const list = (signal) =>
		app.world.watch(
			ZONES,
			{ when: WHEN },
			(/** @type {Page<DnsZone> | undefined} */ answer, error) => {
				if (!answer) return void (error && fill(side, failure(error)));
				count.textContent = number(answer.total);
				fill(side, table("", ["Zone", "", "Serial.n.h-s"], h("tbody", {}, answer.items.map(row))));
			},
			signal,
		);

	const addZone = () =>
		putForm(app, {
			title: "Add a zone",
			schema: schemaOf(app.api, "DnsZoneBody").then((schema) => ({
				...schema,
				properties: { name: { type: "string", description: "such as shop.test" }, ...schema.properties },
				required: ["name"],
			})),
			value: {},
			verb: "Add",
			path: (value) => at(String(value.name ?? "ZONE")),
			body: ({ name: _name, ...rest }) => rest,
			done: (value) => app.go(["names", String(value.name)]),
			close: app.href("names"),
			beside: null,
		});

	/** @param {string} zone */
	const setRecords = (zone) => {
		/** @param {Record<string, unknown>} value */
		const lines = ({ data }) =>
			String(data ?? "")
				.split("\n")
				.filter(Boolean);
		return putForm(app, {
			title: "Set records",
			schema: recordsSchema(),
			value: { name: "@", type: "A", ttl: 60 },
			verb: "Set",
			path: (value) =>
				`${at(zone)}/records/${encodeURIComponent(String(value.name ?? "@"))}/${encodeURIComponent(String(value.type ?? "A"))}`,
			body: (value) => ({ ttl: value.ttl, data: lines(value) }),
			python: (value) => {
				const words = [value.name ?? "@", value.type ?? "A", ...lines(value)].map(python).join(", ");
				return `homeport.dns.zone(${python(zone)}).set(${words}, ttl=${python(value.ttl ?? 60)})`;
			},
			done: (value) => {
				app.toast(`${value.type} of ${value.name} is set.`);
				app.world.touch(ZONES);
			},
			close: app.href("names"),
			beside: null,
		});
	};

	/** @returns {Promise<Schema>} */
	const recordsSchema = async () => {
		const schema = await schemaOf(app.api, "DnsRecords");
		const properties = { ...schema.properties };
		const { data, name, ttl } = properties;
		properties.name = { ...name, description: "@ for the zone itself, relative to it, or complete", narrow: true };
		properties.type = { ...properties.type, narrow: true };
		properties.ttl = { ...ttl, narrow: true };
		// A line for each record: their data may have commas.
		const description = `one record in a line: ${data?.description ?? ""}`;
		properties.data = { type: "string", maxLength: 1 << 17, description };
		return { ...schema, properties };
	};

	/** @param {DnsZone} zone */
	const showZone = (zone) => {
		const filter = new HpFilter({ label: "Filter names", keys: [], placeholder: "a part of the name" });
		const rows = h("tbody");
		const note = h("div.note", { role: "status" });
		let watched = new AbortController();
		const watch = () => {
			watched.abort();
			watched = new AbortController();
			const query = new URLSearchParams({ limit: String(PAGE), ...(filter.value ? { name: filter.value } : {}) });
			app.world.watch(
				`${at(zone.name)}/records?${query}`,
				{ when: WHEN },
				(/** @type {Page<DnsRecords> | undefined} */ answer, error) => {
					if (!answer) return void (error && fill(rows, h("tr", {}, h("td", { colspan: "5" }, failure(error)))));
					fill(
						rows,
						answer.items.map((one) => recordRow(zone, one)),
					);
					note.hidden = answer.items.length >= answer.total;
					note.textContent =
						answer.items.length < answer.total
							? `${number(answer.items.length)} of ${number(answer.total)} shown: filter them`
							: "";
				},
				AbortSignal.any([life.signal, watched.signal]),
			);
		};
		filter.addEventListener("change", watch);
		watch();
		const heads = ["Name", "Type", "TTL.n.h-s", "Data", ""];
		fill(
			place,
			card(
				h("span.mono", {}, wire(zone.name)),
				h(
					"span.row-of",
					{},
					button(
						"Zone file",
						() => app.api.download(app.world.path(`${at(zone.name)}/zonefile`), `${zone.name}.zone`),
						{
							icon: "down",
						},
					),
					zone.changeable
						? button(
								"Delete",
								async () => {
									await app.world.change("DELETE", at(zone.name));
									app.toast(`${zone.name} was deleted.`);
									app.go("names");
								},
								{ kind: "danger", icon: "trash" },
							)
						: null,
				),
				facts([
					["Name servers", wire(zone.servers.join(" "))],
					!zone.changeable && ["Records", "follow from the registry, or other state of the world"],
				]),
				filter,
				table("", heads, rows),
				note,
			),
			zone.changeable ? setRecords(zone.name) : null,
		);
	};

	/** @param {DnsZone} zone @param {DnsRecords} one */
	const recordRow = (zone, one) =>
		h(
			"tr",
			{},
			h("td.mono", {}, wire(one.name)),
			h("td", {}, wire(one.type)),
			h("td.n.h-s", {}, String(one.ttl)),
			h(
				"td.mono",
				{},
				one.data.map((text) => h("div", {}, wire(text))),
			),
			h(
				"td",
				{},
				zone.changeable && one.type !== "SOA"
					? button(
							"Delete",
							() =>
								app.world.change(
									"DELETE",
									`${at(zone.name)}/records/${encodeURIComponent(`${one.name}.`)}/${encodeURIComponent(one.type)}`,
								),
							{ kind: "bare", label: `Delete ${one.type} of ${one.name}` },
						)
					: null,
			),
		);

	/** @param {Route} route */
	const update = (route) => {
		const name = route.path[1] ?? "";
		const adding = !name && route.query.has("new");
		chosen = name;
		life.abort();
		life = new AbortController();
		body.classList.toggle("one", name !== "" || adding);
		app.world.touch(ZONES);
		if (adding) return void fill(place, addZone());
		if (!name) return void fill(place);
		fill(place, skeleton(8));
		app.world.get(at(name), { signal: life.signal }).then(showZone, (/** @type {unknown} */ error) => {
			if (!life.signal.aborted) fill(place, failure(error));
		});
		return undefined;
	};

	return {
		mount(main, route, signal) {
			const add = h("a.btn.go", { href: app.href("names", { new: "1" }) }, icon("plus"), "Add zone");
			fill(main, h("div.head", {}, h("h1", {}, "Names"), count, grow(), add), body);
			signal.addEventListener("abort", () => life.abort());
			list(signal);
			update(route);
		},
		update,
		commands: () => {
			const zone = app.route.path[1];
			return zone
				? commandsFor(app.world, "GET", `${at(zone)}/records`, {
						homeport: `dns show ${zone}`,
						python: `homeport.dns.zone(${python(zone)}).records()`,
					})
				: commandsFor(app.world, "GET", ZONES, { homeport: "dns", python: "homeport.dns.zones" });
		},
	};
}
