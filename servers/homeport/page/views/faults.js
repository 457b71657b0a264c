// Faults: what is planned and how often it acted, recipes, and a form.

import { HpCommand } from "../elements/copy.js";
import { button, card, connection, failure, flag, grow, heading, skeleton, table, tag } from "../elements/parts.js";
import { time } from "../elements/time.js";
import { counted, fill, h, keyed, number, put } from "../render.js";
import { planCommands, planOf, sentence, spec, target } from "../store/plan.js";
import { faultForm } from "./fault_form.js";
import { boxes, last } from "./fault_parts.js";

/**
 * @param {App} app
 * @returns {View}
 */
export function faults(app) {
	const { world } = app;
	const rows = h("tbody");
	const plans = h("div", { "aria-busy": "true" }, skeleton(3));
	const recipes = h("div.recipes");
	const shown = h("select.of-service", { "aria-label": "Service of the recipes", onchange: () => drawRecipes() });
	const shelf = card("Recipes", [h("small", {}, "one click plans it, Shift edits it first"), grow(), shown], recipes);
	const side = h("div.stack");
	const all = button("Remove all", removeAll, { kind: "danger" });
	/** @type {FaultRecipe[]} */
	let known = [];
	/** @type {FaultsOfService[]} */
	let services = [];
	/** @type {Fault[]} */
	let items = [];
	/** @type {ReturnType<typeof faultForm> | null} */
	let form = null;
	/** @type {Route} */
	let route;
	/** @type {AbortSignal} */
	let life;
	const here = () => route.path[1] ?? "";

	async function removeAll() {
		const gone = items;
		await world.change("DELETE", "faults");
		app.toast({ text: `${counted(gone.length, "fault")} removed.`, action: { text: "Undo", run: () => again(gone) } });
	}
	const again = async (/** @type {Plan[]} */ gone) => {
		for (const one of gone) await world.change("POST", "faults", planOf(one));
	};
	const remove = async (/** @type {Fault} */ one) => {
		await world.change("DELETE", `faults/${one.id}`);
		app.toast({ text: `${one.id} removed.`, action: { text: "Undo", run: () => again([one]) } });
		if (here() === one.id) app.go("faults");
	};
	const pause = (/** @type {Fault} */ one) => world.change("PATCH", `faults/${one.id}`, { paused: !one.paused });
	const planned = (/** @type {Fault} */ one) => {
		app.toast({
			text: `${one.id} planned: ${sentence(one)}.`,
			action: { text: "Undo", run: () => void world.change("DELETE", `faults/${one.id}`) },
		});
		if (here() === "new") app.go("faults");
	};

	const make = (/** @type {Fault} */ one) =>
		h(
			`tr${one.spent || one.paused ? ".spent" : ""}`,
			{ "data-id": one.id },
			h(
				"td",
				{},
				h(
					"div.what",
					{},
					flag(one.service, false),
					h(
						"div",
						{},
						h("a", { href: app.href(["faults", one.id]) }, sentence(one)),
						h("small.mono", {}, [one.id, one.service, ...spec(one)].join(" ")),
					),
				),
			),
			h("td.h-m", {}, target(one)),
			h("td.acted", {}, boxes(one)),
			h("td", {}, last(app, one)),
			h(
				"td.acts",
				{},
				one.do.refuse || (one.spent && !one.paused)
					? null
					: button(one.paused ? "Resume" : "Pause", () => pause(one), {
							kind: "bare",
							label: `${one.paused ? "Resume" : "Pause"} ${one.id}`,
						}),
				button("Remove", () => remove(one), { kind: "bare", label: `Remove ${one.id}` }),
			),
		);
	const list = table(".tall.planned", ["Fault", "On.h-m", "Acted", "Last", ""], rows);
	const show = (/** @type {Page<Fault> | undefined} */ answer, /** @type {unknown} */ error) => {
		plans.removeAttribute("aria-busy");
		if (!answer) return void (error && fill(plans, failure(error)));
		items = answer.items;
		all.hidden = !items.length;
		if (items.length && !list.isConnected)
			fill(plans, card("Planned", h("small", {}, "in the order in which they act"), list));
		if (!items.length)
			fill(
				plans,
				h(
					"div.note",
					{},
					h("b", {}, "Nothing is planned."),
					" The servers behave. Take a recipe, or fill in the form.",
				),
			);
		keyed(rows, items, (one) => one.id, make);
		mark();
		return undefined;
	};
	const mark = () => {
		for (const row of rows.children) {
			const chosen = row instanceof HTMLElement && row.dataset.id === here();
			row.toggleAttribute("aria-current", chosen);
		}
		detail();
	};

	/** The side column: the fault of the address, or the form. */
	const detail = () => {
		const id = here();
		if (!id || id === "new") return void (form && !form.element.isConnected && fill(side, form.element));
		const one = items.find((each) => each.id === id);
		const back = h("a.btn", { href: app.href(["faults", "new"]) }, "Plan another");
		if (!one) return void fill(side, card(id, null, h("p.note", {}, `${id} is not here (any more).`), back));
		const events = h("ul.lines");
		fill(
			side,
			card(
				id,
				one.paused ? tag("paused", "brass") : one.spent ? tag("spent") : tag("planned", "fault"),
				h("p.note", {}, `${sentence(one)}; ${target(one)}.`),
				h("p.note.dim", {}, `Matched ${number(one.seen)}, acted ${number(one.acted)}. What it did last:`),
				events,
				h("div.plan-foot", {}, new HpCommand(planCommands(world, one)), back),
			),
		);
		void world
			.get("events", { query: { fault: id, order: "desc", limit: 8, bytes: 0 }, signal: life })
			.then((answer) =>
				fill(
					events,
					answer.items.map((/** @type {HpEvent} */ event) =>
						h(
							"li",
							{},
							time(event.time),
							h("span.grow", {}, String(event.did)),
							connection(app, event.conn, event.seq),
						),
					),
					!answer.items.length && h("li.dim", {}, "It has not acted yet."),
				),
			)
			.catch(() => {});
		return undefined;
	};
	const open = (/** @type {FaultRecipe} */ one) => app.go(["faults", "new"], { from: one.name });
	const card_of = (/** @type {FaultRecipe} */ one) => {
		const plan = async (/** @type {Event} */ event) => {
			if (event instanceof MouseEvent && event.shiftKey) return open(one);
			const box = /** @type {HTMLButtonElement} */ (event.currentTarget);
			box.disabled = true;
			try {
				planned(await world.change("POST", "faults", one.plan));
			} catch (error) {
				app.toast({ text: "", error });
			}
			box.disabled = false;
			box.focus();
			return undefined;
		};
		return h(
			"div.recipe",
			{},
			h(
				"button",
				{ onclick: plan },
				h("b", {}, flag(one.plan.service, false), h("span.sr", {}, one.plan.service), one.title),
				h("span", {}, one.text),
			),
			h(
				"a.btn.bare",
				{ href: app.href(["faults", "new"], { from: one.name }), "aria-label": `Edit: ${one.title}` },
				"Edit",
			),
		);
	};
	/** Show the recipes of a service, or all. */
	function drawRecipes() {
		const names = [...new Set(known.map((one) => one.plan.service))];
		put(shown, names, () => ["", ...names].map((name) => h("option", { value: name }, name || "every service")));
		const some = known.filter((one) => !shown.value || one.plan.service === shown.value);
		keyed(recipes, some, (one) => one.name, card_of);
	}
	/** Fill the form by the address. */
	const start = () => {
		if (!form || here() !== "new") return;
		fill(side, form.element);
		const from = known.find((one) => one.name === route.query.get("from"));
		const wanted = services.find((one) => one.service === route.query.get("service"));
		const kind = wanted?.kinds.find((one) => one.kind === "reply") ?? wanted?.kinds.at(-1);
		if (from) form.show(from.plan);
		else if (wanted && kind) form.show({ service: wanted.service, do: kind.example });
		form.element.scrollIntoView({ block: "nearest" });
		form.element.querySelector("select")?.focus();
	};

	const load = async (/** @type {AbortSignal} */ signal) => {
		const kinds = /** @type {Page<FaultsOfService>} */ (await world.get("faults/kinds", { signal }));
		services = kinds.items;
		const rich = [...kinds.items].sort((a, b) => Object.keys(b.verbs).length - Object.keys(a.verbs).length);
		form = faultForm(app, kinds.items, planned);
		const some = rich.find((one) => one.service === "smtp") ?? rich[0];
		const reply = some?.kinds.find((one) => one.kind === "reply") ?? some?.kinds[0];
		if (some && reply) form.show({ service: some.service, do: reply.example });
		detail();
		start();
	};

	return {
		mount(main, first, signal) {
			route = first;
			life = signal;
			fill(
				main,
				heading("Faults", h("p", {}, "What the servers will do wrong, and to whom."), grow(), all),
				h("div.cols.faults", {}, h("div.stack", {}, plans, shelf), side),
			);
			all.hidden = true;
			world.watch("faults", { when: ["fault", "world"], every: 4000 }, show, signal);
			world.watch(
				"faults/recipes",
				{ when: ["world"] },
				(answer) => {
					if (!answer) return;
					const before = known.length;
					known = answer.items;
					drawRecipes();
					if (!before) start();
				},
				signal,
			);
			side.setAttribute("aria-busy", "true");
			// Not awaited: the frame moves the focus once the view is mounted, and it must not leave the form after that.
			void load(signal)
				.catch((error) => signal.aborted || fill(side, failure(error)))
				.finally(() => side.removeAttribute("aria-busy"));
		},
		update(next) {
			route = next;
			mark();
			start();
		},
		keys: [["n", "plan a fault"]],
		key(event) {
			if (event.key !== "n") return false;
			app.go(["faults", "new"]);
			return true;
		},
		commands: () =>
			form && !here() ? { homeport: "homeport fault list" } : form ? planCommands(world, form.plan()) : {},
	};
}
