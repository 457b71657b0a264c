// The form that plans a fault, made from the API's description of the kinds.

import { HpCommand } from "../elements/copy.js";
import { HpForm } from "../elements/form.js";
import { button, card, errorText, field } from "../elements/parts.js";
import { fill, h } from "../render.js";
import { ApiError } from "../store/api.js";
import { kindOf, planCommands, planOf, sentence, target } from "../store/plan.js";

/** @type {Record<string, Schema>} */
const WHEN = {
	times: { type: "integer", minimum: 0, default: 1, title: "Act on", unit: "times", description: "0: always" },
	after: { type: "integer", minimum: 0, default: 0, title: "Skip first", description: "matches" },
	probability: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 1, title: "Chance" },
};
const PEER = { type: "string", title: "Peer", description: "an address or network", maxLength: 40 };

/**
 * @param {App} app
 * @param {readonly FaultsOfService[]} services
 * @param {(fault: Fault) => void} planned
 */
export function faultForm(app, services, planned) {
	const service = h("select", { "aria-label": "Service and listener" });
	fill(
		service,
		services.map((one) =>
			h(
				"optgroup",
				{ label: one.service },
				h("option", { value: one.service }, `${one.service}, every listener`),
				Object.keys(one.listeners).map((name) => h("option", { value: `${one.service}.${name}` }, `only ${name}`)),
			),
		),
	);
	const kinds = h("div.kinds", { role: "group", "aria-label": "What goes wrong" });
	const about = h("p.note", { id: "kind-text" });
	const what = new HpForm();
	const where = new HpForm();
	const when = new HpForm();
	const said = h("p.said", { role: "status" });
	const command = new HpCommand();
	const problem = h("p.problem", { role: "alert" });
	let kind = "";

	const chosen = () => {
		const [name = "", listener = ""] = service.value.split(".");
		const one = services.find((row) => row.service === name);
		return { one, listener, kinds: (one?.kinds ?? []).filter((row) => !listener || row.listeners.includes(listener)) };
	};
	/** @returns {Plan} */
	const plan = () => {
		const { one, listener, kinds: possible } = chosen();
		const row = possible.find((each) => each.kind === kind);
		const { value } = what;
		const { verb, argument, peer, direction } = /** @type {Record<string, any>} */ (where.value);
		const match = { ...(verb ? { verb } : {}), ...(argument ? { argument } : {}), ...(peer ? { peer } : {}) };
		return planOf({
			service: one?.service ?? "",
			listener,
			match,
			do: { [kind]: row?.schema.type === "string" ? value[kind] : value },
			...when.value,
			direction,
		});
	};
	const draw = () => {
		const one = plan();
		const ready = [what, where, when].every((form) => form.valid);
		command.commands = ready ? planCommands(app.world, one) : {};
		command.hidden = !ready;
		said.textContent = ready ? `${sentence(one)}; ${target(one)}.` : "Fill in what is required.";
	};
	/** @param {Partial<Plan>} [from] */
	const fields = (from = {}) => {
		const { one, kinds: possible } = chosen();
		const row = possible.find((each) => each.kind === kind) ?? possible[0];
		if (!row) return;
		kind = row.kind;
		fill(
			kinds,
			possible.map((each) =>
				h(
					"button.kind",
					{
						"aria-pressed": String(each.kind === kind),
						"aria-describedby": each.kind === kind ? "kind-text" : null,
						title: each.text,
						onclick: () => {
							kind = each.kind;
							fields();
							/** @type {HTMLElement | null} */ (kinds.querySelector("[aria-pressed=true]"))?.focus();
						},
					},
					each.kind,
				),
			),
		);
		about.textContent = row.text;
		const word = row.schema.type === "string";
		const value = from.do?.[kind] ?? row.example[kind];
		what.show(
			word ? { properties: { [kind]: { ...row.schema, title: "Which" } }, required: [kind] } : row.schema,
			word ? { [kind]: value } : value,
		);
		/** @type {Record<string, Schema>} */
		const places = {};
		const verbs = Object.keys(one?.verbs ?? {});
		if (row.commands !== "never") {
			places.verb = verbs.length
				? { enum: verbs, title: "Verb", description: "only on these commands", unset: "any" }
				: { type: "string", title: "Verb", maxLength: 40 };
			places.argument = { type: "string", title: "Argument", description: "contains this text", maxLength: 40 };
		}
		if (kind !== "refuse") places.peer = PEER;
		if (row.direction && kind !== "refuse")
			places.direction = {
				enum: ["in", "both"],
				meanings: ["what it receives", "both ways"],
				title: "Direction",
			};
		where.show({ properties: places }, { ...from.match, direction: from.direction });
		when.show({ properties: kind === "refuse" ? {} : WHEN, required: ["times"] }, { ...from });
		where.hidden = when.hidden = kind === "refuse";
		draw();
	};
	service.addEventListener("change", () => fields());
	for (const form of [what, where, when]) form.addEventListener("input", draw);

	const send = async () => {
		problem.textContent = "";
		try {
			planned(await app.world.change("POST", "faults", plan()));
		} catch (error) {
			if (!(error instanceof ApiError) || !error.status) throw error;
			problem.textContent = errorText(error);
		}
	};
	const element = h(
		"form.plan",
		{
			novalidate: true,
			onsubmit: (/** @type {Event} */ event) => {
				event.preventDefault();
				go.click();
			},
		},
		field("Service and listener", service),
		h("div.field", {}, h("span", {}, "What goes wrong"), kinds, about),
		what,
		where,
		when,
		said,
	);
	const go = button("Plan it", send, { kind: "go" });
	const box = card("Plan a fault", null, element, h("div.plan-foot", {}, command, problem, go));
	box.id = "plan";

	return {
		element: box,
		/** @param {Plan} from */
		show(from) {
			kind = kindOf(from);
			service.value = from.listener ? `${from.service}.${from.listener}` : from.service;
			problem.textContent = "";
			fields(from);
		},
		plan,
	};
}
