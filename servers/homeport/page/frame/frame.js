// The frame around the views: header, rail, tabs of the phone.

import { menu } from "../elements/parts.js";
import { counted, fill, find, h, icon, number } from "../render.js";
import { views } from "../views.js";
import { applyDisplay, displayChoices } from "./display.js";
import { openPalette } from "./keys.js";
import { clockPill, liveStatus } from "./status.js";

/** @param {WorldSummary} one */
const worldText = ({ services, connections, findings = {} }) =>
	[
		counted(services.length, "service"),
		`${number(connections)} open`,
		...Object.entries(findings).flatMap(([level, count]) => (count ? `${number(count)} ${level}` : [])),
	].join(", ");
const TABS = ["overview", "live", "findings", "faults"];

export class Frame {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.top = find("#top");
		this.rail = find("#rail");
		this.tabs = find("#tabs");
		this.life = new AbortController();
		this.unseen = 0;
		applyDisplay();
		/** @type {(() => void)[]} What is read when the first view is there. */
		this.later = [];
	}

	/**
	 * Show the frame for a world.
	 * @param {World} world
	 */
	follow(world) {
		this.life.abort();
		this.life = new AbortController();
		const { signal } = this.life;
		this.unseen = 0;
		this.later = [];
		const brand = find(".brand", this.top);
		brand.setAttribute("href", this.app.href([]));
		fill(
			this.top,
			brand,
			this.#worlds(world, signal),
			h(
				"button.find",
				{ "aria-keyshortcuts": "Control+K Meta+K", onclick: () => void openPalette(this.app) },
				icon("search"),
				h("span", {}, "Go to, search, do"),
				h("kbd", {}, /Mac/.test(navigator.platform) ? "⌘ K" : "Ctrl K"),
			),
			h("span.grow"),
			liveStatus(world, signal),
			clockPill(this.app, world, signal),
			menu(icon("moon"), displayChoices, { kind: "btn.bare.h-x", label: "Display" }),
		);
		this.#rail(world, signal);
		this.#tabs(world);
		world.on("events", (batch) => this.#see(batch), signal);
		world.on("restart", (text) => this.app.toast(text), signal);
	}

	/** Read what the frame shows besides the view: the numbers in the rail, the worlds, the version. */
	count() {
		for (const read of this.later.splice(0)) read();
	}

	/** The address has changed: mark where it is. */
	followed() {
		const { row } = this.app;
		const name = row?.under ?? row?.name;
		for (const link of document.querySelectorAll("#rail a, #tabs a"))
			if (/** @type {HTMLElement} */ (link).dataset.view === name) link.setAttribute("aria-current", "page");
			else link.removeAttribute("aria-current");
		if (name === "findings") this.unseen = 0;
		this.title();
	}

	title() {
		const { row, world, route } = this.app;
		const object = row && row.group === null ? route.path.slice(1).join(" ") : "";
		document.title = `${this.unseen ? `(${this.unseen}) ` : ""}${[object, row?.title, world.name].filter(Boolean).join(" · ")} · Homeport`;
	}

	/** @param {Element | null} element */
	contains(element) {
		return this.top.contains(element) || this.rail.contains(element) || this.tabs.contains(element);
	}

	/** @param {readonly HpEvent[]} batch */
	#see(batch) {
		if (this.app.row?.name === "findings") return;
		const found = batch.filter((event) => event.type === "finding" && event.level === "must").length;
		if (!found) return;
		this.unseen += found;
		this.title();
	}

	/**
	 * @param {World} world
	 * @param {AbortSignal} signal
	 */
	#worlds(world, signal) {
		/** @type {WorldSummary[]} */
		let known = [];
		const read = async () => {
			known = (await this.app.api.json("GET", "/api/v1/worlds", { signal })).items;
		};
		const whole = menu(
			[icon("worlds"), h("span", {}, world.name), icon("chev")],
			() => [
				...known.map((one) => ({
					text: [h("b", {}, one.name), h("small", {}, ` ${worldText(one)}`)],
					href: one.name === "default" ? "#/" : `#/w/${encodeURIComponent(one.name)}/`,
				})),
				{ text: "New world…", href: this.app.href("worlds", { new: "1" }) },
				{ text: "All worlds…", href: this.app.href("worlds") },
			],
			{ kind: "pill.world", label: `World: ${world.name}. Switch world` },
		);
		whole.addEventListener("pointerenter", () => void read().catch(() => {}));
		whole.addEventListener("focusin", () => void read().catch(() => {}));
		this.later.push(() => void read().catch(() => {}));
		return whole;
	}

	/**
	 * @param {World} world
	 * @param {AbortSignal} signal
	 */
	#rail(world, signal) {
		/** @type {HTMLElement[]} */
		const parts = [];
		let group = "";
		for (const row of views) {
			if (row.group === null) continue;
			if (row.group !== group) {
				group = row.group;
				parts.push(h("p", {}, group));
			}
			const count = h("span.count");
			parts.push(
				h(
					"a",
					{ href: this.app.href(row.name), "data-view": row.name },
					icon(row.icon),
					h("span", {}, row.title),
					count,
				),
			);
			const show = (/** @type {string} */ text, hot = false) => {
				count.textContent = text;
				count.classList.toggle("hot", hot);
			};
			this.later.push(() => row.count?.(world, show, signal));
		}
		const version = h("span", {}, "Homeport");
		fill(
			this.rail,
			parts,
			h("footer", {}, version, h("span.mono", {}, location.host), h("span", {}, h("kbd", {}, "?"), " keys")),
		);
		const read = async () => {
			version.textContent = `Homeport ${(await this.app.api.json("GET", world.base, { signal })).version}`;
		};
		this.later.push(() => void read().catch(() => {}));
	}

	/** @param {World} _world */
	#tabs(_world) {
		const named = TABS.map((name) => views.find((row) => row.name === name)).filter((row) => row !== undefined);
		const more = views.filter((row) => row.group !== null && !TABS.includes(row.name));
		fill(
			this.tabs,
			named.map((row) =>
				h("a", { href: this.app.href(row.name), "data-view": row.name }, icon(row.icon), h("span", {}, row.title)),
			),
			more.length
				? menu(
						[icon("more"), h("span", {}, "More")],
						() => [
							...more.map((row) => ({
								text: [icon(row.icon), h("span", {}, row.title)],
								href: this.app.href(row.name),
							})),
							{ text: [icon("search"), h("span", {}, "Go to, search, do")], run: () => void openPalette(this.app) },
							...displayChoices().filter((one) => !one.on),
						],
						{ kind: "tab" },
					)
				: null,
		);
	}
}
