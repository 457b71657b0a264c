// What stands beside a ladder: facts, findings, the same as a command.

import { HpCommand } from "../elements/copy.js";
import { short } from "../elements/ladder.js";
import { card, facts, grow, level } from "../elements/parts.js";
import { duration, time } from "../elements/time.js";
import { counted, h, number } from "../render.js";
import { describe } from "../store/describe.js";
import { micros } from "../store/talk.js";

/**
 * @param {Talk} talk
 * @param {(seq: number) => string} href the address of a step
 * @param {Commands} commands
 */
export function connectionFacts(talk, href, commands) {
	const { connection: one, items } = talk;
	const tls = items.find((item) => item.type === "tls");
	const logins = items
		.filter((item) => item.type === "login")
		.map((item) => `${item.login || "refused"}, ${item.mechanism}, ${item.code}`);
	const last = items.at(-1)?.time ?? one.opened;
	/** @type {Map<string, {item: HpEvent, count: number}>} */
	const findings = new Map();
	for (const item of items) {
		if (item.type !== "finding") continue;
		const known = findings.get(item.id ?? "");
		if (known) known.count += 1;
		else findings.set(item.id ?? "", { item, count: 1 });
	}
	return [
		card(
			"Facts",
			null,
			facts([
				["Opened", time(one.opened, "micro")],
				["Lasted", duration((micros(one.closed ?? last) - micros(one.opened)) / 1000)],
				["Ended", one.reason ?? "still open"],
				["Said", `${counted(one.received, "byte")} in, ${number(one.sent)} out`],
				["TLS", tls ? describe(tls) : "none"],
				["Login", logins.length ? logins.join("; ") : "none"],
				[
					"Journal",
					`${one.kept === "all" ? "whole" : "part"}, seq ${number(one.seq)} to ${number(items.at(-1)?.seq ?? one.seq)}`,
				],
			]),
		),
		findings.size
			? card(
					"Findings here",
					[grow(), h("small", {}, h("kbd", {}, "n"), " next")],
					h(
						"ul.jump",
						{},
						[...findings.values()].map(({ item, count }) =>
							h(
								"li",
								{},
								h(
									"a",
									{ href: href(item.seq) },
									level(item.level ?? ""),
									h("span.grow", {}, short(item), count > 1 ? h("span.dim", {}, ` ×${count}`) : null),
								),
							),
						),
					),
				)
			: null,
		card("The same as a command", null, h("div.pad", {}, new HpCommand(commands))),
	];
}
